"""Alertmanager's webhook, version 4 (docs/configuration.md#webhook_config, template/template.go).

What Alertmanager does with our answer (notify/webhook/webhook.go): any 2xx is fine, 5xx is tried again, and
everything else, 429 included, is dropped. So "later" is always 503 here.

Each alert counts by its own `status`, never by the group's. It is repeated every `repeat_interval`; its
identity is `fingerprint`. A custom payload template (since 0.32) may change everything: `alerts` is what we
need, `version` is not looked at, so version 3 and imitations without a version are read as well.

News about an alert is ordered by `startsAt` while firing and `endsAt` when resolved. A sender that sets no
`startsAt` is ordered by arrival altogether: our clock and its clock must not be compared.
"""

from collections.abc import Mapping
from typing import Any

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event
from leitplanke.wire import labelled, protocol, reading
from leitplanke.wire.answers import Answer
from leitplanke.wire.building import Said, event
from leitplanke.wire.intake import Call, Intake, Wire

NAME = "alertmanager"
_ACTIONS = {"firing": Action.TRIGGER, "resolved": Action.RESOLVE}


def read(call: Call) -> Intake:
    """One notification: the alerts of one group."""
    body = reading.read_json(call.body)
    if not isinstance(body, dict) or "alerts" not in body:
        raise InvalidInputError(
            "no 'alerts' in the body",
            field="alerts",
            remedy="point a webhook_config here without a custom payload template",
        )
    alerts = reading.item_list(body["alerts"], "alerts")
    group_flags = ("incomplete",) if _truncated(body) else ()
    external_url = reading.text(body.get("externalURL"))

    def read_alert(alert: Any, where: str) -> Event:
        return _event(call, alert, where=where, group_flags=group_flags, external_url=external_url)

    events, rejected = reading.read_items(alerts, read_alert, field="alerts")
    return Intake(answer=protocol.outcome(200, events, rejected), events=events, rejected=rejected)


def _event(call: Call, alert: Any, *, where: str, group_flags: tuple[str, ...], external_url: str) -> Event:
    alert = reading.mapping(alert, where)
    labels = labelled.required_labels(alert, where)
    annotations = reading.annotations(alert.get("annotations"), f"{where}.annotations")
    action = _action(alert, where)
    starts_at, bad_start = labelled.readable_moment(alert.get("startsAt"))
    ends_at, bad_end = labelled.readable_moment(alert.get("endsAt"))
    claimed = starts_at if action is Action.TRIGGER else ends_at
    said = Said(
        alert_key=reading.identifier(alert.get("fingerprint"), f"{where}.fingerprint")
        or labelled.identity(labels),
        action=action,
        title=labelled.title(labels, annotations),
        symptom=labelled.symptom(labels, annotations),
        severity=labelled.severity(labels),
        labels=labels,
        annotations=annotations,
        links=[*labelled.links(alert, annotations), (external_url, "Alertmanager")],
        occurred_at=claimed,
        orders=claimed if starts_at else None,
        repeats=starts_at is not None,
        flags=(*group_flags, *(["clock_unreadable"] if bad_start or bad_end else [])),
    )
    return event(call, said, sender=NAME, where=where)


def _action(alert: Mapping[str, Any], where: str) -> Action:
    """By the alert's own status; an imitation without one is firing."""
    word = reading.text(alert.get("status")).lower() or "firing"
    if word in _ACTIONS:
        return _ACTIONS[word]
    raise InvalidInputError(
        f"status is {word!r:.100}", field=f"{where}.status", remedy="send 'firing' or 'resolved'"
    )


def _truncated(body: Mapping[str, Any]) -> bool:
    """`max_alerts` cut the list: what is missing is neither firing nor resolved, it is unknown."""
    cut = body.get("truncatedAlerts")
    return isinstance(cut, int) and cut > 0


def _limited() -> Answer:
    """Alertmanager drops what is answered with 429 and sends again what is with 503."""
    return protocol.limited(status=503)


WIRE = Wire(
    name=NAME,
    paths=(),
    read=read,
    unreadable=protocol.unreadable,
    refused=protocol.refused,
    unavailable=protocol.unavailable,
    limited=_limited,
)
