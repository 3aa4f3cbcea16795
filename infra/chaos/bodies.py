"""Requests as real senders make them (formats: leitplanke.wire, whose sources are the senders' own)."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.chaos.world import Symptom

PROMISE = timedelta(minutes=30)
"""How far ahead of now `endsAt` of a firing alert is. Prometheus takes four times the longer of its
evaluation interval and its resend delay; this is longer, so that no alert lapses because the engine was
stopped for the test."""
_NEVER = "0001-01-01T00:00:00Z"


@dataclass(slots=True, kw_only=True)
class Seen:
    """What a sender knows of one alert: since when it fires, and when it ended, if it has."""

    began: datetime
    ended: datetime | None = None


def now() -> datetime:
    """The sender's clock."""
    return datetime.now(UTC)


def labels(symptom: Symptom) -> dict[str, str]:
    """The labels of an alert of the Prometheus family."""
    return {
        "alertname": symptom.name,
        "service": symptom.service,
        "instance": symptom.instance,
        "severity": symptom.severity,
        "job": "blackbox",
    }


def fingerprint(symptom: Symptom) -> str:
    """Alertmanager's name of an alert: sixteen hex digits."""
    text = "\xff".join(f"{name}\xfe{value}" for name, value in sorted(labels(symptom).items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dedup_key(symptom: Symptom) -> str:
    """PagerDuty's name of an alert."""
    return f"{symptom.service}/{symptom.name}/{symptom.instance}"


def prometheus(alerts: list[tuple[Symptom, Seen]], *, at: datetime, bad: str) -> list[dict[str, Any]]:
    """One batch for POST /api/v2/alerts."""
    batch = [
        {
            "labels": labels(symptom),
            "annotations": _annotations(symptom),
            "startsAt": _text(seen.began),
            "endsAt": _text(seen.ended or at + PROMISE),
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
        }
        for symptom, seen in alerts
    ]
    return batch + ([{"labels": {"alertname": bad}, "startsAt": "yesterday"}] if bad else [])


def alertmanager(alerts: list[tuple[Symptom, Seen]], *, bad: str) -> dict[str, Any]:
    """One notification of a group for the webhook receiver, version 4."""
    first = alerts[0][0]
    group = {"alertname": first.name, "service": first.service}
    items = [
        {
            "status": "resolved" if seen.ended else "firing",
            "labels": labels(symptom),
            "annotations": _annotations(symptom),
            "startsAt": _text(seen.began),
            "endsAt": _text(seen.ended) if seen.ended else _NEVER,
            "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up",
            "fingerprint": fingerprint(symptom),
        }
        for symptom, seen in alerts
    ]
    if bad:
        items.append({"status": "undecided", "labels": {"alertname": bad}})
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{first.name}", service="{first.service}"}}',
        "truncatedAlerts": 0,
        "status": "resolved" if all(seen.ended for _, seen in alerts) else "firing",
        "receiver": "leitplanke",
        "groupLabels": group,
        "commonLabels": group,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": items,
    }


def pagerduty(symptom: Symptom, action: str, *, key: str) -> dict[str, Any]:
    """One event for POST /v2/enqueue."""
    body: dict[str, Any] = {"routing_key": key, "event_action": action, "dedup_key": dedup_key(symptom)}
    if action == "trigger":
        body["payload"] = {
            "summary": f"{symptom.name} on {symptom.instance}",
            "source": symptom.instance,
            "severity": symptom.severity,
            "class": symptom.name,
            "custom_details": {"service": symptom.service},
        }
    return body


def bad_pagerduty(marker: str, *, key: str) -> dict[str, Any]:
    """An event that PagerDuty would refuse: a trigger without a payload."""
    return {"routing_key": key, "event_action": "trigger", "dedup_key": marker}


def _annotations(symptom: Symptom) -> dict[str, str]:
    return {"summary": f"{symptom.name} at {symptom.service}", "description": f"seen on {symptom.instance}"}


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
