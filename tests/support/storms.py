"""Alerts of everyday size as the door makes events of them."""

import itertools
import json
from datetime import datetime

from infra.bench.alerts import prometheus_body
from leitplanke.domain.events import Event
from leitplanke.wire import prometheus
from leitplanke.wire.intake import Call

_numbers = itertools.count(1)


def prometheus_alerts(hosts: range, *, now: datetime, resolved: bool = False) -> list[Event]:
    """One alert of service checkout for each host; begun on the hour."""
    call = Call(
        body=json.dumps(prometheus_body(hosts, now=now, resolved=resolved)).encode(),
        headers={},
        received_at=now,
        integration_id="cdd4wqr7bd6e2isr2mam3qjnp4",
        new_id=lambda: f"e{next(_numbers):09d}",
    )
    return list(prometheus.read(call).events)
