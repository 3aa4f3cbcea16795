"""CloudEvents 1.0 over HTTP, `POST /v1/events` (cloudevents/spec: http-protocol-binding.md, http-webhook.md).

Structured mode, batches (docs/guides/senders.md solicits them, as the specification asks), and binary mode
(`ce-*` headers), which is what most brokers send by default. An event format other than JSON is 415.

`source` + `id` names one event: the event id is made from them, so a redelivery is recognised. `data` may
hold the fields of our own small JSON (leitplanke.wire.plain); what it leaves out comes from the envelope.
Data that means something else costs nothing: a foreign schema's `action` or `severity` is simply not ours.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.domain.ids import stable_hash
from leitplanke.wire import labelled, plain, protocol, reading
from leitplanke.wire.answers import Answer
from leitplanke.wire.building import Said, event
from leitplanke.wire.intake import Call, Intake, UnsupportedError, Wire

NAME = "cloudevents"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_ANY_EVENT_FORMAT = "application/cloudevents"
_NO_LABELS = frozenset({"specversion", "id", "time", "datacontenttype", "dataschema", "data", "data_base64"})
_OWN_FIELDS = frozenset({"alert_key", "title", "symptom", "labels"})
_ACTION_ENDINGS = {
    Action.RESOLVE: ("resolve", "resolved", "recovered", "cleared", "ok"),
    Action.ACKNOWLEDGE: ("acknowledge", "acknowledged"),
}
_SEVERITY_NUMBERS = (
    (21, Severity.CRITICAL),
    (17, Severity.ERROR),
    (13, Severity.WARNING),
    (0, Severity.INFO),
)
"""OpenTelemetry's numbers (cloudevents/spec, extensions/severity.md): 21 fatal, 17 error, 13 warning."""


def claims(headers: Mapping[str, str]) -> bool:
    """By content type, or by the headers of binary mode."""
    return _media_type(headers).startswith(_ANY_EVENT_FORMAT) or "ce-specversion" in headers


def read(call: Call) -> Intake:
    """One event, or a batch of them."""
    events, rejected = reading.read_items(
        _envelopes(call), lambda envelope, where: _event(call, envelope, where=where), field="events"
    )
    return Intake(answer=protocol.outcome(202, events, rejected), events=events, rejected=rejected)


def _envelopes(call: Call) -> list[Any]:
    media_type = _media_type(call.headers)
    if media_type == STRUCTURED:
        return [reading.read_json(call.body)]
    if media_type == BATCH:
        return reading.item_list(reading.read_json(call.body), "events")
    if media_type.startswith(_ANY_EVENT_FORMAT):
        raise UnsupportedError(
            f"event format {media_type!r:.100} is not read here",
            field="content-type",
            remedy=f"send {STRUCTURED}, {BATCH}, or binary mode with ce- headers",
        )
    return [_binary(call)]


def _binary(call: Call) -> dict[str, Any]:
    """Binary mode as an envelope: attributes from `ce-` headers, percent-decoded once after unquoting."""
    attributes: dict[str, Any] = {
        name[3:]: unquote(value.strip().strip('"'))
        for name, value in call.headers.items()
        if name.startswith("ce-")
    }
    media_type = _media_type(call.headers)
    if call.body and (media_type.endswith("json") or not media_type):
        attributes["data"] = reading.read_json(call.body)
    elif call.body:
        attributes["data"] = call.body.decode("utf-8", "replace")
    return attributes


def _event(call: Call, value: Any, *, where: str) -> Event:
    envelope = reading.mapping(value, where)
    _check(envelope, where)
    data = _data(envelope, where)
    fields = data if isinstance(data, dict) else {}
    kind = reading.text(envelope["type"])
    occurred_at, unreadable = labelled.readable_moment(envelope.get("time"))
    said = Said(
        alert_key=_own_key(fields) or _alert_key(envelope),
        action=_action(fields.get("action"), kind),
        title=_title(data, fields, envelope),
        symptom=reading.text(fields.get("symptom")) or kind,
        severity=reading.severity(fields.get("severity")) or _severity(envelope),
        labels=_labels(fields, envelope),
        annotations=_annotations(data, fields),
        links=plain.links(fields.get("links")),
        occurred_at=occurred_at,
        orders=occurred_at,
        expires_at=labelled.readable_moment(fields.get("expires_at"))[0],
        by=reading.text(fields.get("by")) or None,
        flags=("clock_unreadable",) if unreadable else (),
        event_id=stable_hash(
            call.integration_id, reading.text(envelope["source"]), reading.text(envelope["id"])
        ),
    )
    return event(call, said, sender=NAME, where=where)


def _check(envelope: Mapping[str, Any], where: str) -> None:
    """The required attributes (spec.md, REQUIRED Attributes)."""
    if reading.text(envelope.get("specversion")) != "1.0":
        raise InvalidInputError(
            "specversion is not 1.0", field=f"{where}.specversion", remedy='send "specversion": "1.0"'
        )
    reading.identifier(envelope.get("subject"), f"{where}.subject")
    for name in ("id", "source", "type"):
        if not reading.identifier(envelope.get(name), f"{where}.{name}"):
            raise InvalidInputError(
                f"{name} is missing or empty",
                field=f"{where}.{name}",
                remedy="CloudEvents 1.0 requires id, source, specversion and type",
            )


def _data(envelope: Mapping[str, Any], where: str) -> Any:
    """`data`, or `data_base64` decoded; JSON where the content type says or leaves it open."""
    encoded = envelope.get("data_base64")
    if encoded is None:
        return envelope.get("data")
    try:
        raw = base64.b64decode(reading.text(encoded), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(
            "data_base64 is not base64", field=f"{where}.data_base64", remedy="send RFC 4648 base64"
        ) from error
    if reading.text(envelope.get("datacontenttype") or "json").partition(";")[0].strip().endswith("json"):
        return reading.read_json(raw)
    return raw.decode("utf-8", "replace")


def _own_key(fields: Mapping[str, Any]) -> str:
    """Our `alert_key`, if `data` has it: an object of that name is somebody else's."""
    key = fields.get("alert_key")
    return "" if isinstance(key, dict | list) else reading.text(key)


def _alert_key(envelope: Mapping[str, Any]) -> str:
    """What it is about: source, subject, and the type up to its last dot.

    So com.example.backup.resolved about a host ends what com.example.backup.failed about it began.
    """
    topic = reading.text(envelope["type"]).rpartition(".")[0]
    return stable_hash(reading.text(envelope["source"]), reading.text(envelope.get("subject")), topic)


def _action(word: object, kind: str) -> Action:
    """Ours if `data` names one; else by the last word of the type; else trigger."""
    last = kind.lower().rpartition(".")[2]
    said = reading.text(word).lower()
    if said in set(Action):
        return Action(said)
    return next((action for action, words in _ACTION_ENDINGS.items() if last in words), Action.TRIGGER)


def _title(data: Any, fields: Mapping[str, Any], envelope: Mapping[str, Any]) -> str:
    for name in ("title", "summary", "message"):
        if title := reading.text(fields.get(name)):
            return title
    if isinstance(data, str) and data.strip():
        return data.strip()
    return f"{reading.text(envelope['type'])} {reading.text(envelope.get('subject'))}".strip()


def _labels(fields: Mapping[str, Any], envelope: Mapping[str, Any]) -> dict[str, str]:
    """Where it came from, the extensions (scalars by the specification), and what `data` adds."""
    found = {
        name: text
        for name, value in envelope.items()
        if name not in _NO_LABELS and not isinstance(value, dict | list) and (text := reading.text(value))
    }
    inner = fields.get("labels")
    found |= reading.annotations(inner) if isinstance(inner, dict) else {}
    if service := reading.text(fields.get("service")):
        found["service"] = service
    return found


def _annotations(data: Any, fields: Mapping[str, Any]) -> dict[str, str]:
    """Those of `data`; a foreign `data` is kept as it is, for the person who reads the alert."""
    inner = fields.get("annotations")
    found = reading.annotations(inner) if isinstance(inner, dict) else {}
    if data is not None and not (fields.keys() & _OWN_FIELDS):
        found["data"] = reading.compact(data)
    return found


def _severity(envelope: Mapping[str, Any]) -> Severity | None:
    """From the severity extension: its text if we know the word, else its number."""
    if found := reading.severity(envelope.get("severitytext")):
        return found
    number = envelope.get("severitynumber")
    try:
        value = int(reading.text(number)[:4])
    except ValueError:
        return None
    return next((severity for least, severity in _SEVERITY_NUMBERS if value >= least), None)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def handshake(headers: Mapping[str, str]) -> Answer:
    """The answer to OPTIONS (http-webhook.md, section 4): any origin may send, at any rate.

    Consent to being sent to, not permission to come in: every delivery still needs its key.
    """
    allowed = {"allow": "POST, OPTIONS"}
    origin = headers.get("webhook-request-origin", "")
    if origin and origin.isascii() and origin.isprintable():
        allowed |= {"webhook-allowed-origin": origin, "webhook-allowed-rate": "*"}
    return Answer(status=200, headers=allowed)


WIRE = Wire(
    name=NAME,
    paths=("/v1/events",),
    read=read,
    unreadable=protocol.unreadable,
    refused=protocol.refused,
    unavailable=protocol.unavailable,
    limited=protocol.limited,
    claims=claims,
)
