"""Alerts of everyday size as Prometheus sends them: 6 labels, 3 annotations, about 560 bytes of JSON."""

import itertools
import json
from datetime import datetime, timedelta

from leitplanke.domain.events import Event
from leitplanke.wire import prometheus
from leitplanke.wire.intake import Call

_numbers = itertools.count(1)
DESCRIPTION = "The 5xx ratio of checkout has been above the agreed threshold for five minutes."


def prometheus_alerts(hosts: range, *, now: datetime, resolved: bool = False) -> list[Event]:
    """One alert of service checkout for each host, as the door makes events of them; begun on the hour."""
    began = now.replace(minute=0, second=0, microsecond=0)
    ends = now if resolved else now + timedelta(minutes=4)
    body = [
        {
            "labels": {
                "alertname": "HighErrorRate",
                "severity": "critical",
                "service": "checkout",
                "instance": f"host-{host:05d}",
                "region": "eu-west-1",
                "team": "payments",
            },
            "annotations": {
                "summary": f"5xx ratio above 5% for 5m on host-{host:05d}",
                "description": DESCRIPTION,
                "runbook_url": "https://runbooks.example.org/checkout/high-error-rate",
            },
            "startsAt": began.isoformat(),
            "endsAt": ends.isoformat(),
            "generatorURL": "http://prometheus.example.org/graph?g0.expr=rate",
        }
        for host in hosts
    ]
    call = Call(
        body=json.dumps(body).encode(),
        headers={},
        received_at=now,
        integration_id="cdd4wqr7bd6e2isr2mam3qjnp4",
        new_id=lambda: f"e{next(_numbers):09d}",
    )
    return list(prometheus.read(call).events)
