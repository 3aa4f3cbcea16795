"""`leitplanke report`, `restore`, `close`, `reopen`: how incidents begin and end by hand."""

from typing import Annotated, get_args

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.acting import act, show_incident
from infra.cli.connection import connect
from infra.cli.errors import CliError, Exit
from infra.cli.options import AsJson, IfMatch, IncidentId, NeededReason, Overrides, Reason, manner
from infra.cli.words import chosen, pairs
from leitplanke_client import Client
from leitplanke_client.acting import How
from leitplanke_client.incident_models import ActedOn
from leitplanke_client.words import Severity


def report(  # noqa: PLR0913 - what can be told of it
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is wrong, in a line.")],
    *,
    service: Annotated[
        str | None, typer.Option(help="What it is about; the policy's name if you know it.")
    ] = None,
    symptom: Annotated[
        str | None, typer.Option(help="What is wrong in a word, without where; recurrences share it.")
    ] = None,
    severity: Annotated[str | None, typer.Option(help="critical, error, warning or info.")] = None,
    description: Annotated[str | None, typer.Option(help="What else is known.")] = None,
    label: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="May be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Report what no monitoring has seen.

    If there is an open incident of its kind it becomes part of that. Takes the scope respond.
    """
    with connect("respond") as client:
        found = client.incidents.report(
            title,
            service=service,
            symptom=symptom,
            severity=chosen(severity.lower(), get_args(Severity)) if severity else None,
            description=description,
            labels=pairs(label),
        )
    if as_json:
        screen.show_json(found.as_json())
        return
    first = "It is part of an incident that was open already:" if found.joined else "An incident was opened:"
    screen.out().print(Text(first, style="bold"))
    show_incident(found)


def restore(  # noqa: PLR0913 - what can be told of it
    incident: IncidentId,
    *,
    workaround: Annotated[
        str | None,
        typer.Option("--workaround", "-w", help="What restored it; offered to the next of its kind."),
    ] = None,
    as_before: Annotated[
        bool, typer.Option("--as-before", help="The workaround that worked last time, once more.")
    ] = False,
    helped: Annotated[
        bool | None, typer.Option("--helped/--did-not-help", help="Whether the workaround did it.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="A remark for the timeline.")] = None,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Say that customers can work again, whatever still fires.

    Takes the scope respond.
    """
    if as_before and workaround:
        raise typer.BadParameter("say --workaround or --as-before, not both")
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)

    def do(client: Client, ident: str, more: How) -> ActedOn:
        used = _as_before(client, ident) if as_before else workaround
        did = True if helped is None and used else helped
        return client.incidents.restore(ident, workaround=used, helped=did, note=note, **more)

    act(incident, do, how)


def _as_before(client: Client, ident: str) -> str:
    known = client.incidents.get(ident).worked_last_time
    if known is None:
        raise CliError(
            "nothing is known that worked before",
            remedy='say what you did: --workaround "..."',
            code=Exit.NOT_FOUND,
        )
    return known.text


def close(
    incident: IncidentId,
    *,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """File an incident that is restored. It also closes by itself.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(incident, lambda client, ident, more: client.incidents.close(ident, reason=reason, **more), how)


def reopen(
    incident: IncidentId,
    *,
    reason: NeededReason,
    override: Overrides = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Say that it is back: customers cannot work again.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    act(incident, lambda client, ident, more: client.incidents.reopen(ident, reason=reason, **more), how)
