import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.wire.intake import BAD_KEY_LENGTH, NO_CAPABILITY, NO_KEY, UNKNOWN_KEY, Intake, TooLargeError
from leitplanke.wire.pagerduty import WIRE
from tests.unit.wire.calls import NOW, call, read
from tests.unit.wire.strategies import VALUES, bodies, objects

KEY = "0123456789abcdef0123456789abcdef"


def _trigger(payload: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "gw-1/tunnel",
        "payload": {
            "summary": "Gateway gw-1 is down",
            "source": "gw-1.example",
            "severity": "critical",
            **(payload or {}),
        },
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}


def _one(body: dict[str, Any]) -> Event:
    intake = read(WIRE, body)
    assert intake.answer.status == 202
    return intake.events[0]


def _refusal(body: Any) -> tuple[int, Any]:
    intake: Intake = read(WIRE, body)
    assert intake.events == ()
    assert len(intake.rejected) == 1
    return intake.answer.status, json.loads(intake.answer.body)


def _invalid(reason: str) -> tuple[int, Any]:
    return 400, {"status": "invalid event", "message": "Event object is invalid", "errors": [reason]}


def test_a_trigger_is_answered_with_its_dedup_key() -> None:
    answer = read(WIRE, _trigger()).answer
    assert answer.status == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == '{"status":"success","message":"Event processed","dedup_key":"gw-1/tunnel"}'


@pytest.mark.parametrize("absent", [None, ""])
def test_a_trigger_without_a_dedup_key_gets_one(absent: str | None) -> None:
    intake = read(WIRE, {**_trigger(), "dedup_key": absent})
    key = json.loads(intake.answer.body)["dedup_key"]
    assert key == intake.events[0].alert_key == "id-1"
    assert intake.events[0].event_id == "id-2"


def test_a_trigger_carries_where_and_what() -> None:
    event = _one(
        _trigger(
            {
                "component": "tunnel",
                "group": "vpn",
                "class": "ping failure",
                "timestamp": "2026-03-11T11:58:00.000+0000",
                "custom_details": {"loss": 0.5, "peers": ["a", "b"], "group": "ignored"},
            },
            client="Watchdog",
            client_url="https://watchdog.example/1",
            links=[{"href": "https://wiki.example/gw", "text": "How to"}],
            images=[{"src": "https://img.example/1.png", "alt": "Loss"}],
        )
    )
    assert event.action is Action.TRIGGER
    assert (event.title, event.symptom, event.severity) == (
        "Gateway gw-1 is down",
        "ping failure",
        Severity.CRITICAL,
    )
    assert event.labels == {
        "source": "gw-1.example",
        "component": "tunnel",
        "group": "vpn",
        "class": "ping failure",
        "severity": "critical",
        "loss": "0.5",
        "peers": '["a","b"]',
    }
    assert event.annotations == {"client": "Watchdog", "client_url": "https://watchdog.example/1"}
    assert [(link.text, link.href) for link in event.links] == [
        ("How to", "https://wiki.example/gw"),
        ("Loss", "https://img.example/1.png"),
        ("Watchdog", "https://watchdog.example/1"),
    ]


def test_the_timestamp_says_when_it_happened_but_arrival_orders_the_news() -> None:
    event = _one(_trigger({"timestamp": "2026-03-11T11:58:00Z"}))
    assert event.occurred_at == datetime(2026, 3, 11, 11, 58, tzinfo=UTC)
    assert event.state_time == NOW


def test_a_timestamp_that_makes_no_sense_costs_nothing_else() -> None:
    event = _one(_trigger({"timestamp": "teatime"}))
    assert event.occurred_at == NOW
    assert event.flags == ("clock_unreadable",)


def test_without_a_class_the_summary_is_the_symptom() -> None:
    assert _one(_trigger()).symptom == "Gateway gw-1 is down"


def test_custom_details_may_be_text() -> None:
    assert _one(_trigger({"custom_details": "all of it"})).labels["custom_details"] == "all of it"


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_need_only_the_key_of_the_alert(action: str) -> None:
    event = _one({"routing_key": KEY, "event_action": action, "dedup_key": "gw-1/tunnel"})
    assert (event.action, event.alert_key) == (Action(action), "gw-1/tunnel")


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_without_a_key_are_invalid(action: str) -> None:
    assert _refusal({"routing_key": KEY, "event_action": action}) == _invalid(
        "'dedup_key' is missing or blank"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (_trigger(event_action=None), "'event_action' is missing or blank"),
        (
            _trigger(event_action="explode"),
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        (
            _trigger(event_action=["trigger"]),
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        ({**_trigger(), "payload": None}, "'payload' is missing or blank"),
        ({**_trigger(), "payload": "text"}, "'payload' is missing or blank"),
        (_trigger({"summary": ""}), "'payload.summary' is missing or blank"),
        (_trigger({"source": None}), "'payload.source' is missing or blank"),
        (_trigger({"severity": None}), "'payload.severity' is missing or blank"),
        (
            _trigger({"severity": "purple"}),
            "'payload.severity' is invalid "
            "(must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ),
        (
            _trigger(dedup_key="x" * 256),
            "Length of 'dedup_key' is incorrect (should be at most 255 characters)",
        ),
        (_trigger(dedup_key=["x"]), "'dedup_key' is invalid (must be a string)"),
    ],
)
def test_a_wrong_event_is_refused_in_pagerdutys_words(body: Any, reason: str) -> None:
    assert _refusal(body) == _invalid(reason)


def test_a_dedup_key_of_255_characters_is_fine() -> None:
    assert _one(_trigger(dedup_key="x" * 255)).alert_key == "x" * 255


def test_a_summary_that_is_too_long_is_cut_and_marked_rather_than_refused() -> None:
    event = _one(_trigger({"summary": "x" * 2_000}))
    assert len(event.title) == 1_024
    assert event.flags == ("truncated",)


def test_what_goes_to_quarantine_never_holds_the_key() -> None:
    intake = read(WIRE, _trigger({"summary": ""}))
    assert KEY not in intake.rejected[0].excerpt
    assert "gw-1.example" in intake.rejected[0].excerpt


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null"])
def test_what_is_no_event_at_all_is_an_unrecognized_object(body: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(WIRE, body)
    answer = WIRE.unreadable(caught.value)
    assert (answer.status, json.loads(answer.body)) == (
        400,
        {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        },
    )


def test_too_much_at_once_is_413() -> None:
    assert WIRE.unreadable(TooLargeError("too large", field="body", remedy="split it")).status == 413


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (NO_KEY, "'routing_key' is missing or blank"),
        (BAD_KEY_LENGTH, "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (UNKNOWN_KEY, "Invalid routing key"),
        (NO_CAPABILITY, "Invalid routing key"),
    ],
)
def test_a_wrong_key_is_an_invalid_event(refusal: Any, reason: str) -> None:
    answer = WIRE.refused(refusal)
    assert (answer.status, json.loads(answer.body)) == _invalid(reason)


def test_later_is_503_with_a_body_of_the_same_shape() -> None:
    answer = WIRE.unavailable()
    assert answer.status == 503
    assert set(json.loads(answer.body)) == {"status", "message", "errors"}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (json.dumps(_trigger()).encode(), KEY),
        (b'{"routing_key": ""}', None),
        (b'{"routing_key": 5}', None),
        (b"[]", None),
        (b"{", None),
    ],
)
def test_the_key_is_found_in_the_body_if_there_is_one(body: bytes, key: str | None) -> None:
    assert WIRE.key_in_body(body) == key


@given(
    bodies(
        st.builds(
            lambda body, payload, action: {**body, "payload": payload, "event_action": action},
            objects("routing_key", "dedup_key", "links", "images", "client", "client_url"),
            st.one_of(
                objects("summary", "source", "severity", "timestamp", "component", "class", "custom_details"),
                VALUES,
            ),
            st.one_of(st.sampled_from(["trigger", "acknowledge", "resolve"]), VALUES),
        )
    )
)
def test_whatever_comes_is_answered_in_pagerdutys_shape(body: bytes) -> None:
    WIRE.key_in_body(body)
    try:
        intake = WIRE.read(call(body))
    except InvalidInputError as error:
        assert json.loads(WIRE.unreadable(error).body)["errors"] == ["JSON parse error"]
        return
    answer = json.loads(intake.answer.body)
    if intake.answer.status == 202:
        assert answer["dedup_key"] == intake.events[0].alert_key
        assert len(intake.events[0].model_dump_json()) < 200_000
    else:
        assert (intake.answer.status, answer["status"], len(intake.rejected)) == (400, "invalid event", 1)
