"""What senders post: the same trouble in each protocol that the door speaks."""

from datetime import datetime
from typing import Any

from infra.bench.alerts import prometheus_body


def prometheus(key: str, now: datetime) -> Any:
    return prometheus_body(range(1), now=now)


def hundred(key: str, now: datetime) -> Any:
    return prometheus_body(range(100), now=now)


def alertmanager(key: str, now: datetime) -> Any:
    (alert,) = prometheus_body(range(1), now=now)
    alert |= {"status": "firing", "fingerprint": "57c6d9296de2ad39"}
    group = {"alertname": "HighErrorRate"}
    return {
        "version": "4",
        "status": "firing",
        "receiver": "leitplanke",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "groupLabels": group,
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.example.org",
        "alerts": [alert],
    }


def pagerduty(key: str, now: datetime) -> Any:
    return {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": "host-00000/http",
        "payload": {
            "summary": "5xx ratio above 5% for 5m on host-00000",
            "source": "host-00000",
            "severity": "critical",
            "component": "checkout",
            "class": "HighErrorRate",
            "custom_details": {"ratio": "0.07", "region": "eu-west-1"},
        },
    }


def json_event(_key: str, _now: datetime) -> Any:
    return {
        "alert_key": "host-00000/http",
        "action": "trigger",
        "title": "5xx ratio above 5% for 5m on host-00000",
        "symptom": "HighErrorRate",
        "severity": "critical",
        "service": "checkout",
        "labels": {"region": "eu-west-1"},
    }


def cloudevent(key: str, now: datetime) -> Any:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/checkout/host-00000",
        "type": "org.example.http.error-rate.triggered",
        "time": now.isoformat(),
        "data": json_event(key, now),
    }
