"""What changed between two versions of the policy: lines that went, and lines that came."""

from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from typing import Literal

MOST_LINES = 60
"""Of a page: whoever changed more than that has both texts."""
_AROUND = 2
_HEADING = 2
"""Lines that name the two texts, which are nameless here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLine:
    """One line. `place` lines say where in the text the next ones are."""

    kind: Literal["added", "removed", "same", "place"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The lines that differ, with some around them; `further` more are left out."""

    lines: tuple[ChangedLine, ...]
    further: int


def difference(before: str, after: str, *, most: int = MOST_LINES) -> Difference:
    """From one text to another; no lines if they are the same."""
    lines = unified_diff(before.splitlines(), after.splitlines(), n=_AROUND, lineterm="")
    found = [_line(text) for text in islice(lines, _HEADING, None)]
    return Difference(lines=tuple(found[:most]), further=max(0, len(found) - most))


def _line(text: str) -> ChangedLine:
    match text[:1]:
        case "+":
            return ChangedLine(kind="added", text=text[1:])
        case "-":
            return ChangedLine(kind="removed", text=text[1:])
        case "@":
            return ChangedLine(kind="place", text=text.strip("@ "))
        case _:
            return ChangedLine(kind="same", text=text[1:])
