"""Looks in the table: due rows that say "look at this subject then", swept by the clocks.

A look that comes too often is harmless; one that is missing is not. So whoever moves a look stores the
new one first, and a look is deleted only after its subject was looked at.

`mark` is what its subject was like when the look was armed. Arming the same moment again, while a sweep is
at work on that very row, gives the row another mark, so the sweep does not delete what it has not seen:

       sweep                                  somebody whose alert has promised news by 09:05 as well
       reads the look of 09:05 (mark 4.7)
       looks at the subject, moves its look
                                              arms 09:05 again (mark 4.8)
       deletes 09:05 if its mark is 4.7: no
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from leitplanke.table import keys, rows
from leitplanke.table.client import Put, Row, Table

_UNMARKED = "-"
"""For subjects that are never armed twice for the same moment while it is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One due row."""

    due: datetime
    subject: str
    mark: str


class Looks:
    """All looks of all subjects."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def arm(self, due: datetime, subject: str) -> None:
        """Look at the subject then. The same look twice is one row."""
        self._table.put(Put(row=rows.look_row(due, subject, mark=_UNMARKED)))

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
                yield from (_look_of(row) for row in page.rows)
                if not page.more:
                    break
                after = page.rows[-1]["sk"] + " "

    def left(self, looks: Iterable[Look]) -> list[Look]:
        """Those of these looks that nobody has done meanwhile, as they are now. One batch read per 100."""
        asked = [keys.look(look.due, look.subject) for look in looks]
        found = self._table.get_many(asked)
        return [_look_of(found[key]) for key in asked if key in found]

    def done(self, looks: Sequence[Look]) -> None:
        """These were looked at. 25 a call; one that was armed again meanwhile stays."""
        self._table.execute(
            [
                self._table.delete_statement(keys.look(look.due, look.subject), guard=("mark", look.mark))
                for look in looks
            ]
        )


def _look_of(row: Row) -> Look:
    return Look(due=rows.time_of(row["due"]), subject=row["subject"], mark=row["mark"])
