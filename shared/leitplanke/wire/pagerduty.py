"""PagerDuty's Events API v2, `POST /v2/enqueue` (PagerDuty/developer-docs, docs/events-API-v2).

One event a request. 202 and the dedup_key when it is stored; 400 with PagerDuty's own words when it is wrong
(clients do not send it again); 503 when we cannot store it (clients do). The key is the body's `routing_key`.

News is ordered by arrival, as there: `payload.timestamp` is only on triggers, so it cannot order a trigger
against a resolve. Over-long texts are cut and marked rather than refused; a wrong optional field never costs
the event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.wire import labelled, protocol, reading
from leitplanke.wire.answers import Answer, json_answer
from leitplanke.wire.building import Said, event
from leitplanke.wire.intake import (
    BAD_KEY_LENGTH,
    NO_KEY,
    Call,
    Intake,
    Refusal,
    Rejected,
    Wire,
)

NAME = "pagerduty"
MAX_DEDUP_KEY_CHARS = 255
_SEVERITIES = {severity.value: severity for severity in Severity}
_LABEL_FIELDS = ("source", "component", "group", "class", "severity")
_PARSE_ERROR = "JSON parse error"


def read(call: Call) -> Intake:
    """One event."""
    body = _object(reading.read_json(call.body))
    try:
        found = _event(call, body)
    except InvalidInputError as error:
        shown = {name: value for name, value in body.items() if name != "routing_key"}
        rejected = Rejected.because(error, excerpt=reading.compact(shown), position=0)
        return Intake(answer=_invalid(error.message), rejected=(rejected,))
    answer = json_answer(
        202, {"status": "success", "message": "Event processed", "dedup_key": found.alert_key}
    )
    return Intake(answer=answer, events=(found,))


def key_in_body(body: bytes) -> str | None:
    """`routing_key`, if the body can be read."""
    try:
        value = reading.read_json(body)
    except InvalidInputError:
        return None
    key = value.get("routing_key") if isinstance(value, dict) else None
    return key if isinstance(key, str) and key else None


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise InvalidInputError("not a JSON object", field="body", remedy="send one event as a JSON object")


def _event(call: Call, body: Mapping[str, Any]) -> Event:
    action = _action(body)
    dedup_key = _dedup_key(call, body, action)
    payload = _payload(body, action)
    summary = reading.text(payload.get("summary"))
    occurred_at, unreadable = labelled.readable_moment(payload.get("timestamp"))
    said = Said(
        alert_key=dedup_key,
        action=action,
        title=summary or dedup_key,
        symptom=reading.text(payload.get("class")) or summary or dedup_key,
        severity=_SEVERITIES.get(reading.text(payload.get("severity")).lower()),
        labels=_labels(payload),
        annotations=_annotations(body),
        links=_links(body),
        occurred_at=occurred_at,
        flags=("clock_unreadable",) if unreadable else (),
    )
    return event(call, said, sender=NAME, where="event")


def _action(body: Mapping[str, Any]) -> Action:
    word = body.get("event_action")
    if word in ("", None):
        raise _wrong("event_action", "is missing or blank", "send trigger, acknowledge or resolve")
    try:
        return Action(word)
    except ValueError as error:
        allowed = "is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
        raise _wrong("event_action", allowed, "send trigger, acknowledge or resolve") from error


def _dedup_key(call: Call, body: Mapping[str, Any], action: Action) -> str:
    """The sender's, or a new one for a trigger without."""
    key = body.get("dedup_key")
    if key in ("", None):
        if action is Action.TRIGGER:
            return call.new_id()
        raise _wrong("dedup_key", "is missing or blank", "send the dedup_key that the trigger's answer gave")
    if not isinstance(key, str):
        raise _wrong("dedup_key", "is invalid (must be a string)", "send a string")
    if len(key) > MAX_DEDUP_KEY_CHARS:
        raise InvalidInputError(
            f"Length of 'dedup_key' is incorrect (should be at most {MAX_DEDUP_KEY_CHARS} characters)",
            field="dedup_key",
            remedy="send a shorter key, for instance a hash of it",
        )
    return key


def _payload(body: Mapping[str, Any], action: Action) -> Mapping[str, Any]:
    """The payload; its required fields only count for a trigger, the others need none."""
    payload = body.get("payload")
    if action is not Action.TRIGGER:
        return payload if isinstance(payload, dict) else {}
    if not isinstance(payload, dict) or not payload:
        raise _wrong("payload", "is missing or blank", "send payload with summary, source and severity")
    for name in ("summary", "source", "severity"):
        if not reading.text(payload.get(name)):
            raise _wrong(f"payload.{name}", "is missing or blank", f"send payload.{name}")
    if reading.text(payload["severity"]).lower() not in _SEVERITIES:
        words = "is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
        raise _wrong("payload.severity", words, "send one of these words")
    return payload


def _labels(payload: Mapping[str, Any]) -> dict[str, str]:
    """The fields that say where it is, and custom_details one level deep."""
    found = {name: value for name in _LABEL_FIELDS if (value := reading.text(payload.get(name)))}
    details = payload.get("custom_details")
    if isinstance(details, dict):
        return {**found, **reading.annotations(details), **found}
    if text := reading.text(details):
        found["custom_details"] = text
    return found


def _annotations(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name in ("client", "client_url") if (value := reading.text(body.get(name)))}


def _links(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`links`, then where `images` lead, then the client's own address."""
    for found, shown in (("links", "text"), ("images", "alt")):
        entries = body.get(found)
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                address = entry.get("href") or entry.get("src")
                yield reading.text(address), reading.text(entry.get(shown))
    yield reading.text(body.get("client_url")), reading.text(body.get("client"))


def _wrong(field: str, what: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"'{field}' {what}", field=field, remedy=remedy)


def _invalid(reason: str) -> Answer:
    content = {"status": "invalid event", "message": "Event object is invalid", "errors": [reason]}
    return json_answer(400, content)


def _unreadable(error: InvalidInputError) -> Answer:
    status = protocol.status_of(error)
    if status != 400:  # noqa: PLR2004 - what PagerDuty has words for
        return replace(_invalid(f"{error.message}; {error.remedy}"), status=status)
    content = {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": [_PARSE_ERROR],
    }
    return json_answer(400, content)


def _refused(refusal: Refusal) -> Answer:
    """PagerDuty knows no 401: a wrong key is an invalid event."""
    if refusal is NO_KEY:
        return _invalid("'routing_key' is missing or blank")
    if refusal is BAD_KEY_LENGTH:
        return _invalid("Length of 'routing_key' is incorrect (should be 32 characters)")
    return _invalid("Invalid routing key")


def _unavailable() -> Answer:
    content = {
        "status": "unavailable",
        "message": "The event could not be stored just now",
        "errors": ["Send the event again later"],
    }
    return json_answer(503, content, headers={"retry-after": "5"})


def _limited() -> Answer:
    """PagerDuty's clients come again after 429 (Events API v2, response codes)."""
    content = {
        "status": "throttle exceeded",
        "message": "Requests for this service are arriving too quickly. Please retry later.",
        "errors": [protocol.LIMIT_REMEDY],
    }
    return json_answer(429, content, headers={"retry-after": protocol.RETRY_AFTER_LIMIT_S})


WIRE = Wire(
    name=NAME,
    paths=("/v2/enqueue",),
    read=read,
    unreadable=_unreadable,
    refused=_refused,
    unavailable=_unavailable,
    limited=_limited,
    key_in_body=key_in_body,
)
