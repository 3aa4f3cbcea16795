"""How often a sender may speak, if its integration says so. Approximate, and free of calls of its own.

Many processes are the door, each hears a part of what a sender says. Each counts by itself and tells the
table once a minute, when it asks about the key anyway; what comes back is what all have counted. Then each
takes its part of the limit for the next minute, as large as its part of the requests was in the last one.

A process that has just started knows of no other and takes the whole limit for its first minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One process's part of a limit since it last asked. `total` is what all had counted by then."""

    since: datetime
    allowance: int
    total: int
    asked: int = 0

    def holds(self, now: datetime) -> bool:
        """Whether what was asked until now is within the allowance."""
        return self.asked <= self.allowance * max(1.0, (now - self.since) / MINUTE)


def next_share(limit: int, *, total: int, now: datetime, last: Share | None = None) -> Share:
    """The part for the time after `now`, from what this process and all others heard since `last`."""
    if last is None or now <= last.since:
        return Share(since=now, allowance=limit, total=total)
    minutes = max(1.0, (now - last.since) / MINUTE)
    own = last.asked / minutes
    everybody = max(own, (total - last.total) / minutes)
    left = limit - (everybody - own)
    part = limit * own / everybody if everybody else limit
    return Share(since=now, allowance=max(1, int(max(left, part))), total=total)
