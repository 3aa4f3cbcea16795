"""Our own small JSON, `POST /v1/events`: for scripts, and for senders that nobody has taught us yet.

One object, an array of them, or {"events": [...]}; described for people in docs/guides/senders.md. A field we
do not know is named in the answer, so that a typing error does not stay silent, and costs nothing else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.wire import protocol, reading
from leitplanke.wire.building import Said, event
from leitplanke.wire.intake import Call, Intake, Wire

NAME = "json"
FIELDS = frozenset(
    {
        *("alert_key", "action", "title", "symptom", "severity", "service", "labels", "annotations"),
        *("links", "occurred_at", "expires_at", "by"),
    }
)
_EVERYTHING_SHOWN = 20


def read(call: Call) -> Intake:
    """One request: good items are events, bad ones are rejected with their reasons."""
    items = _items(reading.read_json(call.body))

    def read_item(item: Any, where: str) -> Event:
        fields = reading.mapping(item, where)
        return event(call, _said(fields, where=where), sender=NAME, where=where)

    events, rejected = reading.read_items(items, read_item, field="events")
    answer = protocol.outcome(202, events, rejected, ignored=_unknown_fields(items))
    return Intake(answer=answer, events=events, rejected=rejected)


def _said(fields: Mapping[str, Any], *, where: str) -> Said:
    action = _action(fields.get("action"), where)
    title = reading.text(fields.get("title"))
    symptom = reading.text(fields.get("symptom"))
    alert_key = _alert_key(fields, where)
    if action is Action.TRIGGER and not (title or symptom):
        raise InvalidInputError(
            "a trigger needs a title", field=f"{where}.title", remedy="say in one line what is wrong"
        )
    labels = reading.labels(fields.get("labels"), f"{where}.labels")
    if service := reading.text(fields.get("service")):
        labels = {"service": service, **labels, **{"service": service}}
    occurred_at = reading.moment(fields.get("occurred_at"), f"{where}.occurred_at")
    return Said(
        alert_key=alert_key,
        action=action,
        title=title or symptom or alert_key,
        symptom=symptom or labels.get("alertname") or title or alert_key,
        severity=_severity(fields.get("severity"), where),
        labels=labels,
        annotations=reading.annotations(fields.get("annotations"), f"{where}.annotations"),
        links=links(fields.get("links")),
        occurred_at=occurred_at,
        orders=occurred_at,
        expires_at=reading.moment(fields.get("expires_at"), f"{where}.expires_at"),
        by=reading.text(fields.get("by")) or None,
    )


def _action(word: object, where: str) -> Action:
    """`trigger` unless it says otherwise."""
    try:
        return Action(reading.text(word).lower() or Action.TRIGGER)
    except ValueError as error:
        raise InvalidInputError(
            f"{reading.text(word)!r:.100} is no action",
            field=f"{where}.action",
            remedy="send trigger, acknowledge or resolve",
        ) from error


def _severity(word: object, where: str) -> Severity | None:
    """Any of the words senders use; a word that means nothing to us is refused rather than guessed."""
    found = reading.severity(word)
    if found is None and reading.text(word):
        raise InvalidInputError(
            f"{reading.text(word)!r:.100} is no severity",
            field=f"{where}.severity",
            remedy="send critical, error, warning or info",
        )
    return found


def _alert_key(fields: Mapping[str, Any], where: str) -> str:
    alert_key = reading.identifier(fields.get("alert_key"), f"{where}.alert_key")
    if alert_key:
        return alert_key
    raise InvalidInputError(
        "alert_key is missing",
        field=f"{where}.alert_key",
        remedy="name the alert; trigger, acknowledge and resolve of one alert carry the same key",
    )


def _items(body: object) -> list[Any]:
    if isinstance(body, dict):
        return reading.item_list(body["events"], "events") if "events" in body else [body]
    return reading.item_list(body, "body")


def links(value: object) -> Iterator[tuple[str, str]]:
    """One address, one {"href", "text"}, or a list of them."""
    for entry in value if isinstance(value, list) else [value] if value else []:
        if isinstance(entry, dict):
            yield reading.text(entry.get("href")), reading.text(entry.get("text"))
        else:
            yield reading.text(entry), ""


def _unknown_fields(items: list[Any]) -> list[str]:
    names = {str(name)[:100] for item in items if isinstance(item, dict) for name in item.keys() - FIELDS}
    return sorted(names)[:_EVERYTHING_SHOWN]


WIRE = Wire(
    name=NAME,
    paths=("/v1/events",),
    read=read,
    unreadable=protocol.unreadable,
    refused=protocol.refused,
    unavailable=protocol.unavailable,
    limited=protocol.limited,
)
