"""Alertmanager's API v2, `POST /api/v2/alerts`: Prometheus, vmalert, Mimir and Loki rulers need only a URL.

What Prometheus does with our answer (notifier/sendloop.go): any 2xx is fine; everything else drops the batch
and counts an error. It never sends a batch again, but sends each firing alert again after its resend delay.
So one bad alert must never cost its neighbours: 200 if anything was good, 400 only if nothing was.

Rules of the API (api/v2/api.go, postAlertsHandler): empty label values are removed; the full label set is
the identity; `startsAt` defaults to `endsAt`, else now; `endsAt` defaults to now + resolve_timeout; starting
after ending is invalid; an alert is resolved when `endsAt` is not in the future. While firing, Prometheus
keeps `endsAt` ahead of now: a promise to say more before then, which we keep as `expires_at`.

News about an alert is ordered by `startsAt` while firing and `endsAt` when resolved. A sender that sets no
`startsAt` is ordered by arrival altogether: our clock and its clock must not be compared.
"""

from datetime import datetime, timedelta
from typing import Any

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Action, Event
from leitplanke.wire import labelled, protocol, reading
from leitplanke.wire.answers import Answer, json_answer
from leitplanke.wire.building import Said, event
from leitplanke.wire.intake import Call, Intake, Refusal, Rejected, Wire

NAME = "prometheus"
RESOLVE_TIMEOUT = timedelta(minutes=5)
"""Alertmanager's default `resolve_timeout` (docs/configuration.md)."""


def read(call: Call) -> Intake:
    """One batch of alerts; an empty one is a health check."""
    alerts = reading.item_list(reading.read_json(call.body), "alerts")

    def read_alert(alert: Any, where: str) -> Event:
        return _event(call, alert, where=where)

    events, rejected = reading.read_items(alerts, read_alert, field="alerts")
    answer = _error(400, _reasons(rejected)) if rejected and not events else _OK
    return Intake(answer=answer, events=events, rejected=rejected)


def _event(call: Call, alert: Any, *, where: str) -> Event:
    alert = reading.mapping(alert, where)
    labels = labelled.required_labels(alert, where)
    annotations = reading.annotations(alert.get("annotations"), f"{where}.annotations")
    claimed_start = reading.moment(alert.get("startsAt"), f"{where}.startsAt")
    claimed_end = reading.moment(alert.get("endsAt"), f"{where}.endsAt")
    starts_at, ends_at = _times(claimed_start, claimed_end, now=call.received_at, where=where)
    resolved = ends_at <= call.received_at
    changed_at = ends_at if resolved else starts_at
    said = Said(
        alert_key=labelled.identity(labels),
        action=Action.RESOLVE if resolved else Action.TRIGGER,
        title=labelled.title(labels, annotations),
        symptom=labelled.symptom(labels, annotations),
        severity=labelled.severity(labels),
        labels=labels,
        annotations=annotations,
        links=labelled.links(alert, annotations),
        occurred_at=changed_at,
        orders=changed_at if claimed_start else None,
        repeats=claimed_start is not None,
        expires_at=None if resolved else ends_at,
    )
    return event(call, said, sender=NAME, where=where)


def _times(
    starts_at: datetime | None, ends_at: datetime | None, *, now: datetime, where: str
) -> tuple[datetime, datetime]:
    """Both times with the API's defaults. Raises InvalidInputError if the alert starts after it ends."""
    starts = starts_at or ends_at or now
    ends = ends_at or now + RESOLVE_TIMEOUT
    if starts > ends:
        raise InvalidInputError(
            "start time must be before end time",
            field=f"{where}.startsAt",
            remedy="send startsAt not later than endsAt, or leave endsAt out",
        )
    return starts, ends


_HEADERS = {"cache-control": "no-store"}
_OK = Answer(status=200, headers=_HEADERS)


def _error(status: int, message: str) -> Answer:
    """The API's error answers are JSON strings (api/v2/openapi.yaml, responses)."""
    return json_answer(status, message)


def _reasons(rejected: tuple[Rejected, ...]) -> str:
    shown = [f"{item.field}: {item.reason}; {item.remedy}" for item in rejected[:20]]
    more = [f"and {len(rejected) - len(shown)} more"] if len(rejected) > len(shown) else []
    return "; ".join(shown + more)


def _unreadable(error: InvalidInputError) -> Answer:
    return _error(protocol.status_of(error), f"{error.field}: {error.message}; {error.remedy}")


def _refused(refusal: Refusal) -> Answer:
    return _error(refusal.status, f"{refusal.reason}; {refusal.remedy}")


def _unavailable() -> Answer:
    return _error(503, "the alerts could not be stored just now; send them again")


def _limited() -> Answer:
    """Whatever the status, Prometheus drops the batch and sends what still fires again after a minute."""
    return _error(429, f"more requests than this integration may send; {protocol.LIMIT_REMEDY}")


WIRE = Wire(
    name=NAME,
    paths=("/api/v2/alerts",),
    read=read,
    unreadable=_unreadable,
    refused=_refused,
    unavailable=_unavailable,
    limited=_limited,
)
