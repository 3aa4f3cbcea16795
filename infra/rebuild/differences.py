"""Where the board differs from the incidents, and what mends each difference while everybody goes on working.

    incidents ──▶ marks ──▶ places        an incident's mark says where it stands; its place is a row there
                    ├─────▶ counts        how many places a column has, by priority
                    └─────▶ trends        what closed incidents add up to by day

Whatever mends has the condition that what it rests on is as it was read: the mark's revision, or the version
of a row that is added to. Whoever moves an incident meanwhile wins, and the difference is looked for once
more. So nothing is lost and nothing counts twice, and a rebuild may be ended and begun again at any moment.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from leitplanke.domain.board import Column, place_of
from leitplanke.domain.ids import shard_of
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.trends import tally
from leitplanke.table import keys, rows
from leitplanke.table.board import Board
from leitplanke.table.board_rows import (
    COUNTED,
    COUNTS_KIND,
    counted_in,
    mark_row,
    place_in,
    place_key,
    place_row,
)
from leitplanke.table.client import ABSENT, Delete, Put, Row, Table, Write
from leitplanke.table.counters import VERSION
from leitplanke.table.incidents import Incidents
from leitplanke.table.trends import trend_rows, trend_writes

ON_ITS_WAY = timedelta(minutes=15)
"""A change that is younger may still be shown by its message; the stream and two queues are rarely slower."""
_PAGE = 100
_PAGE_OF_KEYS = 1_000
_COLUMNS = {column.value for column in Column}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not as it has to be. `mend` raises ConditionFailedError if it changed meanwhile."""

    what: str
    mend: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class Look:
    """One look at everything. `seen` says how many incidents it has come past, for whoever waits."""

    table: Table
    now: datetime
    seen: int = 0

    def differences(self) -> Iterator[Difference]:
        """All of them, as they are found."""
        before = {shard: self._trend_rows(shard) for shard in keys.ALL_SHARDS}
        expected: dict[keys.Key, Row] = {}
        for incidents in self._incidents():
            marks = self.table.get_many(keys.board_mark(one.incident_id) for one in incidents)
            yield from self._unplaced(incidents, marks)
            for mark in marks.values():
                if (counted := counted_in(mark)) is not None:
                    _add(expected, trend_rows(shard_of(_ident(mark)), [counted]))
        yield from self._strays()
        for shard in keys.ALL_SHARDS:
            yield from self._wrong_counts(shard)
            yield from self._wrong_trends(shard, before[shard], expected)

    def _incidents(self) -> Iterator[list[Incident]]:
        """All there are, newest first."""
        incidents, mark = Incidents(self.table), None
        while True:
            page = incidents.listed(states=tuple(IncidentState), limit=_PAGE, before=mark)
            self.seen += len(page.items)
            yield list(page.items)
            mark = page.next_mark
            if mark is None:
                return

    def _unplaced(self, incidents: list[Incident], marks: Mapping[keys.Key, Row]) -> Iterator[Difference]:
        """Incidents that stand elsewhere than they should, and closed ones that no trend has."""
        placed: dict[keys.Key, tuple[Incident, Row]] = {}
        for one in incidents:
            mark = marks.get(keys.board_mark(one.incident_id))
            if mark is None or mark["revision"] < one.revision:
                if self.now - one.changed_at > ON_ITS_WAY:
                    yield Difference(
                        what=f"incident {one.incident_id} is not shown as it is", mend=self._placing(one)
                    )
                continue
            if mark["revision"] > one.revision:
                continue  # it moved since its page was read
            if place_in(mark) != place_of(one):
                yield Difference(
                    what=f"the mark of incident {one.incident_id} names another place",
                    mend=self._marking(one, mark),
                )
            elif (place := place_of(one)) is not None:
                placed[place_key(place, one.incident_id)] = (one, mark)
            if counted_in(mark) != tally(one):
                yield Difference(
                    what=f"incident {one.incident_id} is not in the trends as it is",
                    mend=self._counting(one, mark),
                )
        there = self.table.get_many(placed)
        for key, (one, mark) in placed.items():
            if key not in there:
                yield Difference(
                    what=f"incident {one.incident_id} has lost its place", mend=self._marking(one, mark)
                )

    def _placing(self, incident: Incident) -> Callable[[], None]:
        return lambda: Board(self.table).place([incident])

    def _marking(self, incident: Incident, mark: Row) -> Callable[[], None]:
        """The place as it has to be. Counts follow: they are compared afterwards."""
        made = {
            name: value for name, value in mark.items() if name not in ("column", "priority", "opened_at")
        }
        right = mark_row(incident)
        made |= {name: value for name, value in right.items() if name != COUNTED}
        written: list[Write] = [_as_read(mark, made)]
        left, taken = place_in(mark), place_of(incident)
        if left is not None and left != taken:
            written.append(Delete(key=place_key(left, incident.incident_id)))
        if taken is not None:
            written.append(Put(row=place_row(taken, incident.incident_id)))
        return lambda: self.table.transact(written)

    def _counting(self, incident: Incident, mark: Row) -> Callable[[], None]:
        made = {name: value for name, value in mark.items() if name != COUNTED}
        right = mark_row(incident)
        if COUNTED in right:
            made[COUNTED] = right[COUNTED]
        moved = trend_writes(shard_of(incident.incident_id), [(counted_in(mark), tally(incident))])
        return lambda: self.table.transact([_as_read(mark, made), *moved])

    def _strays(self) -> Iterator[Difference]:
        """Places of incidents that stand elsewhere."""
        for shard in keys.ALL_SHARDS:
            for column in Column:
                for places in self._pages(keys.board_partition(column, shard)):
                    idents = {str(row["sk"]): str(row["sk"]).split("#", 2)[2] for row in places}
                    marks = self.table.get_many(keys.board_mark(ident) for ident in idents.values())
                    for row in places:
                        ident = idents[row["sk"]]
                        yield from self._stray(
                            keys.Key(row["pk"], row["sk"]), ident, marks.get(keys.board_mark(ident))
                        )

    def _stray(self, key: keys.Key, ident: str, mark: Row | None) -> Iterator[Difference]:
        stands = place_in(mark)
        if stands is not None and place_key(stands, ident) == key:
            return
        as_read: Write = (
            Delete(key=keys.board_mark(ident), condition=ABSENT) if mark is None else _as_read(mark, mark)
        )
        yield Difference(
            what=f"incident {ident} has a place in {key.pk} where it does not stand",
            mend=lambda: self.table.transact([as_read, Delete(key=key)]),
        )

    def _wrong_counts(self, shard: int) -> Iterator[Difference]:
        """Counts that are not those of the places, if nothing moved while they were counted."""
        key = keys.board_counts(shard)
        row = self.table.get(key)
        counted = self._count_places(shard)
        if (self.table.get(key) or {}).get(VERSION) != (row or {}).get(VERSION):
            yield Difference(what=f"the counts of shard {shard} moved while they were compared", mend=_again)
            return
        stored = {name: number for name, number in (row or {}).items() if _is_count(name) and number}
        if stored != counted:
            yield Difference(
                what=f"the counts of shard {shard} are {stored}, and there are {dict(counted)}",
                mend=self._putting(key, row, {"type": COUNTS_KIND, **counted}),
            )

    def _count_places(self, shard: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for column in Column:
            for places in self._pages(keys.board_partition(column, shard)):
                found.update(f"{column}/{str(row['sk']).split('#', 1)[0]}" for row in places)
        return found

    def _wrong_trends(
        self, shard: int, before: Mapping[keys.Key, Row], expected: Mapping[keys.Key, Row]
    ) -> Iterator[Difference]:
        """Rows of a shard that are not what its counted incidents add up to, if they stood still."""
        stored = self._trend_rows(shard)
        wanted = {key: row for key, row in expected.items() if key.pk == keys.trends_partition(shard)}
        for key in sorted({*stored, *wanted}, key=lambda one: one.sk):
            row, earlier = stored.get(key), before.get(key)
            have = {name: value for name, value in (row or {}).items() if name not in _OF_EVERY_ROW and value}
            if have == wanted.get(key, {}):
                continue
            if (row or {}).get(VERSION) != (earlier or {}).get(VERSION):
                yield Difference(what=f"trends of {key.sk} moved while they were compared", mend=_again)
            else:
                yield Difference(
                    what=f"trends of {key.sk}, shard {shard}, differ from the incidents",
                    mend=self._putting(key, row, wanted.get(key)),
                )

    def _putting(
        self, key: keys.Key, row: Row | None, facts: Mapping[str, object] | None
    ) -> Callable[[], None]:
        """The row with these facts in place of the one that was read; none: no row."""
        version = 0 if row is None else int(row.get(VERSION, 0))
        if facts is None:
            gone = Delete(key=key, condition=f"{VERSION} = :seen", values={"seen": version})
            return lambda: self.table.transact([gone])
        kind, others = str(facts["type"]), {name: one for name, one in facts.items() if name != "type"}
        made = rows.plain_row(key, kind, **others, **{VERSION: version + 1})
        if row is None:
            return lambda: self.table.put(Put(row=made, condition=ABSENT))
        written = Put(row=made, condition=f"{VERSION} = :seen", values={"seen": version})
        return lambda: self.table.put(written)

    def _trend_rows(self, shard: int) -> dict[keys.Key, Row]:
        return {
            keys.Key(row["pk"], row["sk"]): row
            for page in self._pages(keys.trends_partition(shard))
            for row in page
        }

    def _pages(self, partition: str) -> Iterator[tuple[Row, ...]]:
        after: str | None = None
        while True:
            page = self.table.query(partition, after=after, limit=_PAGE_OF_KEYS)
            if page.rows:
                yield page.rows
            if not page.more:
                return
            after = str(page.rows[-1]["sk"])


_OF_EVERY_ROW = frozenset({"pk", "sk", "schema", VERSION})


def _is_count(name: str) -> bool:
    return name.partition("/")[0] in _COLUMNS


def _ident(mark: Row) -> str:
    return str(mark["pk"]).partition("#")[2]


def _as_read(mark: Row, made: Row) -> Put:
    """The mark, on the condition that nobody has moved the incident or counted it since."""
    condition, values = "revision = :seen", {"seen": mark["revision"]}
    if COUNTED not in mark:
        return Put(row=made, condition=f"{condition} AND attribute_not_exists({COUNTED})", values=values)
    values["counted"] = mark[COUNTED]
    return Put(row=made, condition=f"{condition} AND {COUNTED} = :counted", values=values)


def _add(total: dict[keys.Key, Row], more: Mapping[keys.Key, Row]) -> None:
    for key, row in more.items():
        have = total.setdefault(key, {})
        for name, value in row.items():
            have[name] = have.get(name, 0) + value if isinstance(value, int) else value


def _again() -> None:
    """Nothing to mend: the next look tells whether it is right."""
