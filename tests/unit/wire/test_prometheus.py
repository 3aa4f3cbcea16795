import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event
from leitplanke.wire.intake import NO_CAPABILITY, NO_KEY
from leitplanke.wire.prometheus import WIRE
from tests.unit.wire.calls import NOW, call, read
from tests.unit.wire.strategies import LABELS, VALUES, bodies, objects


def _alert(**changes: Any) -> dict[str, Any]:
    """As Prometheus sends it while firing: the end four minutes ahead."""
    alert: dict[str, Any] = {
        "labels": {"alertname": "GatewayDown", "service": "vpn", "severity": "page"},
        "annotations": {"summary": "Gateway is down"},
        "startsAt": "2026-03-11T11:50:00Z",
        "endsAt": "2026-03-11T12:04:00Z",
        "generatorURL": "http://prometheus.example/graph",
    }
    alert.update(changes)
    return {name: value for name, value in alert.items() if value is not None}


def _one(**changes: Any) -> Event:
    intake = read(WIRE, [_alert(**changes)])
    assert intake.rejected == ()
    return intake.events[0]


def test_an_alert_that_ends_in_the_future_fires_and_expires_then() -> None:
    event = _one()
    assert event.sender == "prometheus"
    assert event.action is Action.TRIGGER
    assert event.occurred_at == datetime(2026, 3, 11, 11, 50, tzinfo=UTC)
    assert event.expires_at == datetime(2026, 3, 11, 12, 4, tzinfo=UTC)


def test_a_firing_alert_is_ordered_by_its_start_and_says_that_it_is_repeated() -> None:
    """So that one which timed out and comes back with its old start time is news: see domain.alerts."""
    assert _one().state_time == datetime(2026, 3, 11, 11, 50, tzinfo=UTC)
    assert _one().repeats
    assert not _one(startsAt=None).repeats


@pytest.mark.parametrize("ends_at", ["2026-03-11T12:00:00Z", "2026-03-11T11:55:00Z"])
def test_an_alert_that_ends_now_or_earlier_is_resolved(ends_at: str) -> None:
    event = _one(endsAt=ends_at)
    assert event.action is Action.RESOLVE
    assert event.state_time == event.occurred_at == datetime.fromisoformat(ends_at)
    assert event.expires_at is None


def test_without_an_end_it_expires_after_the_resolve_timeout() -> None:
    assert _one(endsAt=None).expires_at == NOW + timedelta(minutes=5)
    assert _one(endsAt="0001-01-01T00:00:00Z").expires_at == NOW + timedelta(minutes=5)


def test_without_any_time_it_starts_now() -> None:
    event = _one(startsAt=None, endsAt=None)
    assert event.state_time == event.occurred_at == NOW
    assert event.expires_at == NOW + timedelta(minutes=5)


def test_without_a_start_it_starts_when_it_ends_and_is_ordered_by_arrival() -> None:
    event = _one(startsAt=None, endsAt="2026-03-11T11:55:00Z")
    assert event.action is Action.RESOLVE
    assert event.occurred_at == datetime(2026, 3, 11, 11, 55, tzinfo=UTC)
    assert event.state_time == NOW


def test_an_end_before_the_start_is_invalid() -> None:
    intake = read(WIRE, [_alert(startsAt="2026-03-11T11:50:00Z", endsAt="2026-03-11T11:49:59Z")])
    assert intake.events == ()
    assert intake.rejected[0].reason == "start time must be before end time"
    assert intake.rejected[0].field == "alerts[0].startsAt"


def test_an_end_at_the_start_is_valid() -> None:
    assert _one(startsAt="2026-03-11T11:50:00Z", endsAt="2026-03-11T11:50:00Z").action is Action.RESOLVE


def test_a_start_in_the_future_is_cut_to_now() -> None:
    event = _one(startsAt="2026-03-11T13:00:00Z", endsAt="2026-03-11T14:00:00Z")
    assert event.state_time == NOW
    assert event.flags == ("clock_skew",)


def test_an_end_in_the_year_9999_can_still_be_calculated_with() -> None:
    expires_at = _one(endsAt="9999-12-31T23:59:59Z").expires_at
    assert expires_at is not None
    assert expires_at + timedelta(days=365) > NOW


def test_the_full_label_set_is_the_identity_without_empty_values_in_any_order() -> None:
    key = _one(labels={"alertname": "A", "host": "h"}).alert_key
    assert _one(labels={"host": "h", "empty": "", "alertname": "A"}).alert_key == key
    assert _one(labels={"alertname": "A", "host": "h", "more": "x"}).alert_key != key


def test_annotations_are_not_identity() -> None:
    assert _one(annotations={"summary": "now 5 %"}).alert_key == _one(annotations={}).alert_key


@given(LABELS, st.randoms())
def test_no_order_of_labels_changes_the_identity(labels: dict[str, str], random: Any) -> None:
    shuffled = list(labels.items())
    random.shuffle(shuffled)
    assert _one(labels=labels).alert_key == _one(labels=dict(shuffled)).alert_key


@pytest.mark.parametrize("labels", [{}, {"alertname": ""}, None])
def test_an_alert_without_a_single_label_is_invalid(labels: Any) -> None:
    intake = read(WIRE, [_alert(labels=labels)])
    assert intake.rejected[0].field == "alerts[0].labels"


def test_one_bad_alert_never_costs_its_255_neighbours() -> None:
    batch = [_alert(labels={"alertname": "A", "n": str(n)}) for n in range(255)]
    intake = read(WIRE, [*batch[:100], _alert(labels={}), *batch[100:]])
    assert len(intake.events) == 255
    assert [item.position for item in intake.rejected] == [100]
    assert (intake.answer.status, intake.answer.body) == (200, "")


def test_a_good_batch_is_answered_as_alertmanager_does() -> None:
    answer = read(WIRE, [_alert()]).answer
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers == {"cache-control": "no-store"}


def test_an_empty_batch_is_a_health_check() -> None:
    intake = read(WIRE, [])
    assert (intake.answer.status, intake.events, intake.rejected) == (200, (), ())


def test_when_nothing_is_good_the_error_is_a_json_string() -> None:
    answer = read(WIRE, [_alert(labels={}), _alert(endsAt="soon")]).answer
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/json"
    text = json.loads(answer.body)
    assert isinstance(text, str)
    assert "alerts[0].labels: an alert needs at least one label with a value" in text
    assert "alerts[1].endsAt" in text


@pytest.mark.parametrize("body", [{}, {"alerts": []}, "x", None])
def test_a_body_that_is_no_array_is_answered_with_a_json_string(body: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(WIRE, body)
    answer = WIRE.unreadable(caught.value)
    assert answer.status == 400
    assert isinstance(json.loads(answer.body), str)


def test_too_many_alerts_at_once_are_413() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(WIRE, [{}] * 10_001)
    assert WIRE.unreadable(caught.value).status == 413


def test_every_refusal_is_a_json_string() -> None:
    assert [
        (a.status, type(json.loads(a.body))) for a in (WIRE.refused(NO_KEY), WIRE.refused(NO_CAPABILITY))
    ] == [
        (401, str),
        (403, str),
    ]
    assert WIRE.unavailable().status == 503
    assert json.loads(WIRE.unavailable().body) == "the alerts could not be stored just now; send them again"


def test_a_label_value_that_is_a_number_is_converted_and_one_that_is_a_list_rejected() -> None:
    intake = read(WIRE, [_alert(labels={"alertname": "A", "code": 500}), _alert(labels={"alertname": ["A"]})])
    assert intake.events[0].labels["code"] == "500"
    assert intake.rejected[0].field == "alerts[1].labels.alertname"


@given(
    bodies(
        st.lists(
            st.one_of(objects("labels", "annotations", "startsAt", "endsAt", "generatorURL"), VALUES),
            max_size=4,
        )
    )
)
def test_whatever_comes_is_taken_or_rejected_with_a_reason(body: bytes) -> None:
    try:
        intake = WIRE.read(call(body))
    except InvalidInputError as error:
        assert isinstance(json.loads(WIRE.unreadable(error).body), str)
        return
    sent = json.loads(body.decode("utf-8", "replace"))
    assert len(intake.events) + len(intake.rejected) == len(sent)
    assert intake.answer.status == (400 if intake.rejected and not intake.events else 200)
    for event in intake.events:
        assert event.state_time <= event.received_at
        assert (event.expires_at is None) == (event.action is Action.RESOLVE)
        assert len(event.model_dump_json()) < 200_000
