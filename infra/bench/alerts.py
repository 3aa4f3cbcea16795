"""Alerts of everyday size, as Prometheus posts them: 6 labels, 3 annotations, some 560 bytes of JSON each."""

from datetime import datetime, timedelta
from typing import Any

DESCRIPTION = "The 5xx ratio of checkout has been above the agreed threshold for five minutes."


def prometheus_body(hosts: range, *, now: datetime, resolved: bool = False) -> list[dict[str, Any]]:
    """One alert of service checkout for each host; begun on the hour, promised for four minutes more."""
    began = now.replace(minute=0, second=0, microsecond=0)
    ends = now if resolved else now + timedelta(minutes=4)
    return [
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
