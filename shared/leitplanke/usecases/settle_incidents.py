"""What a batch of alerts means for one incident: it pulses, it is restored, it is back, somebody has it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leitplanke.domain.alerts import Alert, AlertState, Transition, TransitionKind
from leitplanke.domain.clocks import NEVER
from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.domain.incidents import SYSTEM, Changed, Incident, IncidentState, acknowledge, reopen, restore
from leitplanke.domain.policy import Policy
from leitplanke.table.alerts import Alerts
from leitplanke.table.incidents import Incidents

_TRIES = 12


@dataclass(slots=True)
class Effects:
    """What happened to the alerts of one incident in a batch."""

    alerts: set[str] = field(default_factory=set)
    firing: set[str] = field(default_factory=set)
    """Those of them that fire in it as the batch leaves them."""
    news: bool = False
    """Something that was not known before fires, or fires worse."""
    resolved_at: datetime | None = None
    quiet_check_at: datetime | None = None
    acknowledged: dict[str, datetime] = field(default_factory=dict)

    def note(self, transition: Transition, alert: Alert, policy: Policy) -> None:
        """One transition of an alert, and the alert as it is stored now."""
        self.alerts.add(alert.alert_id)
        match transition.kind:
            case TransitionKind.RESOLVED:
                self.resolved_at = max(self.resolved_at or transition.at, transition.at)
            case TransitionKind.ACKNOWLEDGED:
                by = transition.by or alert.sender
                self.acknowledged[by] = min(self.acknowledged.get(by, transition.at), transition.at)
            case _:
                self._note_firing(transition, alert, policy)

    @property
    def concerns_alerts(self) -> bool:
        """Whether alerts joined, left or got worse or milder; an acknowledgement alone does none of it."""
        return bool(self.firing or self.resolved_at or self.news)

    def _note_firing(self, transition: Transition, alert: Alert, policy: Policy) -> None:
        fires_anew = transition.kind is TransitionKind.FIRED and not transition.replay
        self.news = self.news or fires_anew or transition.worse
        if alert.state is not AlertState.FIRING or alert.episode != transition.episode:
            return
        self.firing.add(alert.alert_id)
        if alert.expires_at is not None and alert.expires_at < NEVER:
            check_at = alert.expires_at + policy.restoring.quiet_after
            self.quiet_check_at = min(self.quiet_check_at or check_at, check_at)


def settle(  # noqa: PLR0913 - one call from two places, all by keyword
    known: Incident | None,
    incident_id: str,
    effects: Effects,
    *,
    incidents: Incidents,
    alerts: Alerts,
    policy: Policy,
    now: datetime,
) -> bool:
    """Apply the effects. False if alerts fire in an incident that is closed: they need another one.

    `known` may be out of date. Raises LostRaceError when others are faster all the time.
    """
    for _ in range(_TRIES):
        try:
            incident = known or incidents.get(incident_id)
            return _settle_once(incident, effects, incidents=incidents, alerts=alerts, policy=policy, now=now)
        except LostRaceError:
            known = None
        except NotFoundError:
            return not effects.firing
    raise LostRaceError(f"incident {incident_id}")


def _settle_once(
    incident: Incident,
    effects: Effects,
    *,
    incidents: Incidents,
    alerts: Alerts,
    policy: Policy,
    now: datetime,
) -> bool:
    if effects.concerns_alerts:
        after = _alerts_changed(incident, effects, incidents=incidents, alerts=alerts, policy=policy, now=now)
        if after is None:
            return False
        incident = after
    for by, at in sorted(effects.acknowledged.items(), key=lambda who: who[1]):
        changed = _taken(incident, by=by, at=min(at, now))
        incident = incidents.commit(incident, changed) if changed else incident
    return True


def _taken(incident: Incident, *, by: str, at: datetime) -> Changed | None:
    """Acknowledged in the sender's tool; old news for an incident that is over."""
    if incident.state is not IncidentState.OPEN:
        return None
    return acknowledge(incident, by=by, at=at)


def _alerts_changed(
    incident: Incident,
    effects: Effects,
    *,
    incidents: Incidents,
    alerts: Alerts,
    policy: Policy,
    now: datetime,
) -> Incident | None:
    """The incident afterwards; None if it is closed and alerts fire in it."""
    check_at = effects.quiet_check_at
    if incident.is_live and effects.resolved_at is not None and not effects.firing:
        if policy.restoring.after == timedelta(0):
            restored = restore_if_quiet(
                incident, at=effects.resolved_at, incidents=incidents, alerts=alerts, policy=policy, now=now
            )
            if restored is not None:
                return restored
        else:
            check_at = min(check_at or now + policy.restoring.after, now + policy.restoring.after)
    pulsed = incidents.pulse(incident, at=now, quiet_check_at=check_at)
    if pulsed is not None:
        return pulsed
    incident = incidents.get(incident.incident_id)
    if not effects.firing:
        return incident
    if incident.state is IncidentState.CLOSED:
        return None
    if effects.news or incident.restored_by == SYSTEM:
        return _back(incident, incidents=incidents, policy=policy, now=now)
    return incident


def _back(incident: Incident, *, incidents: Incidents, policy: Policy, now: datetime) -> Incident:
    within = acknowledge_within(incident, policy)
    changed = reopen(
        incident,
        by=SYSTEM,
        at=now,
        reason="an alert fired while it was being restored",
        acknowledge_within=within,
    )
    return incidents.commit(incident, changed) if changed else incident


def acknowledge_within(incident: Incident, policy: Policy) -> timedelta | None:
    """How long somebody has to take it; None before it was routed, and where the policy sets no clock."""
    return policy.acknowledge_within.for_priority(incident.priority) if incident.priority else None


def restore_if_quiet(
    incident: Incident, *, at: datetime, incidents: Incidents, alerts: Alerts, policy: Policy, now: datetime
) -> Incident | None:
    """Restore a live incident in which nothing fires any more; None if something does.

    Nor if a person holds it open: they say that customers cannot work.

    The question goes to an index that lags by moments, so the answer holds only if neither the incident
    nor its alerts changed since it was read, and is asked once more later (`confirm_at`).
    """
    if incident.held_open_by is not None or alerts.worst_firing(incident.incident_id) is not None:
        return None
    changed = restore(
        incident,
        by=SYSTEM,
        at=now,
        reason="nothing is firing any more",
        reopen_window=policy.reopen_window,
        restored_at=at,
    )
    if changed is None:
        return incident
    return incidents.commit(incident, changed, unless_pulsed=True)
