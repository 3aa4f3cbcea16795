"""The board's read model: which incidents stand where, how many, and whether anything changed.

    INCIDENT#<id> / BOARD                                        where it stands, as of which revision
    BOARD#<column>#<shard> / <priority>#<opened_at>#<id>         its place in the column
    BOARD / COUNTS#<shard>                                       how many, by column and priority; `ver`
    TRENDS#<shard> / ...                                         what closed ones add up to: `table.trends`

One transaction moves an incident: from one place to another, both counts, and the version of its shard. Its
condition is that the BOARD row of the incident is as it was read; a move that comes twice, late or out of
order finds it different and does nothing. So the counts are exact, whatever dies between two calls.

    two messages of one incident, at once:
      A reads incident r5, BOARD r4 ──────────────▶ transaction: BOARD is r4? no ──▶ reads again: done
      B    reads incident r6, BOARD r4 ─▶ transaction: BOARD is r4? yes, now r6

Many incidents of a batch share transactions, so a storm writes a shard's counts once for some thirty of them.
Whoever takes a closed incident off the board counts it, and its mark says as what: it counts once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from leitplanke.domain.board import Column, Place, place_of
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.ids import shard_of
from leitplanke.domain.incidents import Incident
from leitplanke.domain.trends import Tally, tally
from leitplanke.table import keys, lists
from leitplanke.table.board_rows import (
    COUNTS_KIND,
    count_name,
    counted_in,
    mark_row,
    place_in,
    place_key,
    place_row,
)
from leitplanke.table.client import ABSENT, ConditionFailedError, Delete, Put, Row, Table, Update, Write
from leitplanke.table.counters import VERSION, counter
from leitplanke.table.trends import trend_writes

_MOST_WRITES = 99
"""Of a transaction, besides the counts: three an incident, and what the closed ones of a day add."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How many incidents stand where, and a version that differs whenever anything changed."""

    version: str
    counts: Mapping[Column, Mapping[str, int]]

    def total(self, column: Column) -> int:
        """How many there are in a column."""
        return sum(self.counts.get(column, {}).values())


class Board:
    """The read model. All raise UnavailableError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def place(self, incidents: Iterable[Incident]) -> None:
        """Put these incidents where they stand now. Repeatable. Raises LostRaceError if one moved meanwhile.

        Cost: one batch read per 100; a row an incident, three where it moves; the counts once per some 30 of
        a shard, and likewise the day on which incidents were closed. In transactions, so twice.
        """
        newest = {one.incident_id: one for one in incidents}
        found = self._table.get_many(keys.board_mark(ident) for ident in newest)
        moves: dict[int, list[_Move]] = defaultdict(list)
        for ident, incident in newest.items():
            move = _Move(incident=incident, before=found.get(keys.board_mark(ident)))
            if move.is_news:
                moves[shard_of(ident)].append(move)
        lost = [ident for shard, some in moves.items() for ident in self._move_all(shard, some)]
        if lost:
            raise LostRaceError(f"places of {len(lost)} incidents, {lost[0]} among them")

    def touch(self, subject: str) -> None:
        """Something else changed that the board shows: a service, a problem. Twice is one version more."""
        self._table.update(_counts(shard_of(subject), Counter()))

    def overview(self) -> Overview:
        """One query of as many rows as there are shards."""
        versions: list[str] = []
        counts: dict[Column, Counter[str]] = defaultdict(Counter)
        for row in self._table.query(keys.BOARD_PARTITION, begins_with=keys.BOARD_COUNTS).rows:
            versions.append(f"{str(row['sk'])[len(keys.BOARD_COUNTS) :]}.{row[VERSION]}")
            for name, number in row.items():
                column, is_count, priority = name.partition("/")
                if is_count:
                    counts[Column(column)][priority] += number
        return Overview(version="-".join(versions), counts=counts)

    def standing(self, column: Column, *, limit: int, after: str | None = None) -> lists.Listing[str]:
        """Ids of the incidents in a column, the most urgent first. One query a shard."""
        partitions = [keys.board_partition(column, shard) for shard in keys.ALL_SHARDS]
        return lists.merged(
            self._table,
            partitions,
            limit=limit,
            after=after,
            read=lambda row: str(row["sk"]).split("#", 2)[2],
        )

    def _move_all(self, shard: int, moves: Sequence["_Move"]) -> list[str]:
        """Returns the incidents that somebody else moved meanwhile."""
        lost: list[str] = []
        for together in _chunks(shard, moves):
            try:
                self._table.transact(_writes(shard, together))
            except ConditionFailedError:
                # One of them moved: the others go alone, so that a neighbour does not hold them up.
                lost.extend(one.incident.incident_id for one in together if not self._moved(shard, one))
        return lost

    def _moved(self, shard: int, move: "_Move") -> bool:
        try:
            self._table.transact(_writes(shard, [move]))
        except ConditionFailedError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """An incident, and the BOARD row as it was read."""

    incident: Incident
    before: Row | None

    @property
    def is_news(self) -> bool:
        """Whether the board knows less than the incident says."""
        return self.before is None or int(self.before["revision"]) < self.incident.revision

    @property
    def counted(self) -> tuple[Tally | None, Tally | None]:
        """As what trends have it, and as what they shall."""
        return counted_in(self.before), tally(self.incident)

    @property
    def left(self) -> Place | None:
        """Where it stood."""
        return place_in(self.before)

    def writes(self) -> list[Write]:
        """The BOARD row, and its place if that is another one.

        Only the first has a condition: whoever wins it alone knows what the others have to be.
        """
        ident, left, taken = self.incident.incident_id, self.left, place_of(self.incident)
        mark = mark_row(self.incident)
        if self.before is None:
            written: list[Write] = [Put(row=mark, condition=ABSENT)]
        else:
            as_read = {"before": self.before["revision"]}
            written = [Put(row=mark, condition="revision = :before", values=as_read)]
        if left == taken:
            return written
        if left is not None:
            written.append(Delete(key=place_key(left, ident)))
        if taken is not None:
            written.append(Put(row=place_row(taken, ident)))
        return written


def _writes(shard: int, moves: Sequence[_Move]) -> list[Write]:
    delta: Counter[str] = Counter()
    for move in moves:
        for place, by in ((move.left, -1), (place_of(move.incident), 1)):
            if place is not None:
                delta[count_name(place)] += by
    return [
        *(write for move in moves for write in move.writes()),
        _counts(shard, delta),
        *trend_writes(shard, [move.counted for move in moves]),
    ]


def _chunks(shard: int, moves: Sequence[_Move]) -> Iterator[Sequence[_Move]]:
    """As many of them at a time as a transaction takes."""
    together: list[_Move] = []
    room = _MOST_WRITES
    for move in moves:
        needed = len(move.writes()) + len(trend_writes(shard, [move.counted]))
        if needed > room:
            yield together
            together, room = [], _MOST_WRITES
        together.append(move)
        room -= needed
    if together:
        yield together


def _counts(shard: int, delta: Mapping[str, int]) -> Update:
    changed = {name: by for name, by in delta.items() if by}
    return counter(keys.board_counts(shard), COUNTS_KIND, add={VERSION: 1, **changed})
