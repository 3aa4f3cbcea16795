import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.wire.plain import FIELDS, WIRE
from tests.unit.wire.calls import NOW, call, read
from tests.unit.wire.strategies import VALUES, bodies, objects

SMALLEST = {"alert_key": "gw-1/tunnel", "title": "Gateway gw-1 is down"}


def _one(**changes: Any) -> Event:
    intake = read(WIRE, {**SMALLEST, **changes})
    assert intake.rejected == ()
    return intake.events[0]


def _reason(**changes: Any) -> tuple[str, str]:
    intake = read(WIRE, {**SMALLEST, **changes})
    assert intake.events == ()
    assert intake.answer.status == 400
    return intake.rejected[0].field, intake.rejected[0].reason


def test_a_key_and_a_title_are_enough() -> None:
    event = _one()
    assert (event.sender, event.action, event.alert_key) == ("json", Action.TRIGGER, "gw-1/tunnel")
    assert event.title == event.symptom == "Gateway gw-1 is down"
    assert event.severity is Severity.ERROR
    assert event.state_time == event.occurred_at == NOW


def test_everything_can_be_said() -> None:
    event = _one(
        action="trigger",
        symptom="Tunnel down",
        severity="warning",
        service="vpn",
        labels={"host": "gw-1"},
        annotations={"note": "since the update"},
        links=[{"href": "https://wiki.example/gw", "text": "How to"}, "https://logs.example"],
        occurred_at="2026-03-11T11:58:00Z",
        expires_at="2026-03-11T12:10:00Z",
        by="Robin Example",
    )
    assert (event.symptom, event.severity) == ("Tunnel down", Severity.WARNING)
    assert event.labels == {"service": "vpn", "host": "gw-1"}
    assert event.annotations == {"note": "since the update"}
    assert [link.href for link in event.links] == ["https://wiki.example/gw", "https://logs.example"]
    assert event.state_time == event.occurred_at == datetime(2026, 3, 11, 11, 58, tzinfo=UTC)
    assert event.expires_at == datetime(2026, 3, 11, 12, 10, tzinfo=UTC)
    assert event.by == "Robin Example"


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_need_only_the_key(action: str) -> None:
    intake = read(WIRE, {"alert_key": "gw-1/tunnel", "action": action})
    assert intake.events[0].action is Action(action)


@pytest.mark.parametrize(
    "wrap", [lambda items: items, lambda items: {"events": items}], ids=["array", "events"]
)
def test_several_may_come_at_once(wrap: Any) -> None:
    intake = read(WIRE, wrap([SMALLEST, {**SMALLEST, "alert_key": "gw-2"}]))
    assert [event.alert_key for event in intake.events] == ["gw-1/tunnel", "gw-2"]


def test_the_answer_is_202_because_it_is_stored_and_not_yet_judged() -> None:
    answer = read(WIRE, SMALLEST).answer
    assert answer.status == 202
    assert answer.body == '{"accepted":1,"rejected":[],"rejected_count":0,"ignored":[]}'


def test_a_field_we_do_not_know_is_named_so_that_a_typing_error_is_not_silent() -> None:
    answer = read(WIRE, {**SMALLEST, "sevrity": "critical"}).answer
    assert answer.status == 202
    assert json.loads(answer.body)["ignored"] == ["sevrity"]


def test_the_service_may_also_be_a_label() -> None:
    assert _one(labels={"service": "vpn"}).labels == {"service": "vpn"}
    assert _one(service="vpn", labels={"service": "mail"}).labels == {"service": "vpn"}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"alert_key": ""}, "events[0].alert_key", "alert_key is missing"),
        ({"title": ""}, "events[0].title", "a trigger needs a title"),
        ({"action": "explode"}, "events[0].action", "'explode' is no action"),
        ({"severity": "purple"}, "events[0].severity", "'purple' is no severity"),
        ({"labels": "vpn"}, "events[0].labels", "events[0].labels is text"),
        ({"labels": {"a": []}}, "events[0].labels.a", "label 'a' is an array"),
        ({"occurred_at": "soon"}, "events[0].occurred_at", "'soon' is not a time"),
        ({"expires_at": {}}, "events[0].expires_at", "'{}' is not a time"),
    ],
)
def test_a_wrong_field_is_named_with_its_reason(changes: dict[str, Any], field: str, reason: str) -> None:
    assert _reason(**changes) == (field, reason)


def test_a_key_beyond_the_limit_is_refused() -> None:
    field, reason = _reason(alert_key="x" * 1_025)
    assert field == "events[0]"
    assert reason.startswith("alert_key: ")


def test_a_good_item_is_accepted_though_its_neighbour_is_not() -> None:
    intake = read(WIRE, [{"title": "no key"}, SMALLEST])
    assert intake.answer.status == 202
    assert json.loads(intake.answer.body)["rejected"][0]["field"] == "events[0].alert_key"
    assert len(intake.events) == 1


@pytest.mark.parametrize("body", ["text", None, 5, {"events": {}}])
def test_a_body_of_another_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(WIRE, body)
    assert WIRE.unreadable(caught.value).status == 400


@given(bodies(st.one_of(objects(*FIELDS, "events"), st.lists(objects(*FIELDS), max_size=4), VALUES)))
def test_whatever_comes_is_taken_or_rejected_with_a_reason(body: bytes) -> None:
    try:
        intake = WIRE.read(call(body))
    except InvalidInputError as error:
        assert WIRE.unreadable(error).status == 400
        return
    assert intake.answer.status == (400 if intake.rejected and not intake.events else 202)
    assert all(item.reason and item.remedy for item in intake.rejected)
    assert all(len(event.model_dump_json()) < 200_000 for event in intake.events)
