"""Records become rows and come back: every field has its column, nothing is lost, nothing is mixed up."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.events import Link
from leitplanke.domain.incidents import Change, CutOff, Incident, KnownWorkaround
from leitplanke.domain.problems import Problem
from leitplanke.domain.rules import Lane, Priority
from leitplanke.domain.services import ServiceState
from leitplanke.table import rows
from leitplanke.table.client import decode_row, difference, encode_row
from leitplanke.table.keys import Key

RECORDS = list(rows.COLUMNS)
_KEPT_FOR_THE_TABLE = {
    "pk",
    "sk",
    "type",
    "schema",
    "ttl",
    *(f"gsi{n}{part}" for n in range(1, 5) for part in ("pk", "sk")),
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXTS.filter(bool)
"""What the door never leaves empty."""
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
BAGS = st.dictionaries(TEXTS, TEXTS, max_size=4)
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: NAMES,
    int: st.integers(0, 10**12),
    bool: st.booleans(),
    datetime: MOMENTS,
    dict[str, str]: BAGS,
    Mapping[str, Any]: BAGS,
    tuple[str, ...]: st.lists(NAMES, max_size=3).map(tuple),
    tuple[Link, ...]: st.lists(st.builds(Link, href=NAMES, text=TEXTS), max_size=3).map(tuple),
    tuple[CutOff, ...]: st.lists(st.builds(CutOff, name=NAMES, heads=st.integers(0, 10**9)), max_size=3).map(
        tuple
    ),
    KnownWorkaround: st.builds(
        KnownWorkaround,
        text=NAMES,
        incident_id=NAMES,
        used=st.integers(0),
        worked=st.integers(0),
        last_at=MOMENTS,
    ),
    Priority: st.sampled_from(typing.get_args(Priority)),
    Lane: st.sampled_from(typing.get_args(Lane)),
}


def _values(kind: Any) -> st.SearchStrategy[Any]:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return st.one_of(
            [st.none() if one is types.NoneType else _values(one) for one in typing.get_args(kind)]
        )
    found = _BY_TYPE.get(kind)
    return found if found is not None else st.sampled_from(kind)


@cache
def _records(kind: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    fields = {one.name: _values(hints[one.name]) for one in dataclasses.fields(kind)}
    return st.fixed_dictionaries(fields).map(lambda values: kind(**values))


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_has_its_column_and_no_column_is_without_a_field(record: type) -> None:
    assert list(rows.COLUMNS[record]) == [one.name for one in dataclasses.fields(record)]


@pytest.mark.parametrize("record", RECORDS)
def test_no_two_fields_share_an_attribute_nor_take_one_that_the_table_needs(record: type) -> None:
    attributes = [column.attribute for column in rows.COLUMNS[record].values()]

    assert len(set(attributes)) == len(attributes)
    assert not _KEPT_FOR_THE_TABLE & set(attributes)


@given(_records(Alert))
def test_an_alert_comes_back_as_it_was(alert: Alert) -> None:
    assert rows.alert_of(decode_row(encode_row(rows.alert_row(alert)))) == alert


@given(_records(Incident))
def test_an_incident_comes_back_as_it_was(incident: Incident) -> None:
    assert rows.incident_of(decode_row(encode_row(rows.incident_row(incident)))) == incident


@given(_records(Problem))
def test_a_problem_comes_back_as_it_was(problem: Problem) -> None:
    assert rows.problem_of(decode_row(encode_row(rows.problem_row(problem)))) == problem


@given(_records(ServiceState))
def test_a_service_comes_back_as_it_was(state: ServiceState) -> None:
    assert rows.service_of(decode_row(encode_row(rows.service_row(state)))) == state


@given(_records(Change), st.integers(1, 10**6))
def test_a_line_of_a_timeline_comes_back_as_it_was(change: Change, revision: int) -> None:
    row = decode_row(encode_row(rows.timeline_row(Key("INCIDENT#1", "INCIDENT"), revision, change)))

    assert rows.timeline_of(row) == rows.TimelineEntry(revision=revision, change=change)


@given(_records(Alert), _records(Alert))
def test_the_difference_makes_one_row_into_the_other(one: Alert, other: Alert) -> None:
    before, after = decode_row(encode_row(rows.alert_row(one))), rows.alert_row(other)

    changed, removed = difference(before, after)

    made = {name: value for name, value in {**before, **changed}.items() if name not in removed}
    assert decode_row(encode_row(made)) == decode_row(encode_row(after))


@given(_records(Alert))
def test_an_alert_is_in_its_incidents_index_only_while_it_fires(alert: Alert) -> None:
    row = rows.alert_row(alert)

    assert ("gsi1pk" in row) == (alert.state is AlertState.FIRING and alert.incident_id is not None)


@given(_records(Alert), st.integers(-5, 5))
def test_only_an_alert_that_is_over_is_forgotten_thirty_days_after_it_was_last_heard(
    alert: Alert, seconds: int
) -> None:
    row = rows.alert_row(alert)
    forgotten_at = (alert.last_seen_at + timedelta(days=30)).replace(microsecond=0)

    expected = alert.state is AlertState.RESOLVED and seconds >= 0
    assert rows.is_expired(row, forgotten_at + timedelta(seconds=seconds)) == expected


@given(
    _records(Alert), st.sampled_from(["last_seen_at", "expires_at", "occurrences", "title", "annotations"])
)
def test_what_a_repetition_moves_is_in_no_index_key(alert: Alert, moved: str) -> None:
    other = dataclasses.replace(alert, **{moved: getattr(_OTHER, moved)})

    keys = [name for name in _KEPT_FOR_THE_TABLE if name != "ttl"]
    assert [rows.alert_row(alert).get(key) for key in keys] == [
        rows.alert_row(other).get(key) for key in keys
    ]


_OTHER = Alert(
    **{
        **{one.name: None for one in dataclasses.fields(Alert)},
        "last_seen_at": datetime(2026, 1, 1, tzinfo=UTC),
        "expires_at": datetime(2026, 1, 2, tzinfo=UTC),
        "occurrences": 7,
        "title": "another",
        "annotations": {"a": "b"},
    }
)
