"""Events become alerts, alerts become incidents. Function 2 of the design.

For each batch: fold the news per alert, choose each firing alert's incident, write episodes, then alerts,
then tell the incidents. Whoever dies on the way leaves only things that the next delivery completes:

    open or reopen incident ─▶ episode rows ─▶ alert rows ─▶ pulse / restore / acknowledge ─▶ message gone
    (empty until joined)       (insert once)   (version)      (again on replay: `changed_by`)
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leitplanke.domain.alerts import Alert, Folded, Transition, TransitionKind, fold
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.events import Event
from leitplanke.domain.grouping import group_key, service_of
from leitplanke.domain.incidents import SYSTEM, Incident, IncidentState, close, opened, reopen
from leitplanke.domain.placement import Group, Placement, place
from leitplanke.domain.policy import Policy
from leitplanke.domain.signatures import signature
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts, Episode, StoredAlert
from leitplanke.table.client import Outcome
from leitplanke.table.incidents import Incidents, Pointer
from leitplanke.usecases.ports import NewId, Policies, Quarantine
from leitplanke.usecases.settle_incidents import Effects, acknowledge_within, settle

_ROUNDS = 12
"""How often alerts that lost a race are decided again before their messages come again."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Report:
    """What a batch did, for metrics; `unfinished` are alert ids whose messages must come again."""

    events: int = 0
    alerts: int = 0
    stale: int = 0
    opened: int = 0
    quarantined: int = 0
    unfinished: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One alert of the batch: as read, as folded, and where it goes if it fires."""

    news: Sequence[Event]
    stored: StoredAlert | None
    folded: Folded
    group: Group | None

    @property
    def alert(self) -> Alert:
        return self.folded.alert


class Correlator:
    """Correlates batches; holds what every batch needs."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        incidents: Incidents,
        policies: Policies,
        quarantine: Quarantine,
        new_id: NewId,
    ) -> None:
        self._alerts = alerts
        self._incidents = incidents
        self._policies = policies
        self._quarantine = quarantine
        self._new_id = new_id

    def correlate(self, events: Iterable[Event], *, now: datetime) -> Report:
        """Bring the table up to this news. Raises UnavailableError where trying again may work."""
        pending: dict[str, list[Event]] = defaultdict(list)
        report = Report()
        for event in events:
            pending[keys.alert_id(event.integration_id, event.alert_key)].append(event)
            report.events += 1
        report.alerts = len(pending)
        policy, version = self._policies.get(now)
        for _ in range(_ROUNDS):
            if not pending:
                return report
            batch = _Batch(self, policy, version, now, report)
            again = batch.run(pending)
            pending = {ident: pending[ident] for ident in again if ident in pending}
        report.unfinished |= set(pending)
        return report


class _Batch:
    """One round over the alerts that are still to be done."""

    def __init__(
        self, owner: Correlator, policy: Policy, version: int, now: datetime, report: Report
    ) -> None:
        self._alerts = owner._alerts
        self._incidents = owner._incidents
        self._quarantine = owner._quarantine
        self._new_id = owner._new_id
        self._policy = policy
        self._version = version
        self._now = now
        self._report = report
        self._effects: dict[str, Effects] = defaultdict(Effects)
        self._incident_of: dict[str, Incident] = {}

    def run(self, pending: Mapping[str, Sequence[Event]]) -> set[str]:
        """Returns the alerts that must be decided again."""
        stored = self._alerts.load(pending, now=self._now)
        plans = self._plan(pending, stored)
        homes, again = self._find_homes(plans)
        plans = {ident: plan for ident, plan in plans.items() if ident not in again}
        written, lost = self._write(plans, homes)
        again |= lost
        for ident in written:
            self._note_effects(plans[ident], homes.get(ident))
        return again | self._settle()

    def _plan(
        self, pending: Mapping[str, Sequence[Event]], stored: Mapping[str, StoredAlert]
    ) -> dict[str, _Plan]:
        plans: dict[str, _Plan] = {}
        for ident, news in pending.items():
            row = stored.get(ident)
            try:
                folded = fold(ident, row.alert if row else None, news)
                group = self._group(folded.alert) if folded.has(TransitionKind.FIRED) else None
            except Exception as error:
                # A poisoned alert must not hold up its neighbours, whatever is wrong with it.
                _log.exception("alert goes to quarantine", extra={"alert_id": ident})
                self._keep(news, f"cannot be correlated: {type(error).__name__}: {error}")
                continue
            plans[ident] = _Plan(news=news, stored=row, folded=folded, group=group)
        return plans

    def _group(self, alert: Alert) -> Group:
        service = service_of(alert.labels, self._policy)
        return Group(
            group_key=group_key(service, alert.symptom, alert.labels, self._policy),
            service=service,
            signature=signature(service, alert.symptom),
        )

    def _keep(self, news: Iterable[Event], reason: str) -> None:
        for event in news:
            self._quarantine.keep_event(event, reason=reason, now=self._now)
            self._report.quarantined += 1

    def _find_homes(self, plans: Mapping[str, _Plan]) -> tuple[dict[str, Incident], set[str]]:
        """The incident of every alert that fires, opened or reopened where needed; and who has to wait."""
        self._load_incidents(plans)
        homes: dict[str, Incident] = {}
        by_group: dict[str, list[str]] = defaultdict(list)
        for ident, plan in plans.items():
            if plan.group is None:
                continue
            kept = self._current_home(plan)
            if kept is not None:
                homes[ident] = kept
            else:
                by_group[plan.group.group_key].append(ident)
        pointers = self._incidents.pointers(by_group)
        found = self._incidents.get_many(pointer.incident_id for pointer in pointers.values())
        again: set[str] = set()
        for key, idents in by_group.items():
            pointer = pointers.get(key)
            current = found.get(pointer.incident_id) if pointer else None
            try:
                home = self._home(pointer, current, [plans[ident] for ident in idents])
            except LostRaceError:
                again.update(idents)
                continue
            homes |= dict.fromkeys(idents, home)
        return homes, again

    def _load_incidents(self, plans: Mapping[str, _Plan]) -> None:
        """Incidents that alerts are in already, if a transition concerns them."""
        wanted = {
            plan.alert.incident_id
            for plan in plans.values()
            if plan.folded.transitions and plan.alert.incident_id
        }
        wanted |= {
            plan.stored.alert.incident_id
            for plan in plans.values()
            if plan.folded.transitions and plan.stored and plan.stored.alert and plan.stored.alert.incident_id
        }
        self._incident_of = self._incidents.get_many(wanted) if wanted else {}

    def _current_home(self, plan: _Plan) -> Incident | None:
        """Where a replayed alert is already, unless that incident was closed under its feet."""
        incident = self._incident_of.get(plan.alert.incident_id or "")
        if incident is None or incident.state is IncidentState.CLOSED:
            return None
        return incident

    def _home(self, pointer: Pointer | None, current: Incident | None, plans: Sequence[_Plan]) -> Incident:
        """The group's incident, ready to be joined. Raises LostRaceError."""
        match place(current, now=self._now):
            case Placement.JOIN if current is not None:
                return current
            case Placement.REOPEN if current is not None:
                reason = f"firing again: {plans[0].alert.title}"
                within = acknowledge_within(current, self._policy)
                changed = reopen(current, by=SYSTEM, at=self._now, reason=reason, acknowledge_within=within)
                return self._incidents.commit(current, changed) if changed else current
        return self._open(pointer, current, plans)

    def _open(self, pointer: Pointer | None, current: Incident | None, plans: Sequence[_Plan]) -> Incident:
        if current is not None and current.state is IncidentState.RESTORED:
            over = close(current, by=SYSTEM, at=self._now, reason="the reopen window is over")
            if over is not None:
                self._incidents.commit(current, over)
        first = min(plans, key=lambda plan: (plan.alert.fired_at or self._now, plan.alert.alert_id))
        alert, group = first.alert, first.group
        if group is None:
            raise AssertionError("only alerts with a group open incidents")
        worst = min((plan.alert.severity for plan in plans), key=lambda severity: severity.rank)
        incident = Incident(
            incident_id=self._new_id(),
            group_key=group.group_key,
            state=IncidentState.OPEN,
            title=alert.title,
            service=group.service,
            symptom=alert.symptom,
            signature=group.signature,
            severity=worst,
            labels=alert.labels,
            policy_version=self._version,
            began_at=alert.fired_at or self._now,
            opened_at=self._now,
            changed_at=self._now,
            pulsed_at=self._now,
        )
        made = self._incidents.open(opened(incident, by=alert.sender), replaces=pointer)
        self._report.opened += 1
        return made

    def _write(self, plans: Mapping[str, _Plan], homes: Mapping[str, Incident]) -> tuple[list[str], set[str]]:
        """Episodes first, then alerts. Returns who is stored and who lost a race."""
        begun: list[Episode] = []
        ended: list[Episode] = []
        writes: list[tuple[str, StoredAlert | None, Alert]] = []
        done: list[str] = []
        for ident, plan in plans.items():
            alert = _at_home(plan, homes.get(ident))
            for episode in _episodes(plan, alert):
                (begun if _began_here(plan, episode) else ended).append(episode)
            if plan.stored is None or alert != plan.stored.alert:
                writes.append((ident, plan.stored, alert))
            else:
                done.append(ident)
        self._alerts.note_episodes(begun=begun, ended=ended)
        outcomes = self._alerts.save([(stored, alert) for _, stored, alert in writes])
        lost: set[str] = set()
        for (ident, _, _), outcome in zip(writes, outcomes, strict=True):
            if outcome is Outcome.WRITTEN:
                done.append(ident)
            elif outcome is Outcome.LOST:
                lost.add(ident)
            else:
                self._keep_refused(plans[ident])
        return done, lost

    def _keep_refused(self, plan: _Plan) -> None:
        _log.error("the table refuses an alert", extra={"alert_id": plan.alert.alert_id})
        self._keep(plan.news, "the table refuses this alert's row")

    def _note_effects(self, plan: _Plan, home: Incident | None) -> None:
        alert = _at_home(plan, home)
        self._report.stale += plan.folded.stale
        for transition in plan.folded.transitions:
            incident_id = _incident_of(plan, alert, transition)
            if incident_id is None:
                continue
            self._effects[incident_id].note(transition, alert, self._policy)

    def _settle(self) -> set[str]:
        again: set[str] = set()
        known = {incident.incident_id: incident for incident in self._incident_of.values()}
        for incident_id, effects in self._effects.items():
            if not settle(
                known.get(incident_id),
                incident_id,
                effects,
                incidents=self._incidents,
                alerts=self._alerts,
                policy=self._policy,
                now=self._now,
            ):
                again |= effects.fired
        return again


def _at_home(plan: _Plan, home: Incident | None) -> Alert:
    """The alert as it shall be stored: in the incident it fires in."""
    if home is None or plan.group is None:
        return plan.alert
    if plan.alert.incident_id == home.incident_id:
        return plan.alert
    return replace(plan.alert, service=plan.group.service, incident_id=home.incident_id)


def _incident_of(plan: _Plan, alert: Alert, transition: Transition) -> str | None:
    """The incident that this transition happened in: an earlier episode belongs to the incident before."""
    before = plan.stored.alert if plan.stored else None
    if before is not None and transition.episode == before.episode and before.incident_id:
        replayed_elsewhere = transition.kind is TransitionKind.FIRED and transition.replay
        return alert.incident_id if replayed_elsewhere else before.incident_id
    return alert.incident_id


def _episodes(plan: _Plan, alert: Alert) -> list[Episode]:
    """The episodes that this fold began or ended."""
    fired = {t.episode: t for t in plan.folded.transitions if t.kind is TransitionKind.FIRED}
    resolved = {t.episode: t for t in plan.folded.transitions if t.kind is TransitionKind.RESOLVED}
    made: list[Episode] = []
    for number in sorted(fired.keys() | resolved.keys()):
        begin, end = fired.get(number), resolved.get(number)
        incident_id = _incident_of(plan, alert, begin or resolved[number])
        if incident_id is None:
            continue
        began_at = begin.at if begin else alert.fired_at
        made.append(
            Episode(
                incident_id=incident_id,
                alert_id=alert.alert_id,
                number=number,
                title=alert.title,
                symptom=alert.symptom,
                severity=alert.severity.value,
                fired_at=began_at or alert.first_seen_at,
                resolved_at=end.at if end else None,
                resolved_by="source" if end else None,
            )
        )
    return made


def _began_here(plan: _Plan, episode: Episode) -> bool:
    return any(
        transition.kind is TransitionKind.FIRED and transition.episode == episode.number
        for transition in plan.folded.transitions
    )
