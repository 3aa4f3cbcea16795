"""`leitplanke show`: one incident, first what a tired person needs.

Who cannot work since when; what worked last time; what fires; who has it; what the guardrails will ask.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect
from infra.cli.names import incident_id
from infra.cli.options import AsJson, IncidentId
from infra.cli.typed import command
from infra.cli.words import STYLES, holder, what
from leitplanke_client.incident_models import FiringAlert, ForeseenGuardrail, IncidentCard, Suppression

_FIRING_SHOWN = 6

Row = tuple[str, Text]


def show(incident: IncidentId, as_json: AsJson = False) -> None:
    """Show an incident: who cannot work, what worked last time, what fires, who has it.

    Takes the scope read.
    """
    with connect("read") as client:
        card = client.incidents.get(incident_id(client, incident))
    if as_json:
        screen.show_json(card.as_json())
        return
    console = screen.out()
    _show(console, card, datetime.now(UTC))


def _show(console: Console, card: IncidentCard, now: datetime) -> None:
    soft = not console.is_terminal
    console.print(_title(card, now), soft_wrap=soft)
    console.print(Text(screen.printable(card.headline), style="bold"), soft_wrap=soft)
    console.print()
    grid = screen.new_grid()
    for word, text in _rows(card, now):
        grid.add_row(word, text)
    console.print(grid)
    console.print()
    for line in _next_steps(card):
        console.print(Text(line), soft_wrap=True)


def _title(card: IncidentCard, now: datetime) -> Text:
    ended = card.restored_at
    lasted = (
        f"lasted {screen.age(card.began_at, ended)}" if ended else f"for {screen.age(card.began_at, now)}"
    )
    return Text.assemble(
        (card.priority or "not routed yet", STYLES.get(card.priority or "", "bold")),
        "  ",
        what(card.service, card.title),
        (f"  {card.state}, {lasted}", "dim"),
    )


def _rows(card: IncidentCard, now: datetime) -> Iterator[Row]:
    yield "worked last time", _worked(card, now)
    yield from _firing(card, now)
    yield "who has it", _owner(card, now)
    yield from _guardrails(card.guardrails)
    if card.suppressed is not None:
        yield "suppressed", Text(screen.printable(_suppression(card.suppressed)), style="yellow")
    yield "incident", Text(screen.printable(_facts(card)))
    if card.workaround:
        helped = {True: "it helped", False: "it did not help", None: "not said whether it helped"}
        yield "restored by", Text(screen.printable(f"{card.workaround} ({helped[card.workaround_helped]})"))
    if card.problem_id:
        yield "problem", Text(f"it comes back: {command('problems', 'show', card.problem_id)}")
    for link in card.look_further:
        yield "look further", Text(screen.printable(f"{link.text} {link.href}".strip()))


def _worked(card: IncidentCard, now: datetime) -> Text:
    known = card.worked_last_time
    if known is None:
        return Text("nothing is known yet; tell it with `restore --workaround`", style="dim")
    ago = f"worked in {known.worked} of {known.used} cases, last {screen.age(known.last_at, now)} ago"
    return Text.assemble(
        (screen.printable(known.text), "bold green"), f"\n{ago}, in {screen.printable(known.incident_id)}"
    )


def _firing(card: IncidentCard, now: datetime) -> Iterator[Row]:
    if not card.firing:
        yield "fires", Text("nothing any more", style="green")
    for number, alert in enumerate(card.firing[:_FIRING_SHOWN]):
        yield ("fires" if not number else ""), _alert(alert, now)
    if card.more_firing or len(card.firing) > _FIRING_SHOWN:
        yield "", Text(f"and more: {command('alerts', card.id)}", style="dim")


def _alert(alert: FiringAlert, now: datetime) -> Text:
    style = {"critical": "red", "error": "red", "warning": "yellow"}.get(alert.severity, "")
    seen = f"for {screen.age(alert.since, now)}, seen {screen.age(alert.last_seen_at, now)} ago"
    return Text.assemble(
        (alert.severity, style),
        f" {screen.printable(alert.title)}",
        (f" {seen} by {screen.printable(alert.sender)}", "dim"),
    )


def _owner(card: IncidentCard, now: datetime) -> Text:
    text = Text(screen.printable(holder(card)))
    if not card.is_live:
        return text
    if card.acknowledged_by is not None and card.acknowledged_at is not None:
        return text.append(f", since {screen.age(card.acknowledged_at, now)}")
    text.stylize("red")
    if card.escalated:
        text.append("; escalated, more people were told")
    elif card.acknowledge_by is not None and card.acknowledge_by > now:
        text.append(f"; more people are told in {screen.age(now, card.acknowledge_by)}")
    return text


def _guardrails(foreseen: tuple[ForeseenGuardrail, ...]) -> Iterator[Row]:
    """Those that ask always in full; the others, which depend on what is said, in a line."""
    word = "guardrails"
    for one in foreseen:
        if one.always or one.is_hard:
            text = Text(
                f"{one.action} {'meets' if one.always else 'may meet'} {one.guardrail}", style="yellow"
            )
            yield word, text.append(f" ({_asks(one)}): {screen.printable(one.purpose)}", style="default")
            word = ""
    others = [f"{one.action} ({one.guardrail})" for one in foreseen if not one.always and not one.is_hard]
    if others:
        yield word, Text(f"depending on what is said: {', '.join(others)}", style="dim")


def _asks(one: ForeseenGuardrail) -> str:
    if one.is_hard:
        return f"only {' or '.join(one.may_override)} may"
    return "needs a reason" if one.reason_required else "asks once more"


def _suppression(one: Suppression) -> str:
    end = f"until {screen.clock(one.until)}" if one.until else "until somebody ends it"
    return f"nobody is told {end}, by {one.by}: {one.reason}"


def _facts(card: IncidentCard) -> str:
    facts = [
        card.id,
        f"lane {card.lane or '-'}",
        f"impact {card.impact or '-'}",
        f"urgency {card.urgency or '-'}",
    ]
    facts += [f"began {screen.clock(card.began_at)}", f"revision {card.revision}"]
    by_hand = ((card.priority_set, "priority set by hand"), (card.team_set, "team set by hand"))
    facts += [words for is_so, words in by_hand if is_so]
    counts = (
        (card.reopened, "reopened {}", "time"),
        (card.hand_overs, "handed over {}", "time"),
        (card.overridden, "went past {}", "guardrail"),
    )
    facts += [words.format(screen.counted(number, noun)) for number, words, noun in counts if number]
    return ", ".join(facts)


def _next_steps(card: IncidentCard) -> Iterator[str]:
    ident = card.id
    if card.state == "open":
        yield f"Take it: {command('ack', ident)}"
    if card.is_live:
        as_before = " --as-before" if card.worked_last_time else ' --workaround "..."'
        yield f"Once they can work again: {command('restore', ident)}{as_before}"
    elif card.state == "restored":
        yield f"File it: {command('close', ident)}"
        if card.closes_at is not None:
            yield f"or leave it: it closes by itself at {screen.clock(card.closes_at)}"
    reasons = f"Why it is {card.priority or 'not routed'}: {command('why', ident)}"
    yield f"{reasons}; its story: {command('timeline', ident)}"
