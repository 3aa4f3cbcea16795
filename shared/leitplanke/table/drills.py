"""The last drill that came through: one row."""

from datetime import datetime

from leitplanke.table import keys, rows
from leitplanke.table.client import ConditionFailedError, Put, Table

_LATER = "attribute_not_exists(pk) OR sent_at < :sent_at"
"""Condition: none came through yet, or only older ones."""


class Drills:
    """Whether drills come through."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def came_through(self, sent_at: datetime, *, at: datetime) -> None:
        """The drill sent then was processed `at`. An older one than the last changes nothing."""
        row = rows.plain_row(keys.drill(), "drill", sent_at=sent_at, processed_at=at)
        try:
            self._table.put(Put(row=row, condition=_LATER, values={"sent_at": keys.time_text(sent_at)}))
        except ConditionFailedError:
            return

    def last(self) -> datetime | None:
        """When the last one that came through was sent."""
        row = self._table.get(keys.drill())
        return rows.time_of(row["sent_at"]) if row else None
