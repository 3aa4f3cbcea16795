"""`leitplanke why`, `timeline` and `alerts`: how an incident became what it is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.names import incident_id
from infra.cli.options import AsJson, IncidentId, Limit
from infra.cli.words import plain, told
from leitplanke_client.incident_models import AlertEpisode, Decision, TimelineLine

_PAGE = 200


def why(
    incident: IncidentId,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Earlier decisions as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Explain why an incident has its priority, team and lane.

    Takes the scope read.
    """
    with connect("read") as client:
        listing = client.incidents.why(incident_id(client, incident), limit=_PAGE if everything else 1)
        found = list(listing) if everything else list(listing.page().decisions)
    if as_json:
        screen.show_json({"decisions": [one.as_json() for one in found]})
        return
    console = screen.out()
    if not found:
        console.print("It was not routed yet; that takes seconds. Type it again.")
    for number, decision in enumerate(found):
        if number:
            console.print()
        _show_decision(console, decision)


def _show_decision(console: Console, decision: Decision) -> None:
    soft = not console.is_terminal
    outcome = {name: value for name, value in decision.outcome.items() if name in _OUTCOME}
    head = ", ".join(f"{name} {plain(outcome[name])}" for name in _OUTCOME if outcome.get(name))
    console.print(Text(screen.printable(head or "no change"), style="bold"), soft_wrap=soft)
    when = (
        f"{screen.clock(decision.at)}, revision {decision.revision}, policy version {decision.policy_version}"
    )
    console.print(Text(when, style="dim"), soft_wrap=soft)
    grid = screen.new_grid()
    for reason in decision.reasons:
        step = reason.rule.partition(":")[0]
        grid.add_row(Text(screen.printable(step)), Text(screen.printable(reason.text)))
    console.print(grid)


_OUTCOME = ("priority", "impact", "urgency", "lane", "team", "also")


def timeline(incident: IncidentId, limit: Limit = 1_000, as_json: AsJson = False) -> None:
    """Tell an incident's story, oldest line first.

    Takes the scope read.
    """
    with connect("read") as client:
        listing = client.incidents.timeline(incident_id(client, incident), limit=min(limit, _PAGE))
        found, more = listing.first(limit)
    show_story(found, more=more, as_json=as_json)


def show_story(found: Sequence[TimelineLine], *, more: bool, as_json: bool) -> None:
    """These lines of a timeline, as a table or for programs."""
    if as_json:
        screen.show_json({"timeline": [one.as_json() for one in found], "more": more})
        return
    console = screen.out()
    table = screen.new_table("when (UTC)", "who", "what")
    table.columns[0].no_wrap = True
    for line in found:
        kind = line.kind.partition(".")[2].replace("_", " ") or line.kind
        what = Text(screen.printable(kind), style="bold" if line.loud else "")
        if said := told(line.data):
            what.append(f"  {screen.printable(said)}", style="not bold")
        moment = f"{line.at.astimezone(UTC):%m-%d %H:%M:%S}"
        table.add_row(Text(moment, style="dim"), Text(screen.printable(line.by)), what)
    console.print(table)
    if more:
        console.print(Text(f"There is more: --limit {len(found) * 4}", style="dim"))


def alerts(incident: IncidentId, limit: Limit = 200, as_json: AsJson = False) -> None:
    """Show what an incident's alerts did: from when to when.

    Takes the scope read.
    """
    with connect("read") as client:
        listing = client.incidents.alerts(incident_id(client, incident), limit=min(limit, _PAGE))
        found, more = listing.first(limit)
    if as_json:
        screen.show_json({"alerts": [one.as_json() for one in found], "more": more})
        return
    console, now = screen.out(), datetime.now(UTC)
    table = screen.new_table("severity", "began (UTC)", "lasted", "what")
    for one in found:
        lasted, style = _lasted(one, now)
        began = f"{one.fired_at.astimezone(UTC):%m-%d %H:%M:%S}"
        table.add_row(one.severity, Text(began), Text(lasted, style=style), Text(screen.printable(one.title)))
    console.print(table)
    if more:
        console.print(Text(f"There is more: --limit {len(found) * 4}", style="dim"))


def _lasted(episode: AlertEpisode, now: datetime) -> tuple[str, str]:
    if episode.resolved_at is None:
        return f"{screen.age(episode.fired_at, now)}, fires", "red"
    return screen.age(episode.fired_at, episode.resolved_at), ""
