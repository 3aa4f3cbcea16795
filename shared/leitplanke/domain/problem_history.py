"""How often a problem came back, and what it cost, over time: so that people see whether it gets worse."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from leitplanke.domain.incidents import Incident
from leitplanke.domain.losses import customer_minutes

_DAYS = 31
"""Up to so many days are shown as days, ..."""
_WEEKS = 26
"""... up to so many weeks as weeks, and what is longer as months."""
_MOST = 120
"""Periods that are shown, the newest: ten years of months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A day, a week from Monday or a month, by its first day (UTC)."""

    first: date
    label: str
    incidents: int
    customer_minutes: int


def history(
    opened: Sequence[datetime], incidents: Sequence[Incident], *, now: datetime
) -> tuple[Period, ...]:
    """Every period from the first incident until now, also those without any.

    `opened` counts all incidents; `incidents` are those of them whose cost is known.
    """
    if not opened:
        return ()
    first, last = min(opened).date(), max(now, *opened).date()
    begin, label = _scale((last - first).days)
    counts: dict[date, int] = {}
    for moment in opened:
        counts[begin(moment.date())] = counts.get(begin(moment.date()), 0) + 1
    minutes: dict[date, int] = {}
    for one in incidents:
        at = begin(one.opened_at.date())
        minutes[at] = minutes.get(at, 0) + customer_minutes(one, now=now)
    periods = list(takewhile(lambda day: day >= begin(first), _backwards(begin(last), begin)))[:_MOST]
    return tuple(
        Period(
            first=day,
            label=day.strftime(label),
            incidents=counts.get(day, 0),
            customer_minutes=minutes.get(day, 0),
        )
        for day in reversed(periods)
    )


def _scale(days: int) -> tuple[Callable[[date], date], str]:
    if days <= _DAYS:
        return (lambda day: day), "%d %b"
    if days <= 7 * _WEEKS:
        return _monday, "week of %d %b"
    return (lambda day: day.replace(day=1)), "%b %Y"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _backwards(day: date, begin: Callable[[date], date]) -> Iterator[date]:
    while True:
        yield day
        if day == date.min:
            return
        day = begin(day - timedelta(days=1))
