"""`leitplanke incidents`: what customers suffer from, in a table that fits the terminal."""

from collections.abc import Sequence
from typing import Annotated, get_args

import typer
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.incident_table import show_table
from infra.cli.options import AsJson, Before, Limit, Since
from infra.cli.words import chosen, several
from leitplanke_client.incident_models import Incident
from leitplanke_client.words import IncidentState, Lane, Priority

_PAGE = 200


def incidents(  # noqa: PLR0913 - the conditions of this list
    *,
    state: Annotated[
        list[str] | None,
        typer.Option(help="open, acknowledged, restored, closed or all; several with commas, or repeated."),
    ] = None,
    team: Annotated[str | None, typer.Option(help="Whose they are.")] = None,
    service: Annotated[str | None, typer.Option(help="Which service they are about.")] = None,
    lane: Annotated[str | None, typer.Option(help="expedite, standard or backlog.")] = None,
    priority: Annotated[str | None, typer.Option(help="P1 to P5.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Who has them, by the name in timelines.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Those that you have.")] = False,
    since: Since = None,
    until: Before = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List incidents, newest first: those that are open or acknowledged, or what you ask for.

    Takes the scope read.
    """
    if mine and assignee:
        raise typer.BadParameter("say --mine or --assignee, not both")
    with connect("read") as client:
        listing = client.incidents.list(
            state=several(state, get_args(IncidentState)),
            team=team,
            service=service,
            lane=chosen(lane, get_args(Lane)) if lane else None,
            priority=chosen(priority.upper(), get_args(Priority)) if priority else None,
            assignee="me" if mine else assignee,
            since=since,
            until=until,
            limit=min(limit, _PAGE),
        )
        found, more = listing.first(limit)
        url = client.url
    if as_json:
        screen.show_json({"incidents": [one.as_json() for one in found], "more": more})
        return
    _show(found, more=more, url=url)


def _show(found: Sequence[Incident], *, more: bool, url: str) -> None:
    console = screen.out()
    if found:
        show_table(console, found)
        console.print()
    console.print(_summary(found, more=more), soft_wrap=not console.is_terminal)
    console.print(Text(url, style="dim"))


def _summary(found: Sequence[Incident], *, more: bool) -> Text:
    if not found:
        return Text("No incidents like that.", style="green")
    lines = [f"Look at one: leitplanke show {found[0].id}"]
    waiting = next((one for one in reversed(found) if one.state == "open"), None)
    if waiting is not None:
        lines.append(f"Take the one that waits longest: leitplanke ack {waiting.id}")
    if more:
        lines.insert(0, f"There are more than these {len(found)}: --limit {min(10_000, len(found) * 4)}")
    return Text("\n".join(lines))
