"""Quiet is not well: has a sender spoken since, or has it gone silent? Asked by the clocks.

A silent sender restores nobody. It is an alert of our own, sent through the front like any other, and
resolved by the door as soon as the sender speaks again.

    note `silent_since`, unless it was heard meanwhile ─▶ tell ─▶ note that it is told

It is noted before it is told, so whoever hears the sender in between knows what to take back; who dies in
between leaves a silence that the next look tells.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from leitplanke.domain.alerts import Alert
from leitplanke.domain.clocks import LOOK_AGAIN
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.events import Action, Event, chunked
from leitplanke.domain.integrations import Integration
from leitplanke.domain.silence import gone_silent, heard_again
from leitplanke.table.integrations import Integrations, subject
from leitplanke.table.looks import Looks
from leitplanke.usecases.ports import SendMessages

SHORT_BACKLOG = 100
"""Messages that may wait in the event queue while we still believe that we know all a sender said."""


@dataclass(slots=True, kw_only=True)
class SenderWatch:
    """Knows which senders were heard. One per sweep: it remembers what it has asked."""

    integrations: Integrations
    looks: Looks
    backlog: Callable[[], int]
    send: SendMessages
    _known: dict[str, Integration | None] = field(default_factory=dict)
    _waiting: int | None = None

    def heard_since(self, integration_id: str, moment: datetime, *, now: datetime) -> bool:
        """Whether it spoke after `moment` and our own backlog is short; otherwise it may be silent.

        The key of a sender that was taken out of service says nothing more on purpose: what it promised
        lapses.
        """
        integration = self._get(integration_id)
        if integration is None:
            return True
        if integration.revoked_at is not None:
            self._end_silence(integration, now)
            return True
        if integration.heard_at is not None and integration.heard_at >= moment:
            return self._backlog() <= SHORT_BACKLOG
        self._is_silent(integration, moment, now)
        return False

    def look(self, integration_id: str, *, now: datetime) -> None:
        """Whether a sender that must speak every `quiet_after_s` seconds did; looks again in time."""
        integration = self._get(integration_id)
        if integration is None:
            return
        if integration.revoked_at is not None:
            self._end_silence(integration, now)
            return
        if integration.quiet_after_s is None:
            return
        heard_at = integration.heard_at or integration.created_at
        due = heard_at + timedelta(seconds=integration.quiet_after_s) + LOOK_AGAIN
        if due <= now:
            self._is_silent(integration, heard_at, now)
        self.looks.arm(_next(due, now), subject(integration_id))

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
            self._tell(again)

    def _get(self, integration_id: str) -> Integration | None:
        if integration_id not in self._known:
            try:
                self._known[integration_id] = self.integrations.get(integration_id)
            except NotFoundError:
                self._known[integration_id] = None
        return self._known[integration_id]

    def _backlog(self) -> int:
        if self._waiting is None:
            self._waiting = self.backlog()
        return self._waiting

    def _is_silent(self, integration: Integration, unheard_since: datetime, now: datetime) -> None:
        ident = integration.integration_id
        since, told = integration.silent_since, integration.silence_told
        if since is None or not integration.is_silent:
            if not self.integrations.fell_silent(ident, now, unheard_since=unheard_since):
                return  # it has spoken meanwhile, was revoked, or another sweep has noted it and tells
            since, told = now, False
        if not told:
            self._tell([gone_silent(integration, since=since)])
            self.integrations.silence_told(ident, since=since)
        self._known[ident] = replace(integration, silent_since=since, silence_told=True)

    def _end_silence(self, integration: Integration, now: datetime) -> None:
        """Nobody expects it to speak any more."""
        since = integration.silent_since
        if since is None:
            return
        self._tell([heard_again(integration, since=since, at=now)])
        self.integrations.heard_again(integration.integration_id, since=since)
        self._known[integration.integration_id] = replace(integration, silent_since=None)

    def _tell(self, events: Iterable[Event]) -> None:
        self.send(chunked(events))


def _next(due: datetime, now: datetime) -> datetime:
    """`due`, or the first whole number of minutes after it that lies ahead.

    Whoever looks in the same minute arms the same look, so that two sweeps do not become two chains of looks.
    """
    if due > now:
        return due
    return due + ((now - due) // LOOK_AGAIN + 1) * LOOK_AGAIN
