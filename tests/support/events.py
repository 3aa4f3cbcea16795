"""Events about one alert, told in minutes: `trigger(3)` is a trigger whose state time is 09:03."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from leitplanke.domain.events import Action, Event, Severity

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def minutes(count: float) -> datetime:
    """So many minutes after START."""
    return START + timedelta(minutes=count)


def said(action: Action, at: float, *, received: float | None = None, **fields: Any) -> Event:
    """What a sender said, with state time `at`, received then or at `received`."""
    received_at = minutes(at if received is None else received)
    given: dict[str, Any] = {
        "event_id": f"event-{next(_numbers)}",
        "integration_id": "integration-1",
        "sender": "pagerduty",
        "alert_key": "gateway-1",
        "action": action,
        "title": "gateway-1 is down",
        "symptom": "GatewayDown",
        "severity": Severity.ERROR,
        "labels": {"service": "vpn"},
        "received_at": received_at,
        "occurred_at": minutes(at),
        "state_time": min(minutes(at), received_at),
    }
    return Event(**(given | fields))


def trigger(at: float, **fields: Any) -> Event:
    """It fires."""
    return said(Action.TRIGGER, at, **fields)


def acknowledge(at: float, **fields: Any) -> Event:
    """Somebody has it."""
    return said(Action.ACKNOWLEDGE, at, **({"by": "Ada Example"} | fields))


def resolve(at: float, **fields: Any) -> Event:
    """It is over."""
    return said(Action.RESOLVE, at, **fields)
