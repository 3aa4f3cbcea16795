"""Looks in the table: due rows that say "look at this subject then", swept by the clocks.

A look that comes too often is harmless; one that is missing is not. So whoever moves a look stores the
new one first, and a look is deleted only after its subject was looked at. What is overdue may be armed for
the same moment again meanwhile: `armed_by` is another one then, and the row stays.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from leitplanke.table import keys, rows
from leitplanke.table.client import ConditionFailedError, Delete, Put, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One due row."""

    due: datetime
    subject: str
    armed_by: str = ""


class Looks:
    """All looks of all subjects."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def arm(self, due: datetime, subject: str) -> None:
        """Look at the subject then. The same look twice is one row."""
        self._table.put(Put(row=rows.look_row(due, subject)))

    def due(self, now: datetime, *, page_size: int = 1_000) -> Iterator[Look]:
        """Every look due at `now`, earliest first within each shard. One query a shard when there is none."""
        for shard in keys.ALL_SHARDS:
            after = " "
            while True:
                page = self._table.query(
                    keys.look_partition(shard),
                    between=(after, f"{keys.time_text(now)}~"),
                    limit=page_size,
                )
                for row in page.rows:
                    yield Look(
                        due=rows.time_of(row["due"]), subject=row["subject"], armed_by=row.get("armed_by", "")
                    )
                if not page.more:
                    break
                after = page.rows[-1]["sk"] + " "

    def done(self, looks: Iterable[Look]) -> None:
        """These were looked at. One that was armed anew meanwhile stays."""
        for look in looks:
            key = keys.look(look.due, look.subject)
            values = {"armed_by": look.armed_by} if look.armed_by else {}
            condition = "armed_by = :armed_by" if look.armed_by else None
            try:
                self._table.delete(Delete(key=key, condition=condition, values=values))
            except ConditionFailedError:
                continue
