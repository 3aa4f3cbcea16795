"""`leitplanke problems`: what keeps coming back, and whether it is worth the work."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, get_args

import typer
from rich.text import Text

from infra.cli import screen, words
from infra.cli.connection import connect
from infra.cli.guardrails_met import past_guardrails
from infra.cli.incident_table import show_table
from infra.cli.names import problem_id
from infra.cli.options import AsJson, IfMatch, Limit, NeededReason, Overrides, ProblemId, Reason, manner
from infra.cli.story import show_story
from infra.cli.typed import command
from leitplanke_client.problem_models import ActedOnProblem, Problem, ProblemCard
from leitplanke_client.words import ProblemState

app = typer.Typer()

_PAGE = 200


@app.callback(invoke_without_command=True)
def problems(
    context: typer.Context,
    *,
    state: Annotated[
        list[str] | None, typer.Option(help="open, known_error, all ...; several with commas, or repeated.")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List problems, newest first: all that are not over.

    Takes the scope read.
    """
    if context.invoked_subcommand is not None:
        return
    states = words.several(state, get_args(ProblemState))
    with connect("read") as client:
        found, more = client.problems.list(state=states, limit=min(limit, _PAGE)).first(limit)
        url = client.url
    if as_json:
        screen.show_json({"problems": [one.as_json() for one in found], "more": more})
        return
    _show_list(found, more=more, url=url)


@app.command()
def show(problem: ProblemId, as_json: AsJson = False) -> None:
    """Show a problem with its incidents and what restored them.

    Takes the scope read.
    """
    with connect("read") as client:
        card = client.problems.get(problem_id(client, problem))
    if as_json:
        screen.show_json(card.as_json())
        return
    _show_card(card)


@app.command()
def timeline(problem: ProblemId, limit: Limit = 1_000, as_json: AsJson = False) -> None:
    """Tell a problem's story, oldest line first.

    Takes the scope read.
    """
    with connect("read") as client:
        listing = client.problems.timeline(problem_id(client, problem), limit=min(limit, _PAGE))
        found, more = listing.first(limit)
    show_story(found, more=more, as_json=as_json)


@app.command()
def accept(
    problem: ProblemId,
    *,
    override: Overrides = None,
    reason: Reason = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Take a problem into work, for its team.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    with connect("respond") as client:
        ident = problem_id(client, problem)
        done = past_guardrails(
            lambda overrides: client.problems.accept(ident, if_match=how.if_match, overrides=overrides), how
        )
    _show_done(done, as_json=as_json)


@app.command()
def decline(
    problem: ProblemId,
    *,
    reason: NeededReason,
    override: Overrides = None,
    if_match: IfMatch = None,
    as_json: AsJson = False,
) -> None:
    """Say that a problem is not worth the work, for a reason that is remembered.

    Takes the scope respond.
    """
    how = manner(override, reason=reason, if_match=if_match, as_json=as_json)
    with connect("respond") as client:
        ident = problem_id(client, problem)
        done = past_guardrails(
            lambda overrides: client.problems.decline(
                ident, reason=reason, if_match=how.if_match, overrides=overrides
            ),
            how,
        )
    _show_done(done, as_json=as_json)


def _show_list(found: Sequence[Problem], *, more: bool, url: str) -> None:
    console, now = screen.out(), datetime.now(UTC)
    if found:
        table = screen.new_table("problem", "state", "incidents", "last", "team", right=("incidents",))
        table.add_column("what", ratio=1, no_wrap=True, overflow="ellipsis")
        table.expand = True
        for one in found:
            last = screen.age(one.last_incident_at, now)
            what = Text(words.what(one.service, one.title))
            team = Text(screen.printable(one.team or "-"))
            table.add_row(Text(one.id, style="bold"), one.state, str(one.incident_count), last, team, what)
        console.print(table)
        console.print()
        lines = [f"There are more than these {len(found)}: --limit {len(found) * 4}"] if more else []
        console.print(Text("\n".join([*lines, f"Look at one: {command('problems', 'show', found[0].id)}"])))
    else:
        console.print(Text("No problems like that.", style="green"))
    console.print(Text(url, style="dim"))


def _show_card(card: ProblemCard) -> None:
    console, now = screen.out(), datetime.now(UTC)
    console.print(Text(words.what(card.service, card.title), style="bold"))
    grid = screen.new_grid()
    known = card.worked_last_time
    worked = "nothing is known yet"
    if known is not None:
        worked = f"{screen.printable(known.text)}\nworked in {known.worked} of {known.used} cases"
    number, last = screen.counted(card.incident_count, "incident"), screen.age(card.last_incident_at, now)
    grid.add_row("problem", f"{card.id}, {card.state}, team {card.team or '-'}, revision {card.revision}")
    grid.add_row("came back", f"{number}, the last {last} ago")
    grid.add_row(
        "opened", screen.printable(f"{screen.clock(card.opened_at)} by rule {card.rule}: {card.reason}")
    )
    if card.accepted_by:
        grid.add_row("taken by", Text(screen.printable(card.accepted_by)))
    if card.declined_by:
        grid.add_row("declined", Text(screen.printable(f"by {card.declined_by}: {card.declined_because}")))
    grid.add_row("helps", Text(worked, style="green" if known else "dim"))
    console.print(grid)
    if card.incidents:
        console.print()
        show_table(console, card.incidents)
    console.print()
    console.print(Text(f"Its story: {command('problems', 'timeline', card.id)}"), soft_wrap=True)


def _show_done(done: ActedOnProblem, *, as_json: bool) -> None:
    if as_json:
        screen.show_json(done.as_json())
        return
    console = screen.out()
    if not done.changed:
        console.print(Text("It was so already; nothing changed.", style="dim"))
    line = f"{done.id}  {done.state}, team {done.team or '-'}  {done.title}, revision {done.revision}"
    console.print(Text(screen.printable(line)), soft_wrap=not console.is_terminal)
