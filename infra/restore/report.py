"""The gap in words, for a terminal: first what somebody has to do, then what has taken care of itself."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import screen
from infra.restore.finding import Gap
from infra.restore.gap import Fate, Missing
from infra.restore.senders import SenderGap, repeats, says_again

_DO = {
    Fate.STILL_LIVE: "it had ended, and is live here: restore it if customers can work",
    Fate.REDO: "do this again, if it still matters",
    Fate.CHECK: "see what fires in it: what has ended was said once, and keeps it live here",
    Fate.OVER: "it had ended as well; its history is in this list alone",
    Fate.FOLLOWS: "follows by itself",
}
_HIDDEN = frozenset({"incident.routed"})
"""Follows from the rest, and says nothing that a person could do."""


def show(gap: Gap, console: Console) -> None:
    """The whole report."""
    _line(console, f"What was said since {gap.since:%Y-%m-%d %H:%M:%S} UTC and is not in the table", "bold")
    if not gap.archived:
        _line(console, "The archive was not asked: what the bus was told is not known.", "bold red")
    urgent = [one for one in gap.missing if one.fate.wants_somebody]
    services = [one for one in gap.missing if one.kind == "service"]
    calm = [one for one in gap.missing if one not in urgent and one not in services]
    _section(console, f"Somebody has to do something: {len(urgent)}", urgent)
    _section(console, f"Took care of itself: {len(calm)}", calm)
    if services:
        text = (
            f"{screen.counted(len(services), 'service')} went down or came back: follows from the incidents."
        )
        _line(console, text, "dim")
    _reused(console, gap.missing)
    _senders(console, gap.senders)


def _section(console: Console, title: str, found: Sequence[Missing]) -> None:
    console.print()
    _line(console, title, "bold")
    for one in found:
        style = "red" if one.fate.wants_somebody else "dim"
        about = [one.about.get(name) for name in ("priority", "service", "team")]
        _line(console, f"{one.subject}  {', '.join(str(part) for part in about if part)}", style)
        for line in _said(one):
            _line(console, f"  {line}", "" if one.fate.wants_somebody else "dim")
        _line(console, f"  -> {_advice(one)}", "" if one.fate.wants_somebody else "dim")


def _said(one: Missing) -> Iterator[str]:
    for line in one.lines:
        if line.change.kind not in _HIDDEN:
            again = " (said again)" if line.again else ""
            yield f"{line.change.at:%H:%M:%S} {line.words}{again}"
    if one.pulses:
        yield f"its alerts changed {screen.counted(one.pulses, 'time')} more than the table knows"


def _advice(one: Missing) -> str:
    if one.fate is Fate.BACK:
        return f"it is back as {', '.join(one.now)}" if one.now else "it was said again"
    if one.fate is not Fate.UNTOLD:
        return _DO[one.fate]
    if one.kind == "problem":
        return "tell its team; it is opened again when it recurs"
    by = next((line.change.by for line in one.lines if line.change.kind == "incident.opened"), None)
    if repeats(by):
        return f"{by} would have said it again by now, so it may be over: look there"
    return "nobody works on it here: see whether it is still broken, and have its sender say so again"


def _reused(console: Console, missing: Sequence[Missing]) -> None:
    found = sorted({one.subject for one in missing for line in one.lines if line.reused})
    if found:
        console.print()
        _line(
            console,
            "Revisions given twice. Whoever else listens to the bus and goes by event ids may take the "
            f"second for a repetition: {', '.join(found)}",
            "yellow",
        )


def _senders(console: Console, gap: SenderGap) -> None:
    console.print()
    if not gap.compared:
        text = "Integrations and policy were not compared: name the lost table with --lost, if it is there."
        _line(console, text, "yellow")
    for one in gap.made:
        text = (
            f"Made in the gap, its key opens nothing: {one.name} ({one.integration_id}), by {one.created_by}"
        )
        _line(console, text, "red")
    for one in gap.revoked:
        text = (
            f"Revoked in the gap, its key WORKS AGAIN: {one.name} ({one.integration_id}), by {one.revoked_by}"
        )
        _line(console, text, "bold red")
    if gap.made or gap.revoked:
        _line(console, "  -> the same command with --carry-over makes and revokes them here as well")
    for version in gap.policies:
        text = (
            f"Policy version {version.version} by {version.put_by}, {version.put_at:%H:%M:%S}: put it again"
        )
        _line(console, text, "red")
    _line(console, "Who says again by himself what he said in the gap", "bold")
    console.print(_sender_table(gap))


def _sender_table(gap: SenderGap) -> Table:
    table = screen.new_table("integration", "speaks", "last heard", "says it again by itself")
    for one in gap.current:
        heard = f"{one.heard_at:%m-%d %H:%M}" if one.heard_at else "never"
        style = "green" if repeats(one.sender) else "yellow"
        table.add_row(
            Text(screen.printable(one.name)), one.sender or "?", heard, Text(says_again(one), style=style)
        )
    return table


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(screen.printable(text), style=style), soft_wrap=not console.is_terminal)
