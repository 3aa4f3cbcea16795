"""How things look in a terminal, 80 columns and more; plain text elsewhere.

Red needs somebody, yellow will, green is well, dim is for completeness. NO_COLOR turns colours off.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli.errors import CliError

_PLAIN_COLUMNS = 120


def out() -> Console:
    """Standard output. Where it is no terminal nothing is cut to a width that nobody has."""
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = max(console.width, _PLAIN_COLUMNS)
    return console


def err() -> Console:
    """Standard error: faults and progress, so that output can be piped."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


def show_json(value: Any) -> None:
    """For programs."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def show_error(error: CliError, *, as_json: bool = False) -> None:
    """What happened, and what to do next; on standard error, for people or for programs."""
    if as_json:
        print(json.dumps(error.as_json(), ensure_ascii=False), file=sys.stderr)
        return
    console = err()
    soft = not console.is_terminal
    console.print(Text.assemble(("leitplanke: ", "bold red"), printable(error.message)), soft_wrap=soft)
    for word, text in error.details:
        console.print(labelled(f"  {word}", text), soft_wrap=soft)
    if error.remedy:
        console.print(labelled("  do this", error.remedy), soft_wrap=soft)
    if error.line:
        console.print(Text(f"    {printable(error.line)}"), soft_wrap=True)


def labelled(word: str, text: str) -> Text:
    """`word: text`."""
    return Text.assemble((f"{printable(word)}: ", "bold"), printable(text))


def may_ask() -> bool:
    """Whether a person sits there who can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def new_table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A table with these columns; those in `right` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        numeric = column in right
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    return table


def new_grid() -> Table:
    """Rows of a dim word and what there is to say about it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def printable(text: str) -> str:
    """Others' text without what would steer a terminal (escape sequences, direction marks)."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "·" for char in text)


def age(since: datetime, now: datetime) -> str:
    """`3 h`: one number that is easy to read."""
    passed = max(now - since, timedelta())
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if passed.total_seconds() >= 2 * seconds:  # noqa: PLR2004 - 90 min says more than 1 h
            return f"{int(passed.total_seconds() // seconds)} {unit}"
    return f"{int(passed.total_seconds())} s"


def clock(moment: datetime) -> str:
    """`2026-03-01 03:10 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def counted(number: int, noun: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
