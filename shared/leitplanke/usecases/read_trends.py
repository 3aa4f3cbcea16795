"""Whether it gets better: what was counted in a stretch of days, beside the stretch before it."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.trends import Trends, stretch, trends
from leitplanke.table.client import Table
from leitplanke.table.trends import Trends as Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendsSeen:
    """The trends. `whole` is False if there was more to read than is read for a page."""

    trends: Trends
    whole: bool


class TrendReader:
    """Reads trends. Raises UnavailableError."""

    def __init__(self, table: Table) -> None:
        self._counts = Counts(table)

    def read(self, days: int, *, now: datetime) -> TrendsSeen:
        """So many days up to today, and as many before them. A query a shard, as long as rows fit into it."""
        before, first, last = stretch(days, now)
        found = self._counts.counted(before, last)
        return TrendsSeen(
            trends=trends(found.tallies, found.losses, first=first, last=last), whole=found.whole
        )
