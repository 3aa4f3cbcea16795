"""What the clocks do about one incident: each duty that is due, then the next look.

Two sweeps may look at the same incident at the same time: whatever they store they store under what they
have seen, so of two who escalate one does, and the other reads again and finds nothing left to do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from leitplanke.domain.alerts import Alert, AlertState, ResolvedBy, end_by_person, expire
from leitplanke.domain.clocks import (
    LOOK_AGAIN,
    Duty,
    checked,
    confirmed,
    duties,
    firing_check_at,
    is_back,
    lapsed,
    look_after,
    next_quiet_check,
)
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.handling import end_suppression
from leitplanke.domain.incidents import SYSTEM, Changed, Incident, close, escalate, reopen
from leitplanke.domain.policy import Policy
from leitplanke.domain.reports import is_report
from leitplanke.table.alerts import Alerts, Episode, StoredAlert
from leitplanke.table.client import Outcome
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.ports import Policies
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.settle_incidents import acknowledge_within, restore_if_quiet

_TRIES = 12
_PAGE = 100


class Senders(Protocol):
    """What the clocks ask about senders."""

    def heard_since(self, integration_id: str, moment: datetime, *, now: datetime) -> bool:
        """Whether this sender has spoken since then and everything it said has been worked through.

        If it has not spoken, it counts as silent, which is an incident of its own.
        """

    def repeat(self, alerts: Iterable[Alert]) -> None:
        """Put the last word about these alerts into the event queue once more, as it came."""


class Judge(Protocol):
    """Says whether those were right who went past a guardrail."""

    def judge(self, incident: Incident, *, now: datetime) -> int:
        """Give a verdict on each override in a closed incident that has none. Repeatable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An incident as it is stored, and with the deadlines that it shall have."""

    stored: Incident
    clocks: Incident

    def but(self, clocks: Incident) -> "_Seen":
        """With other deadlines."""
        return _Seen(stored=self.stored, clocks=clocks)


def _just(stored: Incident) -> _Seen:
    return _Seen(stored=stored, clocks=stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClocks:
    """Looks at incidents."""

    alerts: Alerts
    incidents: Incidents
    publisher: Publisher
    policies: Policies
    senders: Senders
    judge: Judge

    def look(self, incident_id: str, now: datetime) -> None:
        """Everything an incident is owed; then its next look.

        Raises NotFoundError, LostRaceError (others were faster all the time) or UnavailableError.
        """
        policy, _ = self.policies.get(now)
        for _ in range(_TRIES):
            incident = self.incidents.get(incident_id)
            try:
                seen = self._do_duties(_just(incident), policy, now)
            except LostRaceError:
                continue
            if self.incidents.set_clocks(seen.stored, seen.clocks, look_at=look_after(seen.clocks, now)):
                return
        raise LostRaceError(f"clocks of incident {incident_id}")

    def _do_duties(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        for duty in duties(seen.stored, now):
            seen = _DUTIES[duty](self, seen, policy, now)
        return seen

    def _publish(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        self.publisher.incident(seen.stored)
        done = seen.stored.revision
        return _Seen(
            stored=replace(seen.stored, published_revision=done),
            clocks=replace(seen.clocks, published_revision=done),
        )

    def _route(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        self.publisher.wake_routing(seen.stored, at=now, reason="routing has not looked yet")
        return seen

    def _escalate(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        changed = escalate(seen.stored, by=SYSTEM, at=now, reason="nobody acknowledged it in time")
        return self._commit(seen, changed)

    def _end_suppression(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        within = acknowledge_within(seen.stored, policy)
        return self._commit(seen, end_suppression(seen.stored, by=SYSTEM, at=now, acknowledge_within=within))

    def _check_quiet(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        """Alerts whose sender promised news by now: some are over, some were promised for later meanwhile."""
        if not seen.stored.is_live:
            return seen
        before = self._firing(seen.stored, now)
        gone = self._lapse(before, policy, now)
        left = [alert for alert in _alerts(before) if alert.alert_id not in gone]
        if gone:
            pulsed = self.incidents.pulse(seen.stored, at=now, quiet_check_at=None)
            seen = _just(pulsed or self.incidents.get(seen.stored.incident_id))
        due = next_quiet_check(left, now, grace=policy.restoring.quiet_after)
        seen = seen.but(replace(seen.clocks, quiet_check_at=due))
        return seen if left else self._restore(seen, policy, now)

    def _check_firing(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        """What fires, a minute after its alerts changed last: the index has caught up by then."""
        incident = seen.stored
        if not incident.is_live or firing_check_at(incident) > now:
            return seen
        worst = self.alerts.worst_firing(incident.incident_id)
        if worst is None:
            return self._restore(seen.but(checked(seen.clocks)), policy, now)
        if worst is incident.severity or incident.routed_pulse < incident.pulse:
            return seen.but(checked(seen.clocks))
        pulsed = self.incidents.pulse(incident, at=now, quiet_check_at=None)
        return _just(pulsed or self.incidents.get(incident.incident_id))

    def _restore(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        """Restore it if nothing fires, and has not for as long as the policy wants."""
        incident = seen.stored
        if not incident.is_live or incident.held_open_by is not None:
            return seen
        if incident.alerts_by is not None and incident.alerts_by > now:
            return seen
        settled_at = incident.pulsed_at + policy.restoring.after
        if now < settled_at:
            return seen.but(replace(seen.clocks, quiet_check_at=settled_at))
        restored = restore_if_quiet(
            incident,
            at=self._ended_at(incident),
            incidents=self.incidents,
            alerts=self.alerts,
            policy=policy,
            now=now,
        )
        return seen if restored is None else _just(restored)

    def _ended_at(self, incident: Incident) -> datetime:
        """When the last of its alerts ended, as their episodes say."""
        found: list[datetime] = []
        mark: str | None = None
        while True:
            page = self.alerts.episodes(incident.incident_id, limit=_PAGE, after=mark)
            found.extend(one.resolved_at for one in page.items if one.resolved_at is not None)
            mark = page.next_mark
            if mark is None:
                return max(found, default=incident.pulsed_at)

    def _confirm(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        stored = self._firing(seen.stored, now)
        firing = _alerts(stored)
        if is_back(seen.stored, firing):
            within = acknowledge_within(seen.stored, policy)
            reason = f"still firing: {firing[0].title}"
            changed = reopen(seen.stored, by=SYSTEM, at=now, reason=reason, acknowledge_within=within)
            return self._commit(seen, changed)
        self._end_reports(seen.stored, stored, now)
        self._free_service(seen.stored, now)
        return seen.but(confirmed(seen.clocks))

    def _end_reports(self, incident: Incident, firing: Sequence[StoredAlert], now: datetime) -> None:
        """What people reported nobody sends an end of: the person who restored it has said so."""
        reports = [one for one in firing if one.alert and is_report(one.alert)]
        self._end(reports, incident.restored_at or now, end_by_person)

    def _close(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        """Nothing fires any more, unless a person restored it all the same: then it waits for that."""
        if seen.stored.is_live:
            return seen
        before = self._firing(seen.stored, now)
        if len(self._lapse(before, policy, now)) < len(before):
            return seen.but(replace(seen.clocks, close_at=now + policy.reopen_window))
        changed = close(seen.stored, by=SYSTEM, at=now, reason="restored, and quiet for the reopen window")
        return self._commit(seen, changed)

    def _end_alerts(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        """End what its sender has not mentioned since the close; what it has fires, and needs an incident.

        A trigger that came while the alert still fired was a repeat to correlation, which reads no incident
        for one. Its last word again is a replay, and a replay in a closed incident finds another one.
        """
        firing = self._firing(seen.stored, now)
        closed_at = seen.stored.closed_at or now
        heard = [alert for alert in _alerts(firing) if alert.last_seen_at > closed_at]
        self.senders.repeat(heard)
        # The person decided then: what a sender said after it and is still on its way to us is news.
        self._end([one for one in firing if one.alert not in heard], closed_at, end_by_person)
        self._free_service(seen.stored, now)
        return seen.but(
            replace(seen.clocks, confirm_at=now + LOOK_AGAIN) if heard else confirmed(seen.clocks)
        )

    def _judge(self, seen: _Seen, policy: Policy, now: datetime) -> _Seen:
        self.judge.judge(seen.stored, now=now)
        return seen.but(replace(seen.clocks, judge_at=None))

    def _free_service(self, incident: Incident, now: datetime) -> None:
        """An incident that is over keeps no service down; routing sees to it if it has not yet."""
        if self.publisher.services.has_cause(incident):
            self.publisher.wake_routing(incident, at=now, reason="its service still counts as down")

    def _commit(self, seen: _Seen, changed: Changed | None) -> _Seen:
        return seen if changed is None else _just(self.incidents.commit(seen.stored, changed))

    def _firing(self, incident: Incident, now: datetime) -> list[StoredAlert]:
        """What fires in it: the index names more than that for moments, an alert's own row does not."""
        ids = self.alerts.firing_alert_ids(incident.incident_id)
        stored = self.alerts.load(ids, now=now) if ids else {}
        return [one for one in stored.values() if one.alert and _fires_in(one.alert, incident)]

    def _lapse(self, firing: Sequence[StoredAlert], policy: Policy, now: datetime) -> set[str]:
        """End those that are over for want of news; returns their ids.

        Quiet is not well: only a sender that spoke since, without this alert, says that it is over.
        """
        quiet = lapsed(_alerts(firing), now, grace=policy.restoring.quiet_after)
        gone = {
            alert.alert_id
            for alert in quiet
            if alert.expires_at and self.senders.heard_since(alert.integration_id, alert.expires_at, now=now)
        }
        self._end([one for one in firing if one.alert and one.alert.alert_id in gone], now, expire)
        return gone

    def _end(self, ending: Sequence[StoredAlert], now: datetime, end: Callable[..., Alert]) -> None:
        """Resolve these alerts ourselves. Raises LostRaceError if news about one of them was faster."""
        writes = [(stored, end(stored.alert, now=now)) for stored in ending if stored.alert]
        if not writes:
            return
        outcomes = self.alerts.save(writes)
        written = [
            alert for (_, alert), outcome in zip(writes, outcomes, strict=True) if outcome is Outcome.WRITTEN
        ]
        self.alerts.note_episodes(begun=[], ended=[_ended(alert, now) for alert in written])
        if any(outcome is Outcome.LOST for outcome in outcomes):
            raise LostRaceError("alerts that went quiet")


def _fires_in(alert: Alert, incident: Incident) -> bool:
    return alert.state is AlertState.FIRING and alert.incident_id == incident.incident_id


def _alerts(stored: Sequence[StoredAlert]) -> list[Alert]:
    return [one.alert for one in stored if one.alert is not None]


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
    Duty.PUBLISH: IncidentClocks._publish,
    Duty.ROUTE: IncidentClocks._route,
    Duty.ESCALATE: IncidentClocks._escalate,
    Duty.CHECK_QUIET: IncidentClocks._check_quiet,
    Duty.CHECK_FIRING: IncidentClocks._check_firing,
    Duty.CONFIRM: IncidentClocks._confirm,
    Duty.CLOSE: IncidentClocks._close,
    Duty.END_SUPPRESSION: IncidentClocks._end_suppression,
    Duty.END_ALERTS: IncidentClocks._end_alerts,
    Duty.JUDGE: IncidentClocks._judge,
}
