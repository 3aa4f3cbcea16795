"""How long it takes until customers can work again, as a small histogram: enough to say what is long.

Buckets grow by the square root of two, so 40 of them reach from a minute to two years, and a quantile is
known to a factor of 1.4. Of one priority and 90 days; only incidents in which no guardrail was overridden
are counted, so that the overridden ones are compared with others and not with themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from leitplanke.domain.incidents import Incident

WINDOW = timedelta(days=90)
"""How far back incidents are comparable: a quarter; what was usual before that may have been mended since."""
ENOUGH = 20
"""Comparable incidents from which on one may be called long: the ninth tenth of fewer rests on one or two."""
_LONG = 0.9
_LAST = 41


def bucket_of(span: timedelta) -> int:
    """The bucket of a time to restore: 0 is below half a minute."""
    minutes = max(span, timedelta(0)) / timedelta(minutes=1)
    return min(int(2 * log2(minutes + 1)), _LAST)


def minutes_at(counts: Mapping[int, int], share: float) -> float:
    """The time below which this share of them lies, in minutes; within a bucket they are taken for even.

    As Prometheus' histogram_quantile does. Raises ValueError without any.
    """
    wanted, below = share * sum(counts.values()), 0
    for bucket, count in sorted(counts.items()):
        if count and below + count >= wanted:
            lower, upper = (2 ** (edge / 2) - 1 for edge in (bucket, bucket + 1))
            return lower + (upper - lower) * (wanted - below) / count
        below += count
    raise ValueError("there are no times")


def time_to_restore(incident: Incident) -> timedelta:
    """From its first alert until customers could work again. Raises ValueError if they still cannot."""
    if incident.restored_at is None:
        raise ValueError(f"incident {incident.incident_id} is not restored")
    return max(incident.restored_at - incident.began_at, timedelta(0))


def window_before(moment: datetime) -> tuple[datetime, datetime]:
    """From when to when comparable incidents closed."""
    return moment - WINDOW, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTimes:
    """How many incidents took how long, by bucket."""

    counts: Mapping[int, int]

    @property
    def total(self) -> int:
        """How many incidents it rests on."""
        return sum(self.counts.values())

    def is_long(self, span: timedelta) -> bool:
        """Whether at least nine in ten comparable incidents took clearly less. No if there are too few."""
        return self.total >= ENOUGH and bucket_of(span) > self._quantile_bucket(_LONG)

    def _quantile_bucket(self, share: float) -> int:
        below, wanted = 0, share * self.total
        for bucket, count in sorted(self.counts.items()):
            below += count
            if below >= wanted:
                return bucket
        return _LAST
