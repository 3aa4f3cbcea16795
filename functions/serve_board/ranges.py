"""Ranges of days that people look back over."""

from collections.abc import Mapping
from dataclasses import dataclass

DAYS = (7, 28, 90, 365)
_WORDS = {7: "a week", 28: "four weeks", 90: "a quarter", 365: "a year"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How far to look back. `wrong`: what was asked for is no range that there is."""

    days: int
    wrong: str | None = None

    @property
    def choices(self) -> tuple[tuple[int, str], ...]:
        """All that there are, in words."""
        return tuple((days, _WORDS[days]) for days in DAYS)


def range_of(said: Mapping[str, str], *, usual: int) -> Range:
    """The range in an address: `days=28`."""
    asked = said.get("days", str(usual))
    known = {str(days): days for days in DAYS}
    if asked in known:
        return Range(days=known[asked])
    choices = ", ".join(known)
    return Range(days=usual, wrong=f"There are ranges of {choices} days: this is the one of {usual}.")
