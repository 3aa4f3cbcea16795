"""Days, weeks or months: in what a stretch of time is shown, so that a picture has some dozen points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DAYS = 31
"""Up to so many days are shown as days, ..."""
_WEEKS = 26
"""... up to so many weeks as weeks from Monday, and what is longer as months."""
_MOST = 120
"""Periods that are shown, the newest: ten years of months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """All periods of a stretch, the oldest first, by their first day (UTC)."""

    firsts: tuple[date, ...]
    _label: str
    _begin: Callable[[date], date]

    def of(self, day: date) -> date:
        """The first day of the period of this day."""
        return self._begin(day)

    def label(self, first: date) -> str:
        """What a period is called."""
        return first.strftime(self._label)


def periods(first: date, last: date) -> Periods:
    """Every period from one day to another, both included."""
    begin, label = _scale((last - first).days)
    found = _backwards(begin(last), begin)
    firsts: list[date] = []
    for day in found:
        if day < begin(first) or len(firsts) == _MOST:
            break
        firsts.append(day)
    return Periods(firsts=tuple(reversed(firsts)), _label=label, _begin=begin)


def _scale(days: int) -> tuple[Callable[[date], date], str]:
    if days <= _DAYS:
        return (lambda day: day), "%d %b"
    if days <= 7 * _WEEKS:
        return _monday, "week of %d %b"
    return (lambda day: day.replace(day=1)), "%b %Y"


def _monday(day: date) -> date:
    return day - timedelta(days=min(day.weekday(), (day - date.min).days))


def _backwards(day: date, begin: Callable[[date], date]) -> Iterator[date]:
    while True:
        yield day
        if day == date.min:
            return
        day = begin(day - timedelta(days=1))
