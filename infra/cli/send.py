"""`leitplanke send`: say one thing about one alert, as a monitoring system does."""

from datetime import datetime
from typing import Annotated, Literal

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect_sender
from infra.cli.errors import CliError
from infra.cli.moments import moment_ago, moment_ahead
from infra.cli.options import AsJson
from infra.cli.typed import command
from infra.cli.words import pairs
from leitplanke_client import Event

Action = Literal["trigger", "acknowledge", "resolve"]
_NameValue = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="May be repeated.")]


def send(  # noqa: PLR0913 - the fields of an event
    alert_key: Annotated[
        str, typer.Argument(metavar="ALERT_KEY", help="Names the alert: the same when it is resolved.")
    ],
    title: Annotated[
        str | None, typer.Argument(metavar="TITLE", help="What is wrong, in a line; a trigger needs it.")
    ] = None,
    *,
    resolve: Annotated[bool, typer.Option("--resolve", help="It is over.")] = False,
    acknowledge: Annotated[bool, typer.Option("--acknowledge", help="Somebody has it.")] = False,
    service: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    severity: Annotated[str | None, typer.Option(help="critical, error, warning or info.")] = None,
    symptom: Annotated[str | None, typer.Option(help="What is wrong in a word, the same each time.")] = None,
    label: _NameValue = None,
    annotation: _NameValue = None,
    link: Annotated[list[str] | None, typer.Option(metavar="URL", help="May be repeated.")] = None,
    occurred_at: Annotated[
        datetime | None,
        typer.Option("--at", parser=moment_ago, metavar="WHEN", help="When it was: 5min (ago), ..."),
    ] = None,
    expires_at: Annotated[
        datetime | None,
        typer.Option("--expires", parser=moment_ahead, metavar="WHEN", help="When it is over by itself: 1h."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say one thing about one alert: it is there, or with --resolve that it is over.

    A resolve opens nothing, a trigger that comes twice counts once. Takes an integration key in
    LEITPLANKE_KEY.
    """
    if resolve and acknowledge:
        raise typer.BadParameter("say --resolve or --acknowledge, not both")
    action: Action = "resolve" if resolve else "acknowledge" if acknowledge else "trigger"
    if action == "trigger" and not (title or symptom):
        raise typer.BadParameter("a trigger needs a TITLE: what is wrong, in a line")
    event = Event(
        alert_key=alert_key,
        action=action,
        title=title,
        symptom=symptom,
        severity=severity,
        service=service,
        labels=pairs(label),
        annotations=pairs(annotation),
        links=tuple(link or ()),
        occurred_at=occurred_at,
        expires_at=expires_at,
    )
    with connect_sender() as sender:
        received = sender.send([event])
    if as_json:
        screen.show_json(received.as_json())
    if received.rejected:
        first = received.rejected[0]
        raise CliError(f"{first.field}: {first.reason}", remedy=first.remedy)
    if not as_json:
        screen.out().print(Text("It is stored, and takes effect in a second or two.", style="green"))
        where = command("incidents", *(("--service", service) if service else ()))
        screen.out().print(Text(f"See what becomes of it: {where}", style="dim"), soft_wrap=True)
