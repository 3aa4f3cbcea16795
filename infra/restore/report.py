"""The gap in words, for a terminal: first what somebody has to do, then what has taken care of itself."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import screen
from infra.restore.finding import Gap
from infra.restore.gap import Fate, Missing
from infra.restore.senders import SenderGap, says_again

_DO = {
    Fate.UNTOLD: "ask who sent it, or report it again: nobody works on it here",
    Fate.STILL_LIVE: "restore it if customers can work",
    Fate.REDO: "do it again",
    Fate.CHECK: "see what fires in it; what has ended must be said again, or it stays live",
    Fate.OVER: "nothing; its history is in this list alone",
    Fate.FOLLOWS: "nothing",
}
_HEAD = ("subject", "what it was", "what the table does not know", "what to do")


def show(gap: Gap, console: Console) -> None:
    """The whole report."""
    span = f"{gap.since:%Y-%m-%d %H:%M:%S} to {gap.until:%Y-%m-%d %H:%M:%S} UTC"
    console.print(Text(f"The gap: what was said from {span}, and is not in the table", style="bold"))
    console.print()
    urgent = [one for one in gap.missing if one.fate.wants_somebody]
    _section(console, "Somebody has to do something", urgent, "nothing")
    _section(console, "Took care of itself", [one for one in gap.missing if one not in urgent], "nothing")
    for line in _notes(gap):
        console.print(line, soft_wrap=not console.is_terminal)
    console.print()
    _senders(console, gap.senders)


def _section(console: Console, title: str, found: Iterable[Missing], none: str) -> None:
    rows = list(found)
    console.print(Text(f"{title}: {len(rows) or none}", style="bold"))
    if rows:
        table = screen.new_table(*_HEAD)
        for one in rows:
            table.add_row(*_cells(one), style="" if one.fate.wants_somebody else "dim")
        console.print(table)
    console.print()


def _cells(one: Missing) -> Iterator[Text]:
    yield Text(one.subject, style="red" if one.fate is Fate.UNTOLD else "")
    about = [one.about.get("priority"), one.about.get("service"), one.about.get("team")]
    yield Text(screen.printable(", ".join(str(part) for part in about if part) or "-"))
    yield Text("\n".join(_said(one)))
    now = f"it is {', '.join(one.now)} now" if one.now else "it was said again since"
    yield Text(now if one.fate is Fate.BACK else _DO[one.fate])


def _said(one: Missing) -> Iterator[str]:
    for line in one.lines:
        again = " (said again)" if line.again else ""
        yield screen.printable(f"{line.change.at:%H:%M:%S} {line.words}{again}")
    if one.pulses:
        yield f"its alerts changed {screen.counted(one.pulses, 'time')} more"


def _notes(gap: Gap) -> Iterator[Text]:
    if not gap.archived:
        yield Text("There is no archive: what the bus was told is not known.", style="bold red")
    reused = sorted({one.subject for one in gap.missing for line in one.lines if line.reused})
    if reused:
        yield Text(
            "Revisions that were given twice; whoever else listens to the bus and goes by event ids may have "
            f"taken the second for a repetition: {', '.join(reused)}",
            style="yellow",
        )


def _senders(console: Console, gap: SenderGap) -> None:
    if not gap.compared:
        text = "Integrations and policy were not compared: name the lost table with --lost, if it is there."
        console.print(Text(text, style="yellow"), soft_wrap=True)
    for one in gap.made:
        text = (
            f"Made in the gap, its key opens nothing: {one.name} ({one.integration_id}), by {one.created_by}"
        )
        console.print(Text(screen.printable(text), style="red"), soft_wrap=True)
    for one in gap.revoked:
        text = (
            f"Revoked in the gap, its key WORKS AGAIN: {one.name} ({one.integration_id}), by {one.revoked_by}"
        )
        console.print(Text(screen.printable(text), style="bold red"), soft_wrap=True)
    for version in gap.policies:
        text = (
            f"Policy version {version.version} by {version.put_by}, {version.put_at:%H:%M:%S}: put it again"
        )
        console.print(Text(screen.printable(text), style="red"), soft_wrap=True)
    if gap.made or gap.revoked:
        console.print("Both are carried over by the same command with --carry-over.", soft_wrap=True)
    console.print()
    console.print(Text("Which senders say again by themselves what they said in the gap", style="bold"))
    console.print(_sender_table(gap))


def _sender_table(gap: SenderGap) -> Table:
    table = screen.new_table("integration", "speaks", "last heard", "says it again by itself")
    for one in gap.current:
        heard = f"{one.heard_at:%Y-%m-%d %H:%M}" if one.heard_at else "never"
        answer = says_again(one)
        table.add_row(
            Text(screen.printable(one.name)),
            one.sender or "?",
            heard,
            Text(answer, style="green" if answer.startswith("yes") else "yellow"),
        )
    return table
