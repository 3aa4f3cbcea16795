"""A page of a list costs the same however many incidents there are: reads are counted.

`INCIDENTS=100000 pytest <this file>` plays it with a hundred thousand, which takes the engine two minutes.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.table import rows
from leitplanke.table.client import Table
from leitplanke.usecases.read_incidents import IncidentReader, Wanted
from tests.model.engine import TableEngine
from tests.support.incidents import incident

BEGAN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FEW, MANY = 100, int(os.environ.get("INCIDENTS", "3000"))
QUESTIONS: dict[str, Wanted] = {
    "all": Wanted(states=(IncidentState.OPEN,)),
    "service": Wanted(states=(IncidentState.OPEN,), service="vpn"),
    "team": Wanted(states=(IncidentState.OPEN,), team="network"),
    "lane": Wanted(states=(IncidentState.OPEN,), lane="standard"),
    "priority": Wanted(states=(IncidentState.OPEN,), priority="P2"),
    "assignee": Wanted(states=(IncidentState.OPEN,), assignee="Ada Example"),
    "since": Wanted(states=(IncidentState.OPEN,), since=BEGAN + timedelta(seconds=20)),
    "until": Wanted(states=(IncidentState.OPEN,), until=BEGAN + timedelta(seconds=60)),
}
_LIMIT = 25


def _incidents(count: int) -> Iterator[Incident]:
    usual = incident(
        service="vpn",
        team="network",
        lane="standard",
        priority="P2",
        assignee="Ada Example",
        state=IncidentState.OPEN,
    )
    for number in range(count):
        yield replace(
            usual, incident_id=f"inc{number:07d}", opened_at=BEGAN + timedelta(seconds=number % 3_600)
        )


def _filled(engine: TableEngine, count: int) -> Table:
    table = Table(engine.client, engine.new_table())
    engine.fill(table.name, (rows.incident_row(one) for one in _incidents(count)))
    return table


@pytest.fixture(scope="module")
def engine() -> TableEngine:
    return TableEngine()


def _two_pages(engine: TableEngine, table: Table, wanted: Wanted) -> tuple[Counter[str], int]:
    """What two pages cost, and how many incidents were on them."""
    seen: Counter[str] = Counter()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen[model.name] += 1
        seen["rows asked for"] += int(params.get("Limit", 0))

    engine.client.meta.events.register("provide-client-params.dynamodb", note, unique_id="cost")
    try:
        reader = IncidentReader(table)
        first = reader.listed(wanted, limit=_LIMIT, before=None)
        second = reader.listed(wanted, limit=_LIMIT, before=first.next_mark)
    finally:
        engine.client.meta.events.unregister("provide-client-params.dynamodb", unique_id="cost")
    return seen, len({one.incident_id for one in (*first.items, *second.items)})


def test_two_pages_cost_the_same_with_a_hundred_incidents_and_with_very_many(
    engine: TableEngine,
) -> None:
    few, many = _filled(engine, FEW), _filled(engine, MANY)
    for question, wanted in QUESTIONS.items():
        small, shown = _two_pages(engine, few, wanted)
        large, shown_of_many = _two_pages(engine, many, wanted)
        assert (shown, shown_of_many) == (2 * _LIMIT, 2 * _LIMIT), question
        assert small == large == {"Query": 8, "BatchGetItem": 2, "rows asked for": 8 * _LIMIT}, question
