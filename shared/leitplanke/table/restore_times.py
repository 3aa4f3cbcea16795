"""How long it took until customers could work again: a histogram a day, priority and shard.

    RESTORES#<priority>#<shard> / <day of closing>      counts by bucket (see domain.restore_times)
    INCIDENT#<id> / MEASURED                            that this incident is counted

Counting is one transaction of the two rows, so an incident is counted once whatever comes twice.
"""

from collections import Counter
from datetime import datetime, timedelta

from leitplanke.domain.ids import shard_of
from leitplanke.domain.incidents import Incident
from leitplanke.domain.restore_times import WINDOW, RestoreTimes, bucket_of, time_to_restore, window_before
from leitplanke.domain.rules import Priority
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Table
from leitplanke.table.counters import counter

_KIND = "restore_times"
_FORGOTTEN_AFTER = WINDOW + timedelta(days=30)


class RestoreHistogram:
    """Times to restore of the last 90 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, incident: Incident, *, priority: Priority, closed_at: datetime) -> None:
        """Count a closed incident. Repeatable. Raises LostRaceError if others count all the time."""
        bucket = bucket_of(time_to_restore(incident))
        shard = shard_of(incident.incident_id)
        mark = rows.plain_row(
            keys.restore_measured(incident.incident_id), "measured", priority=priority, bucket=bucket
        )
        counted = counter(
            keys.restore_times(priority, shard, closed_at.date()),
            _KIND,
            add={f"b{bucket}": 1},
            ttl=int((closed_at + _FORGOTTEN_AFTER).timestamp()),
        )
        try:
            self._table.transact([Put(row=mark, condition=ABSENT), counted])
        except ConditionFailedError:
            return  # counted before

    def before(self, priority: Priority, moment: datetime) -> RestoreTimes:
        """What was usual in the 90 days up to a moment. One query a shard, of at most 91 small rows."""
        since, until = window_before(moment)
        counts: Counter[int] = Counter()
        for shard in keys.ALL_SHARDS:
            page = self._table.query(
                keys.restore_times_partition(priority, shard),
                between=(f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}"),
            )
            for row in page.rows:
                for name, count in row.items():
                    if name[0] == "b" and name[1:].isdigit():
                        counts[int(name[1:])] += count
        return RestoreTimes(counts=counts)
