"""`leitplanke replay`: a file of events, told to the front door once more."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from infra.cli import screen
from infra.cli.connection import connect_sender
from infra.cli.errors import CliError, Exit
from infra.cli.options import AsJson
from infra.cli.replaying import Pace, Refused, Tally
from infra.cli.replaying import replay as replay_lines
from infra.cli.typed import command

_SHOWN = 50


class _Rate(ProgressColumn):
    """Lines a second."""

    def render(self, task: Task) -> Text:
        """Of late."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "-/s", style="dim")


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One event a line; - reads standard input.")],
    *,
    rate: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="N", help="Events a second at most; left out: all at once."),
    ] = None,
    from_line: Annotated[
        int, typer.Option("--from-line", min=1, metavar="N", help="Go on there; what broke off says where.")
    ] = 1,
    now: Annotated[
        bool, typer.Option("--now", help="Leave out the times in it, as if it happened now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send a file of events (JSON lines: our own JSON or CloudEvents), in its order.

    Each line that cannot be used is named, with what to send instead; its neighbours are taken. A line that
    is sent twice counts once. Exit code 1 if a line was refused. Takes an integration key in LEITPLANKE_KEY.
    """
    tally, began = Tally(next_line=from_line), time.monotonic()

    def told_so_far(*, is_done: bool) -> None:
        _show(tally, as_json=as_json, is_done=is_done, seconds=time.monotonic() - began)

    try:
        with _opened(file) as (lines, total), _progress(total, from_line) as told, connect_sender() as sender:
            replay_lines(lines, sender, tally=tally, pace=Pace(rate), told=told, without_times=now)
    except CliError as broken:
        if tally.next_line == from_line:
            raise
        told_so_far(is_done=False)
        raise _broken_off(broken, file, tally) from broken
    except (KeyboardInterrupt, Exception):
        told_so_far(is_done=False)
        screen.err().print(Text(f"Go on with: {_go_on(file, tally)}"), soft_wrap=True)
        raise
    told_so_far(is_done=True)
    if tally.refused:
        raise typer.Exit(Exit.NOT_DONE)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[TextIO, int | None]]:
    """Its lines, and how many there are, where that can be known before. Raises CliError."""
    if str(file) == "-":
        yield sys.stdin, None
        return
    try:
        total = _lines_in(file) if file.is_file() else None  # a pipe can be read once
        lines = file.open(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise CliError(message, remedy="name a file that there is", code=Exit.WRONG_USAGE) from error
    with lines:
        yield lines, total


def _lines_in(file: Path) -> int:
    with file.open("rb") as raw:
        return sum(1 for _ in raw)


@contextmanager
def _progress(total: int | None, first: int) -> Iterator[Callable[[Tally], None]]:
    console = screen.err()
    columns = (
        TextColumn("line"),
        MofNCompleteColumn(),
        BarColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("lines", total=total, completed=first - 1)
        yield lambda tally: progress.update(task, completed=tally.next_line - 1)


def _show(tally: Tally, *, as_json: bool, is_done: bool, seconds: float) -> None:
    if as_json:
        told = {"done": is_done, "accepted": tally.accepted, "next_line": tally.next_line}
        took = {"seconds": round(seconds, 1), "per_second": round(_rate(tally, seconds), 1)}
        screen.show_json({**told, **took, "refused": [asdict(one) for one in tally.refused]})
        return
    _show_refused(tally.refused)
    text = Text.assemble((screen.counted(tally.accepted, "event"), "bold"), " taken")
    if tally.refused:
        text.append(f", {screen.counted(len(tally.refused), 'line')} refused", style="red")
    text.append(f", in {seconds:,.1f} s ({_rate(tally, seconds):,.0f}/s)", style="dim")
    screen.out().print(text)


def _rate(tally: Tally, seconds: float) -> float:
    return tally.accepted / max(seconds, 0.001)


def _show_refused(refused: list[Refused]) -> None:
    console = screen.err()
    for one in refused[:_SHOWN]:
        fault = Text.assemble((f"line {one.line}", "red"), screen.printable(f": {one.field}: {one.reason}"))
        fault.append(screen.printable(f"; {one.remedy}"))
        console.print(fault, soft_wrap=not console.is_terminal)
    if len(refused) > _SHOWN:
        console.print(Text(f"and {len(refused) - _SHOWN:,} more; --json has all of them"))


def _broken_off(broken: CliError, file: Path, tally: Tally) -> CliError:
    return CliError(
        f"broke off before line {tally.next_line}: {broken.message}",
        details=broken.details,
        remedy=f"{broken.remedy}; then go on with:",
        line=_go_on(file, tally),
        code=broken.code,
    )


def _go_on(file: Path, tally: Tally) -> str:
    return command("replay", str(file), "--from-line", str(tally.next_line))
