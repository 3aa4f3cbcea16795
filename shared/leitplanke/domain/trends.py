"""Whether it gets better: what closed incidents add up to, day by day, in numbers that can only be added.

An incident counts once, on the day (UTC) on which it was closed. Times are small histograms
(`restore_times`), so that percentiles of any stretch follow from its days: means of times to restore are
ruled by a few long outages and say nothing about the usual one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.losses import customer_minutes
from leitplanke.domain.periods import periods
from leitplanke.domain.restore_times import bucket_of, minutes_at, time_to_restore
from leitplanke.domain.rules import PRIORITIES

UNKNOWN = "P0"
"""In place of a priority where routing never looked."""
SHOWN = 10
"""Services and causes that are shown, those that cost most."""
_SEPARATOR = "/"
MINUTES = "minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What customers lost in a day for want of one service, by one cause (what fired)."""

    day: date
    service: str
    cause: str
    customer_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one closed incident adds: to the counts of a day, and to what was lost on it."""

    day: date
    service: str
    cause: str
    counts: Mapping[str, int]

    @property
    def customer_minutes(self) -> int:
        """Lost in it."""
        return self.counts.get(MINUTES, 0)


def tally(incident: Incident) -> Tally | None:
    """What it adds as it is now; None while it is not closed."""
    if incident.state is not IncidentState.CLOSED or incident.closed_at is None:
        return None
    priority = incident.priority or UNKNOWN
    counts: Counter[str] = Counter({_name("closed", priority): 1})
    if incident.acknowledged_at is not None:
        waited = incident.acknowledged_at - incident.opened_at
        counts[_name("acknowledged", priority, bucket_of(waited))] = 1
    if incident.restored_at is not None:
        counts[_name("restored", priority, bucket_of(time_to_restore(incident)))] = 1
    counts["hand_overs"] = incident.hand_overs
    counts["recurring"] = 1 if incident.problem_id is not None or incident.reopened else 0
    counts[MINUTES] = customer_minutes(incident, now=incident.closed_at)
    return Tally(
        day=incident.closed_at.date(), service=incident.service, cause=incident.symptom, counts=+counts
    )


def _name(what: str, priority: str, bucket: int | None = None) -> str:
    parts = [what, priority] if bucket is None else [what, priority, str(bucket)]
    return _SEPARATOR.join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Of a time, in minutes: half were faster, nine in ten were, nineteen in twenty were. Of how many."""

    of: int
    p50: float
    p90: float
    p95: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of a stretch of days."""

    counts: Mapping[str, int]

    @property
    def closed(self) -> int:
        """Incidents that were closed."""
        return sum(self.by_priority.values())

    @property
    def by_priority(self) -> Mapping[str, int]:
        """Of each priority, those that there are."""
        every = (*PRIORITIES, UNKNOWN)
        found = {priority: self.counts.get(_name("closed", priority), 0) for priority in every}
        return {priority: count for priority, count in found.items() if count}

    @property
    def customer_minutes(self) -> int:
        """Lost by customers."""
        return self.counts.get(MINUTES, 0)

    @property
    def hand_overs(self) -> float | None:
        """Per incident."""
        return round(self.counts.get("hand_overs", 0) / self.closed, 2) if self.closed else None

    @property
    def recurring(self) -> float | None:
        """How many of a hundred came back: of a known problem, or reopened."""
        return round(100 * self.counts.get("recurring", 0) / self.closed, 1) if self.closed else None

    def acknowledged(self, priority: str | None = None) -> Percentiles | None:
        """From opening until somebody took it; None where nobody took any."""
        return self._times("acknowledged", priority)

    def restored(self, priority: str | None = None) -> Percentiles | None:
        """From the first alert until customers could work again; None where none was restored."""
        return self._times("restored", priority)

    def _times(self, what: str, priority: str | None) -> Percentiles | None:
        buckets: Counter[int] = Counter()
        for name, count in self.counts.items():
            parts = name.split(_SEPARATOR)
            if parts[0] == what and priority in (None, parts[1]):
                buckets[int(parts[2])] += count
        if not buckets:
            return None
        p50, p90, p95 = (round(minutes_at(buckets, share), 1) for share in (0.5, 0.9, 0.95))
        return Percentiles(of=buckets.total(), p50=p50, p90=p90, p95=p95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """A stretch of days, the stretch of the same length before it, and what happened in between."""

    first: date
    last: date
    now: Summary
    before: Summary
    over_time: tuple[tuple[str, Summary], ...]
    by_service: tuple[tuple[str, int], ...]
    by_cause: tuple[tuple[str, int], ...]


def stretch(days: int, now: datetime) -> tuple[date, date, date]:
    """The first day before, the first day, and the last one, which is today."""
    last = now.date()
    first = last - timedelta(days=days - 1)
    return first - timedelta(days=days), first, last


def trends(
    tallies: Mapping[date, Mapping[str, int]], losses: Iterable[Loss], *, first: date, last: date
) -> Trends:
    """What the days from `first` to `last` come to; those before `first` are compared with."""
    spans = periods(first, last)
    over_time: dict[date, Counter[str]] = {day: Counter() for day in spans.firsts}
    now: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for day, counts in tallies.items():
        if day < first:
            before.update(counts)
        elif day <= last:
            now.update(counts)
            over_time[spans.of(day)].update(counts)
    lost = [one for one in losses if first <= one.day <= last]
    return Trends(
        first=first,
        last=last,
        now=Summary(now),
        before=Summary(before),
        over_time=tuple((spans.label(day), Summary(counts)) for day, counts in over_time.items()),
        by_service=_most((one.service, one.customer_minutes) for one in lost),
        by_cause=_most((one.cause, one.customer_minutes) for one in lost),
    )


def _most(lost: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    totals: Counter[str] = Counter()
    for name, minutes in lost:
        totals[name] += minutes
    ranked: Sequence[tuple[str, int]] = sorted(totals.items(), key=lambda one: (-one[1], one[0]))
    return tuple(ranked[:SHOWN])
