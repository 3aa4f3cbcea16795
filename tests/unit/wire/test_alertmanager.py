import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import MAX_LABELS, Action, Severity
from leitplanke.wire.alertmanager import WIRE
from leitplanke.wire.intake import NO_CAPABILITY, UNKNOWN_KEY, Intake
from tests.unit.wire.calls import INTEGRATION, NOW, call, read
from tests.unit.wire.strategies import VALUES, bodies, objects


def _alert(**changes: Any) -> dict[str, Any]:
    alert: dict[str, Any] = {
        "status": "firing",
        "labels": {"alertname": "GatewayDown", "service": "vpn", "instance": "gw-1", "severity": "critical"},
        "annotations": {"summary": "Gateway gw-1 is down", "runbook_url": "https://wiki.example/gw"},
        "startsAt": "2026-03-11T11:58:00.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": "aae7a1432b5d2f1b",
    }
    alert.update(changes)
    return {name: value for name, value in alert.items() if value is not None}


def _body(*alerts: Any, **changes: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": '{}:{alertname="GatewayDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "leitplanke",
        "groupLabels": {"alertname": "GatewayDown"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": list(alerts),
        **changes,
    }


def _one(**changes: Any) -> Any:
    intake = read(WIRE, _body(_alert(**changes)))
    assert intake.rejected == ()
    return intake.events[0]


def test_a_firing_alert_becomes_a_trigger_with_everything_it_says() -> None:
    event = _one()
    assert event.event_id == "id-1"
    assert (event.integration_id, event.sender) == (INTEGRATION, "alertmanager")
    assert event.action is Action.TRIGGER
    assert event.alert_key == "aae7a1432b5d2f1b"
    assert (event.title, event.symptom) == ("Gateway gw-1 is down", "GatewayDown")
    assert event.severity is Severity.CRITICAL
    assert event.labels["service"] == "vpn"
    assert event.annotations == {
        "summary": "Gateway gw-1 is down",
        "runbook_url": "https://wiki.example/gw",
    }
    assert [(link.text, link.href) for link in event.links] == [
        ("runbook", "https://wiki.example/gw"),
        ("source", "http://prometheus.example/graph?g0.expr=up"),
        ("Alertmanager", "http://alertmanager.example:9093"),
    ]
    assert event.received_at == NOW
    assert event.state_time == event.occurred_at == datetime(2026, 3, 11, 11, 58, 0, 123000, tzinfo=UTC)
    assert event.expires_at is None
    assert event.flags == ()


def test_a_resolved_alert_is_ordered_by_the_time_it_ended() -> None:
    event = _one(status="resolved", endsAt="2026-03-11T11:59:30Z")
    assert event.action is Action.RESOLVE
    assert event.state_time == event.occurred_at == datetime(2026, 3, 11, 11, 59, 30, tzinfo=UTC)


def test_the_end_of_the_year_one_means_unknown_and_the_arrival_counts() -> None:
    event = _one(status="resolved", endsAt="0001-01-01T00:00:00Z")
    assert event.state_time == event.occurred_at == NOW


def test_each_alert_counts_by_its_own_status_whatever_the_group_says() -> None:
    resolved = _alert(status="resolved", endsAt="2026-03-11T11:59:30Z", fingerprint="other")
    intake = read(WIRE, _body(_alert(), resolved, status="firing"))
    assert [event.action for event in intake.events] == [Action.TRIGGER, Action.RESOLVE]
    intake = read(WIRE, _body(_alert(), status="resolved"))
    assert intake.events[0].action is Action.TRIGGER


def test_without_a_fingerprint_the_labels_are_the_identity_in_any_order() -> None:
    one = _one(fingerprint=None, labels={"alertname": "A", "host": "h"}).alert_key
    same = _one(fingerprint="", labels={"host": "h", "alertname": "A", "empty": ""}).alert_key
    other = _one(fingerprint=None, labels={"alertname": "A", "host": "i"}).alert_key
    assert one == same != other


def test_a_cut_list_is_marked_on_every_event_as_incomplete() -> None:
    intake = read(WIRE, _body(_alert(), _alert(fingerprint="b"), truncatedAlerts=7))
    assert [event.flags for event in intake.events] == [("incomplete",), ("incomplete",)]


def test_a_clock_that_runs_ahead_is_cut_to_the_arrival_and_marked() -> None:
    event = _one(startsAt="2026-03-11T12:06:00Z")
    assert event.state_time == NOW
    assert event.occurred_at == datetime(2026, 3, 11, 12, 6, tzinfo=UTC)
    assert event.flags == ("clock_skew",)


def test_a_date_of_the_year_9999_stays_a_date_one_can_calculate_with() -> None:
    event = _one(startsAt="9999-12-31T23:59:59-12:00")
    assert event.state_time == NOW
    assert event.occurred_at.year == 2999


def test_a_time_that_makes_no_sense_is_marked_and_costs_nothing_else() -> None:
    event = _one(startsAt="yesterday-ish")
    assert event.state_time == NOW
    assert event.flags == ("clock_unreadable",)


def test_a_sender_without_start_times_is_ordered_by_arrival_altogether() -> None:
    event = _one(status="resolved", startsAt=None, endsAt="2026-03-11T11:00:00Z")
    assert event.state_time == NOW
    assert event.occurred_at == datetime(2026, 3, 11, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("annotations", "labels", "title"),
    [
        ({"summary": "S", "title": "T", "message": "M"}, {"alertname": "A"}, "S"),
        ({"title": "T", "message": "M", "description": "D"}, {"alertname": "A"}, "T"),
        ({"message": "M", "description": "D"}, {"alertname": "A"}, "M"),
        ({"description": "D"}, {"alertname": "A"}, "A"),
        ({"description": "D"}, {"job": "j"}, "D"),
        ({}, {"job": "j", "host": "h"}, "host=h, job=j"),
    ],
)
def test_the_title_is_the_first_thing_that_says_what_is_wrong(
    annotations: dict[str, str], labels: dict[str, str], title: str
) -> None:
    assert _one(annotations=annotations, labels=labels).title == title


def test_the_symptom_is_the_alert_name_else_the_title() -> None:
    assert _one(labels={"alertname": "A"}).symptom == "A"
    assert _one(labels={"job": "j"}, annotations={"summary": "Disk full"}).symptom == "Disk full"


def test_a_severity_nobody_knows_is_an_error_and_stays_readable_in_the_label() -> None:
    event = _one(labels={"alertname": "A", "severity": "purple"})
    assert event.severity is Severity.ERROR
    assert event.labels["severity"] == "purple"


def test_a_good_alert_is_accepted_though_its_neighbours_are_not() -> None:
    intake = read(
        WIRE,
        _body(
            _alert(labels={}),
            _alert(),
            _alert(status="maybe"),
            "not an alert",
            _alert(labels={"alertname": {"no": "object"}}),
        ),
    )
    assert [event.alert_key for event in intake.events] == ["aae7a1432b5d2f1b"]
    assert [(item.position, item.field) for item in intake.rejected] == [
        (0, "alerts[0].labels"),
        (2, "alerts[2].status"),
        (3, "alerts[3]"),
        (4, "alerts[4].labels.alertname"),
    ]
    assert intake.rejected[1].reason == "status is 'maybe'"
    assert intake.rejected[1].remedy == "send 'firing' or 'resolved'"
    assert json.loads(intake.rejected[0].excerpt)["fingerprint"] == "aae7a1432b5d2f1b"
    assert intake.answer.status == 200
    answer = json.loads(intake.answer.body)
    assert answer["accepted"] == 1
    assert answer["rejected_count"] == 4
    assert answer["rejected"][1] == {
        "position": 2,
        "field": "alerts[2].status",
        "reason": "status is 'maybe'",
        "remedy": "send 'firing' or 'resolved'",
    }


def test_when_all_is_good_the_answer_says_how_much() -> None:
    intake = read(WIRE, _body(_alert()))
    assert intake.answer.status == 200
    assert intake.answer.headers["content-type"] == "application/json"
    assert intake.answer.body == '{"accepted":1,"rejected":[],"rejected_count":0}'


def test_when_nothing_is_good_the_answer_is_an_error_with_the_reason() -> None:
    intake = read(WIRE, _body(_alert(labels={})))
    assert intake.answer.status == 400
    assert intake.answer.headers["content-type"] == "application/problem+json"
    assert json.loads(intake.answer.body)["type"] == "urn:leitplanke:error:nothing-accepted"
    assert "alerts[0].labels" in json.loads(intake.answer.body)["detail"]


def test_a_notification_without_alerts_in_the_list_is_accepted() -> None:
    assert read(WIRE, _body()).answer.status == 200


@pytest.mark.parametrize("body", [[], "x", {"version": "4"}, {"alerts": {}}, {"alerts": None}])
def test_a_body_of_another_shape_is_unreadable(body: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read(WIRE, body)
    answer = WIRE.unreadable(caught.value)
    assert answer.status == 400
    assert json.loads(answer.body)["field"] == "alerts"


def test_later_is_503_and_never_429_because_alertmanager_drops_a_429() -> None:
    assert WIRE.unavailable().status == 503


def test_a_wrong_key_is_401_and_a_key_without_the_capability_403() -> None:
    assert WIRE.refused(UNKNOWN_KEY).status == 401
    assert WIRE.refused(UNKNOWN_KEY).headers["www-authenticate"] == 'Bearer realm="leitplanke"'
    assert WIRE.refused(NO_CAPABILITY).status == 403


def test_thousands_of_labels_are_cut_and_marked_and_the_useful_ones_survive() -> None:
    labels = {f"l{n}": "x" for n in range(3_000)} | {"alertname": "A", "service": "vpn", "severity": "info"}
    event = _one(labels=labels, fingerprint=None)
    assert len(event.labels) == MAX_LABELS
    assert (event.labels["service"], event.severity) == ("vpn", Severity.INFO)
    assert event.flags == ("truncated",)


def test_long_label_values_never_push_out_the_useful_ones() -> None:
    labels = {f"l{n}": "x" * 1_000 for n in range(30)} | {"service": "vpn"}
    assert _one(labels=labels).labels["service"] == "vpn"


def test_labels_that_differ_only_beyond_the_cut_are_still_different_alerts() -> None:
    many = {f"l{n:04}": "x" for n in range(500)}
    keys = {_one(labels={**many, "z": end}, fingerprint=None).alert_key for end in "ab"}
    assert len(keys) == 2


def test_a_megabyte_of_text_is_cut_and_marked() -> None:
    event = _one(annotations={"summary": "x" * 1_000_000})
    assert len(event.title) == 1_024
    assert event.flags == ("truncated",)


def test_only_links_a_person_may_follow_are_kept() -> None:
    event = _one(
        generatorURL="javascript:alert(1)", annotations={"runbook_url": "https://a.example/" + "x" * 3_000}
    )
    assert [link.text for link in event.links] == ["Alertmanager"]


_ALERTS = st.lists(
    st.one_of(
        objects("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"),
        VALUES,
    ),
    max_size=4,
)


def _well_formed(intake: Intake, alerts: int) -> None:
    assert len(intake.events) + len(intake.rejected) == alerts
    assert all(item.reason and item.remedy and item.field for item in intake.rejected)
    for event in intake.events:
        assert event.state_time <= event.received_at
        assert len(event.model_dump_json()) < 200_000


@given(
    bodies(
        st.builds(
            lambda alerts, rest: {**rest, "alerts": alerts},
            _ALERTS,
            objects("version", "externalURL", "truncatedAlerts"),
        )
    )
)
def test_whatever_comes_is_taken_or_rejected_with_a_reason(body: bytes) -> None:
    try:
        intake = WIRE.read(call(body))
    except InvalidInputError as error:
        assert json.loads(WIRE.unreadable(error).body)["status"] == 400
        return
    _well_formed(intake, len(json.loads(body.decode("utf-8", "replace"))["alerts"]))
