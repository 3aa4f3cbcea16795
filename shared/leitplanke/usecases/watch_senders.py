"""Quiet is not well: has a sender spoken since, or has it gone silent? Asked by the clocks.

A silent sender restores nobody. It is an alert of our own, sent through the front like any other, and
resolved by the door as soon as the sender speaks again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leitplanke.domain.alerts import Alert
from leitplanke.domain.clocks import LOOK_AGAIN
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.events import Action, Event, Severity, chunked
from leitplanke.domain.incidents import SYSTEM
from leitplanke.domain.integrations import Integration
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from leitplanke.usecases.ports import NewId, SendMessages

SHORT_BACKLOG = 100
"""Messages that may wait in the event queue while we still believe that we know all a sender said."""

MAX_MESSAGE_BYTES = 200_000


def silent_key(integration_id: str) -> str:
    """The alert key under which a sender's silence is told and its return resolved."""
    return f"sender-silent/{integration_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderWatch:
    """Knows which senders were heard. One per sweep: it remembers what it has asked."""

    integrations: Integrations
    looks: Looks
    backlog: Callable[[], int]
    send: SendMessages
    new_id: NewId
    _known: dict[str, Integration | None] = field(default_factory=dict)

    def heard_since(self, integration_id: str, moment: datetime, *, now: datetime) -> bool:
        """Whether it spoke after `moment` and our own backlog is short; otherwise it may be silent.

        The key of a sender that was taken out of service says nothing more on purpose: what it promised
        lapses.
        """
        integration = self._get(integration_id)
        if integration is None or integration.revoked_at is not None:
            return True
        if integration.heard_at is not None and integration.heard_at >= moment:
            return self.backlog() <= SHORT_BACKLOG
        self._fell_silent(integration, moment, now)
        return False

    def look(self, integration_id: str, *, now: datetime) -> None:
        """Whether a sender that must speak every `quiet_after_s` seconds did; looks again in time."""
        integration = self._get(integration_id)
        if integration is None or integration.revoked_at is not None or integration.quiet_after_s is None:
            return
        heard_at = integration.heard_at or integration.created_at
        due = heard_at + timedelta(seconds=integration.quiet_after_s) + LOOK_AGAIN
        if due <= now:
            self._fell_silent(integration, heard_at, now)
        self.looks.arm(max(due, now + LOOK_AGAIN), f"integration/{integration_id}")

    def repeat(self, alerts: Iterable[Alert]) -> None:
        """The last word about each alert again, as the event that it was: a replay to correlation."""
        again = [
            Event(
                event_id=alert.changed_by,
                integration_id=alert.integration_id,
                sender=alert.sender,
                alert_key=alert.alert_key,
                action=Action.TRIGGER,
                title=alert.title,
                symptom=alert.symptom,
                severity=alert.severity,
                labels=alert.labels,
                annotations=alert.annotations,
                links=alert.links,
                flags=alert.flags,
                received_at=alert.last_seen_at,
                occurred_at=alert.fired_at or alert.first_seen_at,
                state_time=alert.state_time,
                expires_at=alert.expires_at,
            )
            for alert in alerts
        ]
        if again:
            self.send(chunked(again, max_bytes=MAX_MESSAGE_BYTES))

    def _get(self, integration_id: str) -> Integration | None:
        if integration_id not in self._known:
            try:
                self._known[integration_id] = self.integrations.get(integration_id)
            except NotFoundError:
                self._known[integration_id] = None
        return self._known[integration_id]

    def _fell_silent(self, integration: Integration, unheard_since: datetime, now: datetime) -> None:
        """Tell first, note it then: who dies in between tells again, which is a repeat of the same alert."""
        if integration.is_silent:
            return
        heard = f"{integration.heard_at:%Y-%m-%d %H:%M:%S} UTC" if integration.heard_at else "never"
        event = Event(
            event_id=self.new_id(),
            integration_id=SYSTEM,
            sender=SYSTEM,
            alert_key=silent_key(integration.integration_id),
            action=Action.TRIGGER,
            title=f"{integration.name} has gone silent: last heard {heard}",
            symptom="sender gone silent",
            severity=Severity.ERROR,
            labels={"service": f"monitoring: {integration.name}", "integration": integration.name},
            received_at=now,
            occurred_at=now,
            state_time=now,
        )
        self.send(chunked([event], max_bytes=MAX_MESSAGE_BYTES))
        self.integrations.fell_silent(integration.integration_id, now, unheard_since=unheard_since)
