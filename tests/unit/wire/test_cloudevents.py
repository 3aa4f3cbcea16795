import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.wire.cloudevents import BATCH, STRUCTURED, WIRE, handshake
from leitplanke.wire.intake import Intake
from tests.unit.wire.calls import NOW, call
from tests.unit.wire.strategies import VALUES, bodies, objects

STRUCTURED_HEADERS = {"content-type": STRUCTURED + "; charset=utf-8"}


def _envelope(**changes: Any) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": "A234-1",
        "source": "https://backup.example/nightly",
        "type": "com.example.backup.failed",
        "subject": "db-1",
        "time": "2026-03-11T11:58:00Z",
    }
    envelope.update(changes)
    return {name: value for name, value in envelope.items() if value is not None}


def _read(body: object, **headers: str) -> Intake:
    return WIRE.read(call(body, headers=headers or STRUCTURED_HEADERS))


def _one(**changes: Any) -> Event:
    intake = _read(_envelope(**changes))
    assert intake.rejected == ()
    return intake.events[0]


def test_an_envelope_alone_is_an_alert() -> None:
    event = _one()
    assert (event.sender, event.action) == ("cloudevents", Action.TRIGGER)
    assert event.title == "com.example.backup.failed db-1"
    assert event.symptom == "com.example.backup.failed"
    assert event.labels == {
        "source": "https://backup.example/nightly",
        "type": "com.example.backup.failed",
        "subject": "db-1",
    }
    assert event.state_time == event.occurred_at == datetime(2026, 3, 11, 11, 58, tzinfo=UTC)


def test_source_and_id_name_the_event_so_that_a_redelivery_is_recognised() -> None:
    assert _one().event_id == _one(subject="other").event_id
    assert _one().event_id != _one(id="A234-2").event_id
    assert _one().event_id != _one(source="https://backup.example/weekly").event_id


def test_a_type_that_ends_in_resolved_ends_the_alert_of_its_sibling() -> None:
    failed, resolved = _one(), _one(id="2", type="com.example.backup.resolved")
    assert resolved.action is Action.RESOLVE
    assert resolved.alert_key == failed.alert_key
    assert _one(subject="db-2").alert_key != failed.alert_key
    assert _one(type="com.example.disk.failed").alert_key != failed.alert_key


def test_data_may_hold_our_own_fields() -> None:
    event = _one(
        data={
            "alert_key": "backup/db-1",
            "action": "acknowledge",
            "title": "Backup of db-1 failed",
            "symptom": "BackupFailed",
            "severity": "critical",
            "service": "database",
            "labels": {"host": "db-1", "nested": {"a": 1}},
            "annotations": {"note": "tape full"},
            "links": "https://wiki.example/backup",
            "by": "Robin Example",
        }
    )
    assert (event.alert_key, event.action) == ("backup/db-1", Action.ACKNOWLEDGE)
    assert (event.title, event.symptom) == ("Backup of db-1 failed", "BackupFailed")
    assert event.severity is Severity.CRITICAL
    assert event.labels["service"] == "database"
    assert event.labels["nested"] == '{"a":1}'
    assert event.annotations == {"note": "tape full"}
    assert event.links[0].href == "https://wiki.example/backup"
    assert event.by == "Robin Example"


def test_data_of_a_foreign_schema_costs_nothing_and_is_kept_to_read() -> None:
    data = {"action": "opened", "severity": "purple", "links": {"self": 1}, "occurred_at": "soon"}
    event = _one(data=data)
    assert (event.action, event.severity) == (Action.TRIGGER, Severity.ERROR)
    assert json.loads(event.annotations["data"]) == data


def test_text_as_data_is_the_title() -> None:
    assert _one(data="Backup of db-1 failed").title == "Backup of db-1 failed"


def test_data_may_be_base64() -> None:
    encoded = base64.b64encode(b'{"title": "Backup failed"}').decode()
    assert _one(data_base64=encoded).title == "Backup failed"
    encoded = base64.b64encode(b"plain words").decode()
    assert _one(data_base64=encoded, datacontenttype="text/plain").title == "plain words"


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"severitytext": "WARN"}, Severity.WARNING),
        ({"severitynumber": 21}, Severity.CRITICAL),
        ({"severitynumber": "17"}, Severity.ERROR),
        ({"severitynumber": 13}, Severity.WARNING),
        ({"severitynumber": 9}, Severity.INFO),
        ({"severitytext": "odd", "severitynumber": 22}, Severity.CRITICAL),
        ({"severitynumber": "many"}, Severity.ERROR),
    ],
)
def test_the_severity_extension_is_understood(changes: dict[str, Any], severity: Severity) -> None:
    assert _one(**changes).severity is severity


def test_extensions_become_labels() -> None:
    assert _one(partitionkey="eu", retries=3).labels["retries"] == "3"


def test_without_a_time_the_arrival_counts_and_a_senseless_one_is_marked() -> None:
    assert _one(time=None).state_time == NOW
    assert _one(time="later").flags == ("clock_unreadable",)


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
def test_an_event_without_a_required_attribute_is_rejected_by_name(name: str) -> None:
    intake = _read(_envelope(**{name: ""}))
    assert intake.rejected[0].field == f"events[0].{name}"
    assert intake.answer.status == 400


def test_a_batch_is_read_item_by_item() -> None:
    intake = _read([_envelope(), _envelope(id="")], **{"content-type": BATCH})
    assert (len(intake.events), len(intake.rejected)) == (1, 1)
    assert intake.answer.status == 202


def test_binary_mode_has_the_attributes_in_headers() -> None:
    intake = _read(
        b'{"title": "Backup failed"}',
        **{
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": "A234-1",
            "ce-source": "https://backup.example/nightly",
            "ce-type": "com.example.backup.failed",
            "ce-subject": '"Z%C3%BCrich%20db"',
        },
    )
    assert intake.events[0].labels["subject"] == "Zürich db"
    assert intake.events[0].title == "Backup failed"
    assert intake.events[0].event_id == _one().event_id


def test_binary_mode_with_text_keeps_the_text() -> None:
    headers = {f"ce-{name}": value for name, value in _envelope().items()}
    assert (
        _read(b"Backup failed", **headers, **{"content-type": "text/plain"}).events[0].title
        == "Backup failed"
    )


@pytest.mark.parametrize("format_name", ["xml", "avro", "protobuf", "unheard-of"])
def test_an_unknown_event_format_is_415(format_name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        _read(b"<event/>", **{"content-type": f"application/cloudevents+{format_name}"})
    answer = WIRE.unreadable(caught.value)
    assert answer.status == 415
    assert STRUCTURED in json.loads(answer.body)["remedy"]


def test_json_that_cannot_be_read_is_400() -> None:
    with pytest.raises(InvalidInputError) as caught:
        _read(b"{")
    assert WIRE.unreadable(caught.value).status == 400


def test_the_protocol_is_recognised_by_content_type_or_headers() -> None:
    assert WIRE.claims({"content-type": "Application/CloudEvents+JSON; charset=utf-8"})
    assert WIRE.claims({"content-type": "application/json", "ce-specversion": "1.0"})
    assert not WIRE.claims({"content-type": "application/json"})
    assert not WIRE.claims({})


def test_the_handshake_consents_to_the_origin_that_asks() -> None:
    answer = handshake({"webhook-request-origin": "eventemitter.example.com", "webhook-request-rate": "120"})
    assert answer.status == 200
    assert answer.headers == {
        "allow": "POST, OPTIONS",
        "webhook-allowed-origin": "eventemitter.example.com",
        "webhook-allowed-rate": "*",
    }


@pytest.mark.parametrize("headers", [{}, {"webhook-request-origin": "a\r\nx-evil: 1"}])
def test_who_does_not_ask_properly_gets_no_consent(headers: dict[str, str]) -> None:
    assert handshake(headers).headers == {"allow": "POST, OPTIONS"}


_ENVELOPES = objects(
    "specversion", "id", "source", "type", "subject", "time", "data", "data_base64", "severitynumber"
)
_NEARLY = st.builds(lambda good, odd: {**good, **odd}, st.just(_envelope()), _ENVELOPES)


@given(bodies(st.one_of(_NEARLY, _ENVELOPES, VALUES)))
def test_whatever_comes_is_taken_or_rejected_with_a_reason(body: bytes) -> None:
    try:
        intake = _read(body)
    except InvalidInputError as error:
        assert WIRE.unreadable(error).status == 400
        return
    assert len(intake.events) + len(intake.rejected) == 1
    assert all(item.reason and item.remedy for item in intake.rejected)
    assert all(len(event.model_dump_json()) < 200_000 for event in intake.events)


@given(
    st.dictionaries(
        st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-time", "ce-specversion"]), st.text()
    ),
    st.binary(),
)
def test_whatever_comes_in_binary_mode_is_taken_or_rejected(headers: dict[str, str], body: bytes) -> None:
    try:
        intake = _read(body, **{"ce-specversion": "1.0", **headers})
    except InvalidInputError as error:
        assert error.remedy
        return
    assert len(intake.events) + len(intake.rejected) == 1
