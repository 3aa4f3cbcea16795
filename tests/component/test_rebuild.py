"""`make rebuild`: whatever is wrong with the board is found and mended, while everybody goes on working."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rebuild import command
from infra.rebuild.command import look_once, rebuilt
from infra.rebuild.differences import Look
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.table import keys
from leitplanke.table.client import PRESENT, ConditionFailedError, Delete, Put, Table, Update
from tests.component.test_keep_board import added_up, expected, keeper, shown, store, subjects
from tests.model.engine import TableEngine
from tests.support.incidents import NOW, in_state, incident


@pytest.fixture(scope="module")
def moto() -> TableEngine:
    return TableEngine()


@pytest.fixture
def table(moto: TableEngine) -> Table:
    return Table(moto.client, moto.new_table())


def some(number: int = 12) -> list[Incident]:
    """A third of them closed, on different days; of the others, some in each lane."""
    lanes = ["expedite", "standard", "backlog"]
    return [
        in_state(
            IncidentState.CLOSED,
            incident_id=f"inc-{one:03}",
            heads=one,
            began_at=NOW - timedelta(hours=one),
            closed_at=NOW - timedelta(days=one % 5),
        )
        if one % 3 == 0
        else incident(incident_id=f"inc-{one:03}", lane=lanes[one % 3], priority=f"P{one % 4 + 1}")
        for one in range(number)
    ]


def shown_rows(table: Table) -> list[keys.Key]:
    """Every row of the read model."""
    partitions = [
        keys.BOARD_PARTITION,
        *(keys.trends_partition(shard) for shard in keys.ALL_SHARDS),
        *(
            keys.board_partition(column, shard)
            for column in ("expedite", "standard", "backlog")
            for shard in keys.ALL_SHARDS
        ),
    ]
    return [
        keys.Key(row["pk"], row["sk"])
        for partition in partitions
        for row in table.query(partition, limit=1_000).rows
    ]


def test_what_is_right_stays_as_it_is(table: Table) -> None:
    all_of_them = some()
    store(table, *all_of_them)
    keeper(table).keep(subjects(*all_of_them))
    before = [table.get(key) for key in shown_rows(table)]
    assert rebuilt(table) == 0
    assert [table.get(key) for key in shown_rows(table)] == before


def test_a_board_that_is_gone_comes_back_from_the_incidents(table: Table) -> None:
    all_of_them = some()
    store(table, *all_of_them)
    assert look_once(table, mend=False) == len(all_of_them)
    assert rebuilt(table) == 0
    assert shown(table) == expected(all_of_them)
    assert look_once(table, mend=False) == 0


SPOILING: dict[str, Callable[[Table, Incident, Incident], None]] = {
    "a place is gone": lambda table, live, _: table.transact([Delete(key=place_of_(table, live))]),
    "a mark is gone": lambda table, live, _: table.transact([Delete(key=keys.board_mark(live.incident_id))]),
    "a place too many": lambda table, live, _: table.put(
        Put(
            row={
                "pk": keys.board_partition("backlog", 0),
                "sk": f"P1#{keys.time_text(NOW)}#inc-gone",
                "type": "board_place",
            }
        )
    ),
    "counts are wrong": lambda table, live, _: table.update(
        Update(key=keys.board_counts(0), add={"ver": 1, "standard/P9": 7}, condition=PRESENT)
    ),
    "counts are gone": lambda table, live, _: table.transact([Delete(key=keys.board_counts(1))]),
    "a day is gone": lambda table, _, closed: table.transact([Delete(key=day_of(table, closed))]),
    "a day is wrong": lambda table, _, closed: table.update(
        Update(key=day_of(table, closed), add={"ver": 1, "closed/P1": 3}, condition=PRESENT)
    ),
    "a day too many": lambda table, _, closed: table.put(
        Put(
            row={
                "pk": keys.trends_partition(2),
                "sk": "2020-01-01",
                "type": "trend_day",
                "ver": 1,
                "minutes": 4,
            }
        )
    ),
    "it was never counted": lambda table, _, closed: table.update(
        Update(key=keys.board_mark(closed.incident_id), remove=["counted"], condition=PRESENT)
    ),
}


def place_of_(table: Table, one: Incident) -> keys.Key:
    mark = table.get(keys.board_mark(one.incident_id))
    assert mark is not None
    return keys.board_place(
        mark["column"], mark["priority"], datetime.fromisoformat(mark["opened_at"]), one.incident_id
    )


def day_of(table: Table, closed: Incident) -> keys.Key:
    (key,) = [
        key
        for shard in keys.ALL_SHARDS
        if closed.closed_at is not None
        and table.get(key := keys.trend_day(shard, closed.closed_at.date())) is not None
    ][:1]
    return key


@pytest.mark.parametrize("how", SPOILING)
def test_whatever_was_spoilt_is_found_and_mended(table: Table, how: str) -> None:
    all_of_them = some()
    store(table, *all_of_them)
    keeper(table).keep(subjects(*all_of_them))
    SPOILING[how](table, all_of_them[1], all_of_them[0])
    assert look_once(table, mend=False) > 0
    assert rebuilt(table) == 0
    assert shown(table) == expected(all_of_them)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_any_rows_may_be_lost(moto: TableEngine, seed: int) -> None:
    table, dice = Table(moto.client, moto.new_table()), random.Random(seed)  # noqa: S311 - a test's dice
    all_of_them = some()
    store(table, *all_of_them)
    keeper(table).keep(subjects(*all_of_them))
    marks = [keys.board_mark(one.incident_id) for one in all_of_them]
    for key in dice.sample([*shown_rows(table), *marks], 8):
        table.transact([Delete(key=key)])
    assert rebuilt(table) == 0
    assert shown(table) == expected(all_of_them)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_whatever_happens_meanwhile_is_neither_lost_nor_counted_twice(moto: TableEngine, seed: int) -> None:
    """Between any two steps of it somebody else moves an incident, and its message comes, or comes later."""
    table, dice = Table(moto.client, moto.new_table()), random.Random(seed)  # noqa: S311 - a test's dice
    current = {one.incident_id: one for one in some()}
    store(table, *current.values())
    late: list[str] = []

    def somebody_works() -> None:
        one = current[dice.choice(list(current))]
        if one.state is IncidentState.CLOSED:
            moved = replace(one, revision=one.revision + 1, problem_id="prob-1")
        else:
            fields = {"closed_at": NOW, "restored_at": NOW, "closed_by": "Ada Example"}
            moved = in_state(IncidentState.CLOSED, incident_id=one.incident_id, **fields)
            moved = replace(moved, revision=one.revision + 1)
        current[one.incident_id] = moved
        store(table, moved)
        if dice.random() < 0.7:
            keeper(table).keep(subjects(moved))
        else:
            late.append(one.incident_id)

    for number, difference in enumerate(Look(table=table, now=datetime.now(UTC)).differences()):
        if number < 20:
            somebody_works()
        try:
            difference.mend()
        except ConditionFailedError:
            continue
    keeper(table).keep([f"incident/{ident}" for ident in late])
    assert rebuilt(table) == 0
    assert shown(table) == expected(list(current.values()))


def test_what_is_on_its_way_is_no_difference(table: Table) -> None:
    now = datetime.now(UTC)
    store(table, incident(lane="expedite", changed_at=now), incident(incident_id="old", lane="standard"))
    found = [one.what for one in Look(table=table, now=now).differences()]
    assert found == ["incident old is not shown as it is"]


def test_it_gives_up_on_what_never_stands_still_and_says_how_much(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(table, *some(3))
    monkeypatch.setattr(command, "look_once", lambda *_args, **_kwargs: 2)
    assert rebuilt(table) == 2


def test_trends_follow_what_is_found_out_after_the_close(table: Table) -> None:
    closed = in_state(IncidentState.CLOSED, heads=5)
    store(table, closed)
    keeper(table).keep(subjects(closed))
    assert "recurring" not in added_up(table)[closed.closed_at.date()]  # type: ignore[union-attr]
    linked = replace(closed, revision=closed.revision + 1, problem_id="prob-1")
    store(table, linked)
    for _ in range(2):
        keeper(table).keep(subjects(linked))
    assert added_up(table)[closed.closed_at.date()]["recurring"] == 1  # type: ignore[union-attr]
    assert rebuilt(table) == 0
