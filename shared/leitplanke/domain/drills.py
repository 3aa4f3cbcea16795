"""Drills: once a minute an event of our own goes the way of all events and opens nothing.

That the one before came through is what an outside watcher is told; silence there means that our alerting is
down, which no alarm of ours could be trusted to say.
"""

from datetime import datetime, timedelta

from leitplanke.domain.events import Action, Event, Severity

INTEGRATION = "leitplanke"
"""Ours. Ids of integrations are hashes, so no sender can have this one."""
KEY = "drill"

FRESH = timedelta(minutes=3)
"""A drill that came through counts for so long: one round in between may fail, and a queue may be slow."""


def drill(event_id: str, now: datetime) -> Event:
    """This minute's drill."""
    return Event(
        event_id=event_id,
        integration_id=INTEGRATION,
        sender=INTEGRATION,
        alert_key=KEY,
        action=Action.TRIGGER,
        title="Drill",
        symptom="drill",
        severity=Severity.INFO,
        received_at=now,
        occurred_at=now,
        state_time=now,
    )


def is_drill(event: Event) -> bool:
    """Whether it is none of anybody's business but ours."""
    return event.integration_id == INTEGRATION and event.alert_key == KEY


def is_fresh(sent_at: datetime | None, now: datetime) -> bool:
    """Whether the last drill that came through was sent a short while ago."""
    return sent_at is not None and now - sent_at <= FRESH
