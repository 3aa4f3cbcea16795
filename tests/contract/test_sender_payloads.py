"""What senders really sent is taken, or refused with a reason that names the field and the remedy."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Severity
from leitplanke.edge.batches import records_of
from leitplanke.edge.http import request_of
from leitplanke.wire.intake import Intake, Wire
from leitplanke.wire.senders import WIRES
from tests.contract.conftest import payload, payload_bytes, payload_names
from tests.unit.wire.calls import call

WIRE_BY_NAME = {wire.name: wire for wire in WIRES}
ALERTMANAGER = WIRE_BY_NAME["alertmanager"]
PROMETHEUS = WIRE_BY_NAME["prometheus"]
LATER = datetime(2026, 3, 12, tzinfo=UTC)


def _read(wire: Wire, body: Any) -> Intake:
    return wire.read(call(body, now=LATER))


@pytest.mark.parametrize("name", payload_names("alertmanager"))
def test_an_alertmanager_notification_is_taken_whole_or_refused_with_a_reason(name: str) -> None:
    body = payload(name)
    try:
        intake = _read(ALERTMANAGER, body)
    except InvalidInputError as error:
        assert "alerts" not in body
        answer = json.loads(ALERTMANAGER.unreadable(error).body)
        assert (answer["field"], answer["detail"]) == ("alerts", "no 'alerts' in the body")
        assert "webhook_config" in answer["remedy"]
        return
    assert intake.rejected == ()
    assert [dict(event.labels) for event in intake.events] == [alert["labels"] for alert in body["alerts"]]
    assert intake.answer.status == 200


def test_a_notification_of_version_3_is_understood() -> None:
    names = [name for name in payload_names("alertmanager") if "alerta" in name] or [""]
    event = _read(ALERTMANAGER, payload(names[0])).events[0]
    assert (event.title, event.symptom, event.severity) == (
        "Connect fail",
        "failedConnect",
        Severity.CRITICAL,
    )
    assert event.action is Action.TRIGGER
    assert event.occurred_at == datetime(2016, 8, 1, 10, 27, 8, 8000, tzinfo=UTC)


def test_an_imitation_without_version_and_times_is_understood() -> None:
    names = [name for name in payload_names("alertmanager") if "goalert" in name] or [""]
    event = _read(ALERTMANAGER, payload(names[0])).events[0]
    assert (event.title, event.state_time) == ("My alert summary", LATER)


@pytest.mark.parametrize(
    "name", [n for n in payload_names("alertmanager_api_v2") if "silences" not in n] or [""]
)
def test_alerts_as_a_running_alertmanager_shows_them_can_be_posted_back(name: str) -> None:
    alerts = [alert for group in payload(name) for alert in group["alerts"]]
    intake = _read(PROMETHEUS, alerts)
    assert intake.rejected == ()
    assert [dict(event.labels) for event in intake.events] == [alert["labels"] for alert in alerts]
    by_fingerprint = {a["fingerprint"]: e.alert_key for a, e in zip(alerts, intake.events, strict=True)}
    assert len(set(by_fingerprint.values())) == len(by_fingerprint)


@pytest.mark.parametrize("name", payload_names("grafana"))
def test_grafanas_imitation_of_alertmanager_is_taken_or_refused_with_a_reason(name: str) -> None:
    body = payload(name)
    try:
        intake = _read(ALERTMANAGER, body)
    except InvalidInputError as error:
        assert "alerts" not in body
        assert error.field == "alerts"
        return
    assert len(intake.events) == len(body["alerts"])


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@pytest.mark.parametrize("name", payload_names())
def test_no_payload_at_a_wrong_address_does_more_than_be_refused(name: str, wire: Wire) -> None:
    try:
        intake = _read(wire, payload_bytes(name))
    except InvalidInputError as error:
        answer = wire.unreadable(error)
        assert 400 <= answer.status < 500
        assert error.field
        assert error.remedy
        return
    assert all(item.field and item.reason and item.remedy for item in intake.rejected)
    assert intake.answer.status < 500


@pytest.mark.parametrize(
    "name", [n for n in payload_names("aws_transport") if "apiGatewayProxyV2" in n] or [""]
)
def test_requests_of_payload_format_2_are_read(name: str) -> None:
    event = payload(name)
    request = request_of(event)
    assert request.method == event["requestContext"]["http"]["method"]
    assert request.path == event["rawPath"]
    assert all(header == header.lower() for header in request.headers)


@pytest.mark.parametrize("name", [n for n in payload_names("aws_transport") if "sqs" in n.lower()] or [""])
def test_batches_of_sqs_are_read(name: str) -> None:
    event = payload(name)
    if event["Records"][0].get("eventSource") != "aws:sqs":
        pytest.skip("not an SQS event")
    records = records_of(event)
    assert [record.message_id for record in records] == [raw["messageId"] for raw in event["Records"]]
    assert all(record.tries >= 1 for record in records)
