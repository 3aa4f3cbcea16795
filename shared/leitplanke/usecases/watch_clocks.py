"""What is due: the one place where time passes. Function 7 of the design, and the reconciler.

A look says "look at this subject then"; what is owed follows from the subject itself. So a look that comes
twice, late or for nothing is harmless, and whatever the stream or a crash left undone is found here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from leitplanke.domain.alerts import Alert, ResolvedBy, end_by_person, expire
from leitplanke.domain.clocks import (
    LOOK_AGAIN,
    Duty,
    duties,
    is_back,
    lapsed,
    look_after,
    next_quiet_check,
    without_confirmation,
)
from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.domain.incidents import SYSTEM, Changed, Incident, close, escalate, reopen
from leitplanke.domain.policy import Policy
from leitplanke.table.alerts import Alerts, Episode, StoredAlert
from leitplanke.table.client import Outcome
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.ports import Policies
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.settle_incidents import acknowledge_within, restore_if_quiet

_TRIES = 8


class Senders(Protocol):
    """What the clocks ask about senders."""

    def heard_since(self, integration_id: str, moment: datetime, *, now: datetime) -> bool:
        """Whether this sender has spoken since then and everything it said has been worked through.

        If it has not spoken, it counts as silent, which is an incident of its own.
        """

    def repeat(self, alerts: Iterable[Alert]) -> None:
        """Put the last word about these alerts into the event queue once more, as it came."""

    def look(self, integration_id: str, *, now: datetime) -> None:
        """Whether a sender that must speak every so often still does; and the next look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Looks at subjects."""

    alerts: Alerts
    incidents: Incidents
    publisher: Publisher
    policies: Policies
    senders: Senders

    def look(self, subject: str, *, now: datetime) -> None:
        """Do what is owed to a subject and arm its next look.

        A subject that does not exist (any more) is owed nothing. Raises LostRaceError, UnavailableError.
        """
        kind, _, name = subject.partition("/")
        try:
            _LOOKS[kind](self, name, now)
        except NotFoundError:
            return

    def look_at_incident(self, incident_id: str, now: datetime) -> None:
        """Everything an incident is owed; then its next look."""
        policy, _ = self.policies.get(now)
        for _ in range(_TRIES):
            incident = self.incidents.get(incident_id)
            try:
                seen, after = self._do_duties(incident, policy, now)
            except LostRaceError:
                continue
            if self.incidents.set_clocks(seen, after, look_at=look_after(after, now)):
                return
        raise LostRaceError(f"clocks of incident {incident_id}")

    def look_at_problem(self, problem_id: str, now: datetime) -> None:
        """Publish what a problem owes."""
        problem = self.publisher.problems.get(problem_id)
        self.publisher.problem(problem)
        if not self.publisher.problems.looked(problem):
            raise LostRaceError(f"clocks of problem {problem_id}")

    def look_at_service(self, service: str, now: datetime) -> None:  # noqa: ARG002 - all looks look alike
        """Publish what a service owes."""
        state = self.publisher.services.get(service)
        if state is not None:
            self.publisher.service(state)

    def look_at_integration(self, integration_id: str, now: datetime) -> None:
        """Whether a sender that must speak still does."""
        self.senders.look(integration_id, now=now)

    def _do_duties(self, incident: Incident, policy: Policy, now: datetime) -> tuple[Incident, Incident]:
        """The incident as stored afterwards, and with the deadlines that it shall have."""
        clocks = incident
        for duty in duties(incident, now):
            incident, clocks = _DUTIES[duty](self, incident, clocks, policy, now)
        return incident, clocks

    def _publish(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        self.publisher.incident(incident)
        done = {"published_revision": incident.revision}
        return replace(incident, **done), replace(clocks, **done)  # type: ignore[arg-type]

    def _route(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        self.publisher.wake_routing(incident, at=now, reason="routing has not looked yet")
        return incident, clocks

    def _escalate(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        changed = escalate(incident, by=SYSTEM, at=now, reason="nobody acknowledged it in time")
        return self._commit(incident, clocks, changed)

    def _check_quiet(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        grace = policy.restoring.quiet_after
        gone, left = self._lapse(incident, policy, now)
        if gone:
            pulsed = self.incidents.pulse(incident, at=now, quiet_check_at=None)
            incident = clocks = pulsed or self.incidents.get(incident.incident_id)
        due = next_quiet_check(left, now, grace=grace)
        if left:
            return incident, replace(clocks, quiet_check_at=due)
        ended_at = max((alert.expires_at for alert in gone if alert.expires_at), default=now)
        return self._restore(incident, replace(clocks, quiet_check_at=None), policy, now, ended_at)

    def _lapse(self, incident: Incident, policy: Policy, now: datetime) -> tuple[list[Alert], list[Alert]]:
        """End the alerts that went quiet; those that did, as they were, and those that still fire."""
        firing = self._firing(incident, now)
        alerts = [stored.alert for stored in firing if stored.alert]
        quiet = lapsed(alerts, now, grace=policy.restoring.quiet_after)
        gone = {alert.alert_id for alert in quiet if self._is_gone(alert, now)}
        self._end([one for one in firing if one.alert and one.alert.alert_id in gone], now, expire)
        return (
            [alert for alert in alerts if alert.alert_id in gone],
            [alert for alert in alerts if alert.alert_id not in gone],
        )

    def _check_empty(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        return self._restore(incident, clocks, policy, now, now)

    def _restore(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime, ended_at: datetime
    ) -> tuple[Incident, Incident]:
        """Restore it if nothing fires, and has not for as long as the policy wants."""
        if not incident.is_live:
            return incident, clocks
        settled_at = incident.pulsed_at + policy.restoring.after
        if now < settled_at:
            return incident, replace(clocks, quiet_check_at=settled_at)
        restored = restore_if_quiet(
            incident, at=ended_at, incidents=self.incidents, alerts=self.alerts, policy=policy, now=now
        )
        return (restored, restored) if restored is not None else (incident, clocks)

    def _is_gone(self, alert: Alert, now: datetime) -> bool:
        """Quiet is not well: only a sender that spoke since, without this alert, says that it is over."""
        if alert.expires_at is None:
            return False
        return self.senders.heard_since(alert.integration_id, alert.expires_at, now=now)

    def _confirm(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        firing = [stored.alert for stored in self._firing(incident, now) if stored.alert]
        if is_back(incident, firing):
            within = acknowledge_within(incident, policy)
            reason = f"still firing: {firing[0].title}"
            changed = reopen(incident, by=SYSTEM, at=now, reason=reason, acknowledge_within=within)
            return self._commit(incident, clocks, changed)
        return incident, without_confirmation(clocks)

    def _close(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        if incident.is_live:
            return incident, clocks
        something = self.alerts.worst_firing(incident.incident_id) is not None
        if something and self._lapse(incident, policy, now)[1]:
            return incident, replace(clocks, close_at=now + policy.reopen_window)
        changed = close(incident, by=SYSTEM, at=now, reason="restored, and quiet for the reopen window")
        return self._commit(incident, clocks, changed)

    def _end_alerts(
        self, incident: Incident, clocks: Incident, policy: Policy, now: datetime
    ) -> tuple[Incident, Incident]:
        """End what its sender has not mentioned since the close; what it has fires, and needs an incident.

        A trigger that came while the alert still fired was a repeat to correlation, which reads no incident
        for one. Its last word again is a replay, and a replay in a closed incident finds another one.
        """
        firing = self._firing(incident, now)
        closed_at = incident.closed_at or now
        heard = [one.alert for one in firing if one.alert and one.alert.last_seen_at > closed_at]
        self.senders.repeat(heard)
        # The person decided then: what a sender said after it and is still on its way to us is news.
        self._end([one for one in firing if one.alert not in heard], closed_at, end_by_person)
        return incident, replace(clocks, close_at=now + LOOK_AGAIN if heard else None)

    def _commit(
        self, incident: Incident, clocks: Incident, changed: Changed | None
    ) -> tuple[Incident, Incident]:
        if changed is None:
            return incident, clocks
        stored = self.incidents.commit(incident, changed)
        return stored, stored

    def _firing(self, incident: Incident, now: datetime) -> list[StoredAlert]:
        ids = self.alerts.firing_alert_ids(incident.incident_id)
        stored = self.alerts.load(ids, now=now) if ids else {}
        return [one for one in stored.values() if one.alert and one.alert.incident_id == incident.incident_id]

    def _end(self, ending: Sequence[StoredAlert], now: datetime, end: Callable[..., Alert]) -> None:
        """Resolve these alerts ourselves. Raises LostRaceError if news about one of them was faster."""
        writes = [(stored, end(stored.alert, now=now)) for stored in ending if stored.alert]
        if not writes:
            return
        self.alerts.note_episodes(begun=[], ended=[_ended(alert, now) for _, alert in writes])
        outcomes = self.alerts.save(writes)
        if any(outcome is Outcome.LOST for outcome in outcomes):
            raise LostRaceError("alerts that went quiet")


def _ended(alert: Alert, now: datetime) -> Episode:
    return Episode(
        incident_id=alert.incident_id or "",
        alert_id=alert.alert_id,
        number=alert.episode,
        title=alert.title,
        symptom=alert.symptom,
        severity=alert.severity.value,
        fired_at=alert.fired_at or alert.first_seen_at,
        resolved_at=alert.resolved_at or now,
        resolved_by=(alert.resolved_by or ResolvedBy.TIMEOUT).value,
    )


_DUTIES = {
    Duty.PUBLISH: Clocks._publish,
    Duty.ROUTE: Clocks._route,
    Duty.ESCALATE: Clocks._escalate,
    Duty.CHECK_QUIET: Clocks._check_quiet,
    Duty.CHECK_EMPTY: Clocks._check_empty,
    Duty.CONFIRM: Clocks._confirm,
    Duty.CLOSE: Clocks._close,
    Duty.END_ALERTS: Clocks._end_alerts,
}

_LOOKS: dict[str, Callable[[Clocks, str, datetime], None]] = {
    "incident": Clocks.look_at_incident,
    "problem": Clocks.look_at_problem,
    "service": Clocks.look_at_service,
    "integration": Clocks.look_at_integration,
}
