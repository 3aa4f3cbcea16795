"""How often a problem came back, and what it cost, over time: so that people see whether it gets worse."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from leitplanke.domain.incidents import Incident
from leitplanke.domain.losses import customer_minutes
from leitplanke.domain.periods import periods


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A day, a week or a month, by its first day (UTC)."""

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
    stretch = periods(min(opened).date(), max(now, *opened).date())
    counts = Counter(stretch.of(moment.date()) for moment in opened)
    minutes: Counter[date] = Counter()
    for one in incidents:
        minutes[stretch.of(one.opened_at.date())] += customer_minutes(one, now=now)
    return tuple(
        Period(first=day, label=stretch.label(day), incidents=counts[day], customer_minutes=minutes[day])
        for day in stretch.firsts
    )
