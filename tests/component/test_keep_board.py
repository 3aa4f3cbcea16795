"""Where incidents stand on the board: exact whatever comes twice, late, at once, or dies half-way."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.aws import Aws
from leitplanke.domain.board import Column, place_of
from leitplanke.domain.errors import LeitplankeError
from leitplanke.domain.ids import shard_of
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.trends import tally
from leitplanke.table import keys, rows
from leitplanke.table.board import Board
from leitplanke.table.client import Put, Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.trends import Trends
from leitplanke.usecases.keep_board import BoardKeeper
from tests.model.engine import TableEngine
from tests.support.clients import own_client
from tests.support.incidents import NOW, in_state, incident

Places = dict[Column, list[str]]
Trend = dict[Any, Any]


@pytest.fixture(scope="module")
def moto() -> TableEngine:
    return TableEngine()


@pytest.fixture
def table(moto: TableEngine) -> Table:
    return Table(moto.client, moto.new_table())


def keeper(table: Table) -> BoardKeeper:
    return BoardKeeper(incidents=Incidents(table), board=Board(table))


def store(table: Table, *incidents: Incident) -> None:
    for one in incidents:
        table.put(Put(row=rows.incident_row(one)))


def subjects(*incidents: Incident) -> list[str]:
    return [f"incident/{one.incident_id}" for one in incidents]


def shown(table: Table) -> tuple[Places, dict[str, int], Trend]:
    """What the board has: ids by column in order, its counts, and what closed incidents add up to."""
    board = Board(table)
    places = {
        column: list(found) for column in Column if (found := board.standing(column, limit=1_000).items)
    }
    counts = board.overview().counts
    return (
        places,
        {
            f"{column} {priority}": number
            for column, by_priority in counts.items()
            for priority, number in by_priority.items()
            if number
        },
        added_up(table),
    )


def added_up(table: Table) -> Trend:
    """What was counted, by day, and what was lost, by day, service and cause."""
    found = Trends(table).counted(NOW.date() - timedelta(days=400), NOW.date() + timedelta(days=400))
    lost: Counter[Any] = Counter()
    for one in found.losses:
        lost[one.day, one.service, one.cause] += one.customer_minutes
    return {**found.tallies, **lost}


def expected(incidents: list[Incident]) -> tuple[Places, dict[str, int], Trend]:
    """What it has to have, from the incidents themselves."""
    standing = [(place, one) for one in incidents if (place := place_of(one)) is not None]
    standing.sort(key=lambda pair: (pair[0].priority, pair[0].opened_at, pair[1].incident_id))
    places: Places = {}
    for place, one in standing:
        places.setdefault(place.column, []).append(one.incident_id)
    counts = dict(Counter(f"{place.column} {place.priority}" for place, _ in standing))
    days: dict[date, Counter[str]] = defaultdict(Counter)
    lost: Counter[Any] = Counter()
    for one in incidents:
        if (counted := tally(one)) is not None:
            days[counted.day].update(counted.counts)
            lost[counted.day, counted.service, counted.cause] += counted.customer_minutes
    return places, counts, {**days, **+lost}


def test_the_most_urgent_stand_first_and_of_those_the_one_that_waits_longest(table: Table) -> None:
    usual = incident(lane="standard")
    late = replace(usual, incident_id="late", priority="P2", opened_at=NOW)
    early = replace(usual, incident_id="early", priority="P2", opened_at=NOW - timedelta(hours=1))
    urgent = replace(usual, incident_id="urgent", priority="P1", opened_at=NOW + timedelta(hours=1))
    store(table, late, early, urgent)
    keeper(table).keep(subjects(late, early, urgent))

    board = Board(table)
    assert board.standing(Column.STANDARD, limit=10).items == ("urgent", "early", "late")
    first = board.standing(Column.STANDARD, limit=2)
    assert (first.items, board.standing(Column.STANDARD, limit=2, after=first.next_mark).items) == (
        ("urgent", "early"),
        ("late",),
    )
    assert board.overview().counts == {Column.STANDARD: {"P1": 1, "P2": 2}}


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({}, Column.UNROUTED),
        ({"lane": "expedite"}, Column.EXPEDITE),
        ({"lane": "backlog", "state": IncidentState.ACKNOWLEDGED}, Column.BACKLOG),
        ({"lane": "expedite", "suppressed_until": NOW}, Column.SUPPRESSED),
        ({"lane": "expedite", "suppressed_until": NOW, "state": IncidentState.RESTORED}, Column.RESTORED),
        ({"lane": "expedite", "state": IncidentState.CLOSED}, None),
    ],
)
def test_an_incident_stands_in_one_column(
    table: Table, fields: dict[str, Any], column: Column | None
) -> None:
    one = incident(**fields)
    store(table, one)
    keeper(table).keep(subjects(one))
    assert list(shown(table)[0]) == ([] if column is None else [column])


STATES = st.builds(
    lambda state, lane, priority, silent, minutes: {
        "state": state,
        "heads": minutes % 7,
        "hand_overs": minutes % 3,
        "acknowledged_at": NOW + timedelta(minutes=minutes % 90),
        "restored_at": NOW + timedelta(minutes=minutes),
        "closed_at": NOW + timedelta(minutes=2 * minutes) if state is IncidentState.CLOSED else None,
        "lane": lane,
        "priority": priority,
        "suppressed_until": NOW if silent else None,
    },
    st.sampled_from(IncidentState),
    st.sampled_from(["expedite", "standard", "backlog", None]),
    st.sampled_from(["P1", "P3", None]),
    st.booleans(),
    st.integers(0, 6_000),
)
STEPS = st.lists(st.tuples(st.integers(0, 4), STATES | st.none(), st.sets(st.integers(0, 4))), max_size=25)


@given(steps=STEPS)
@settings(max_examples=40)
def test_after_the_last_message_the_board_is_what_the_incidents_are(
    moto: TableEngine, steps: list[tuple[int, dict[str, Any] | None, set[int]]]
) -> None:
    """Messages come when they like, about any of them, again and again; the last ones come in the end."""
    table = Table(moto.client, moto.new_table())
    current = [incident(incident_id=f"inc-{number}") for number in range(5)]
    store(table, *current)
    for number, change, told in steps:
        before = current[number]
        if (
            before.state is IncidentState.CLOSED
        ):  # nothing moves it any more; remarks and links are still made
            current[number] = replace(before, revision=before.revision + 1, problem_id="prob-1")
        elif change is not None:
            current[number] = replace(before, **change, revision=before.revision + 1)
        store(table, current[number])
        keeper(table).keep(subjects(*(current[one] for one in told)))
    keeper(table).keep(subjects(*current))

    assert shown(table) == expected(current)


def test_what_is_told_twice_is_one_change_and_one_version(table: Table) -> None:
    one = incident(lane="expedite", priority="P1")
    store(table, one)
    keeper(table).keep(subjects(one, one))
    version = Board(table).overview().version
    keeper(table).keep(subjects(one))
    assert Board(table).overview().version == version


@pytest.mark.parametrize("subject", ["service/vpn", "problem/prb-1", "incident/inc-1"])
def test_whatever_changes_the_board_makes_another_version(table: Table, subject: str) -> None:
    store(table, incident())
    before = Board(table).overview().version
    keeper(table).keep([subject])
    assert Board(table).overview().version != before


def test_a_change_that_moves_nothing_is_another_version_and_no_other_place(table: Table) -> None:
    one = incident(lane="expedite", priority="P1")
    store(table, one)
    keeper(table).keep(subjects(one))
    before, version = shown(table), Board(table).overview().version
    noted = replace(one, revision=2, assignee="Ada Example")
    store(table, noted)
    keeper(table).keep(subjects(noted))
    assert shown(table) == before
    assert Board(table).overview().version != version


def test_what_the_table_does_not_know_keeps_nobody_else_away(table: Table) -> None:
    one = incident(lane="expedite", priority="P1")
    store(table, one)
    keeper(table).keep(["incident/gone", *subjects(one)])
    assert shown(table) == expected([one])


def test_whoever_dies_between_any_two_calls_leaves_nothing_wrong_behind(moto: TableEngine) -> None:
    before = [incident(incident_id=f"inc-{number}", lane="standard", priority="P3") for number in range(8)]
    after = [replace(one, lane="expedite", priority="P1", revision=2) for one in before]
    after[:4] = [in_state(IncidentState.CLOSED, incident_id=one.incident_id, heads=9) for one in before[:4]]
    calls = 1
    while True:
        table = Table(moto.client, moto.new_table())
        store(table, *before)
        keeper(table).keep(subjects(*before))
        store(table, *after)
        with dying_after(moto, calls) as died:
            try:
                keeper(table).keep(subjects(*after))
            except (LeitplankeError, DiedError):
                died()
        keeper(table).keep(subjects(*after))
        assert shown(table) == expected(after), f"died after {calls} calls"
        if not died.was:
            break
        calls += 1
    assert calls > 4


class DiedError(Exception):
    """The process is gone, though its last call was done."""


class dying_after:  # noqa: N801 - reads as a clause
    """Ends the process after so many calls to the table."""

    def __init__(self, moto: TableEngine, calls: int) -> None:
        self._events = moto.client.meta.events
        self._left = calls
        self.was = False

    def __enter__(self) -> "dying_after":
        self._events.register("after-call.dynamodb", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister("after-call.dynamodb", self._count)

    def __call__(self) -> None:
        self.was = True

    def _count(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            raise DiedError


def test_sixteen_at_once_count_every_incident_once(aws: Aws, table_name: str) -> None:
    table = Table(own_client(aws.url), table_name)
    chance = random.Random(7)  # noqa: S311 - a test's dice
    current = [
        incident(incident_id=f"inc-{number}", lane=chance.choice(["expedite", "backlog"]), priority="P2")
        for number in range(60)
    ]
    store(table, *current)

    def work(seed: int) -> None:
        own, dice = keeper(Table(own_client(aws.url), table_name)), random.Random(seed)  # noqa: S311
        told = dice.sample(subjects(*current), 60)
        for start in range(0, 60, 12):
            until_done(lambda: own.keep(told[start : start + 12]))  # noqa: B023 - called at once

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert shown(table) == expected(current)


def until_done(do: Callable[[], object]) -> None:
    """As a queue does: what fails comes again."""
    for _ in range(50):
        try:
            do()
        except LeitplankeError:
            continue
        return
    raise AssertionError("never done")


@pytest.fixture(scope="module", params=[20, 2_000])
def filled(moto: TableEngine, request: pytest.FixtureRequest) -> Table:
    """A board with this many incidents."""
    table = Table(moto.client, moto.new_table())

    def places() -> Iterator[dict[str, Any]]:
        for number in range(request.param):
            yield rows.plain_row(
                keys.board_place("expedite", "P1", NOW + timedelta(seconds=number), f"inc-{number}"),
                "board_place",
            )

    moto.fill(table.name, places())
    return table


def test_reading_the_board_costs_the_same_however_many_there_are(filled: Table, moto: TableEngine) -> None:
    seen: Counter[str] = Counter()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen[model.name] += 1
        seen["rows asked for"] += int(params.get("Limit", 0))

    moto.client.meta.events.register("before-parameter-build.dynamodb", note)
    try:
        Board(filled).overview()
        Board(filled).standing(Column.EXPEDITE, limit=10)
    finally:
        moto.client.meta.events.unregister("before-parameter-build.dynamodb", note)
    assert seen == {"Query": 5, "rows asked for": 140}


def test_a_storm_of_incidents_shares_transactions(table: Table, moto: TableEngine) -> None:
    many = [incident(incident_id=f"inc-{number}", lane="expedite", priority="P2") for number in range(100)]
    store(table, *many)
    seen: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        seen[model.name] += 1

    moto.client.meta.events.register("before-call.dynamodb", note)
    try:
        keeper(table).keep(subjects(*many))
    finally:
        moto.client.meta.events.unregister("before-call.dynamodb", note)
    # the incidents and where they stood, 100 a call; 99 rows in a transaction, two an incident
    of_shards = Counter(shard_of(one.incident_id) for one in many).values()
    assert seen == {"BatchGetItem": 2, "TransactWriteItems": sum(-(-number // 49) for number in of_shards)}
    assert seen["TransactWriteItems"] <= 6
    assert shown(table) == expected(many)


def test_many_that_close_on_many_days_fit_into_transactions(table: Table) -> None:
    many = [
        in_state(
            IncidentState.CLOSED,
            incident_id=f"inc-{number}",
            heads=3,
            began_at=NOW - timedelta(hours=1),
            closed_at=NOW - timedelta(days=number),
            service=f"service-{number}",
        )
        for number in range(120)
    ]
    store(table, *many)
    keeper(table).keep(subjects(*many))
    assert shown(table) == expected(many)


def test_a_closed_incident_counts_once_whatever_is_written_into_it_later(table: Table) -> None:
    closed = in_state(IncidentState.CLOSED, heads=5)
    for revision in (4, 5, 6):
        store(table, replace(closed, revision=revision))
        keeper(table).keep(subjects(closed))
    assert shown(table) == expected([closed])
    assert sum(added_up(table)[NOW.date()].values()) > 0
