"""Events become alerts, alerts become incidents. Function 2 of the design.

For each batch: fold the news per alert, choose each firing alert's incident, write episodes, then alerts,
then tell the incidents. Whoever dies on the way leaves only things that the next delivery completes:

    open or reopen incident ─▶ episode rows ─▶ alert rows ─▶ ends of episodes ─▶ pulse / restore / acknowledge
    (empty until joined)       (insert once)   (version)     (again on replay: `changed_by`)   ─▶ message gone

An alert that goes from one live incident to another tells the old one first: by a pulse, after which the
clocks ask whether anything fires in it at all. A replay would not know any more where the alert came from.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from leitplanke.domain.alerts import Alert, TransitionKind, fold
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.events import Event
from leitplanke.domain.grouping import group_key, service_of
from leitplanke.domain.placement import Group
from leitplanke.domain.policy import Policy
from leitplanke.domain.signatures import signature
from leitplanke.table import keys, rows
from leitplanke.table.alerts import Alerts, Episode, StoredAlert
from leitplanke.table.client import Outcome, encode_row
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.alert_plans import PlacedPlan, Plan
from leitplanke.usecases.place_alerts import Homes, Placing
from leitplanke.usecases.ports import NewId, Policies, Quarantine
from leitplanke.usecases.settle_incidents import Effects, settle

_ROUNDS = 12
"""How often alerts that lost a race are decided again before their messages come again."""

_AT_ONCE = 1_000
"""Alerts that are worked through together. Each thousand is done before the next begins, so that a batch of
very many gets further each time it comes; a thousand alerts of one incident still bump it once."""

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

    def correlate(
        self, events: Iterable[Event], *, now: datetime, keep_going: Callable[[], bool] = lambda: True
    ) -> Report:
        """Bring the table up to this news. Raises UnavailableError where trying again may work.

        Stops in good order, with the rest unfinished, when `keep_going` says so: it is asked after every
        thousand alerts.
        """
        news: dict[str, list[Event]] = defaultdict(list)
        report = Report()
        for event in events:
            news[keys.alert_id(event.integration_id, event.alert_key)].append(event)
            report.events += 1
        report.alerts = len(news)
        policy, version = self._policies.get(now)
        for position, part in enumerate(_parts(news, _AT_ONCE)):
            if position and not keep_going():
                report.unfinished.update(part)
                continue
            self._correlate(part, policy, version, now, report)
        return report

    def _correlate(
        self,
        pending: Mapping[str, Sequence[Event]],
        policy: Policy,
        version: int,
        now: datetime,
        report: Report,
    ) -> None:
        for _ in range(_ROUNDS):
            if not pending:
                return
            placing = Placing(
                incidents=self._incidents, policy=policy, version=version, new_id=self._new_id, now=now
            )
            batch = _Batch(self._alerts, self._quarantine, placing, report)
            again = batch.run(pending)
            pending = {ident: pending[ident] for ident in again}
        report.unfinished.update(pending)


def _parts(news: Mapping[str, Sequence[Event]], size: int) -> Iterator[dict[str, Sequence[Event]]]:
    source = iter(news.items())
    while part := dict(islice(source, size)):
        yield part


class _Batch:
    """One round over the alerts that are still to be done."""

    def __init__(self, alerts: Alerts, quarantine: Quarantine, placing: Placing, report: Report) -> None:
        self._alerts = alerts
        self._quarantine = quarantine
        self._placing = placing
        self._incidents = placing.incidents
        self._policy = placing.policy
        self._now = placing.now
        self._report = report
        self._again: set[str] = set()

    def run(self, pending: Mapping[str, Sequence[Event]]) -> set[str]:
        """Returns the alerts that must be decided again."""
        plans = self._plan(pending, self._alerts.load(pending, now=self._now))
        homes = self._placing.homes(plans)
        self._report.opened += len(homes.opened)
        self._again |= homes.lost
        for ident in homes.refused:
            self._keep(plans[ident].news, "the table refuses an incident for this alert")
        placed = {
            ident: plan.placed(homes.of.get(ident))
            for ident, plan in plans.items()
            if ident not in homes.lost and ident not in homes.refused
        }
        self._say_goodbye(placed, homes)
        done = self._write(placed, homes)
        self._settle([placed[ident] for ident in done], homes)
        return self._again

    def _plan(
        self, pending: Mapping[str, Sequence[Event]], stored: Mapping[str, StoredAlert]
    ) -> dict[str, Plan]:
        plans: dict[str, Plan] = {}
        for ident, news in pending.items():
            row = stored.get(ident)
            try:
                folded = fold(ident, row.alert if row else None, news)
                group = self._group(folded.alert) if folded.has(TransitionKind.FIRED) else None
                encode_row(rows.alert_row(folded.alert))  # what no row can hold is found out here
            except Exception as error:
                # A poisoned alert must not hold up its neighbours, whatever is wrong with it.
                _log.exception("alert goes to quarantine", extra={"alert_id": ident})
                self._keep(news, f"cannot be correlated: {type(error).__name__}: {error}")
                continue
            plans[ident] = Plan(news=news, stored=row, folded=folded, group=group)
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

    def _say_goodbye(self, placed: dict[str, PlacedPlan], homes: Homes) -> None:
        """Live incidents that alerts leave for others have to be looked at once the alerts are gone."""
        leaving: dict[str, set[str]] = defaultdict(set)
        for ident, plan in placed.items():
            if plan.left is not None:
                leaving[plan.left].add(ident)
        for incident_id, idents in leaving.items():
            incident = homes.known.get(incident_id)
            if incident is None or not incident.is_live:
                continue
            try:
                pulsed = self._incidents.pulse(incident, at=self._now, quiet_check_at=None)
            except LostRaceError:
                self._again |= idents
                for ident in idents:
                    del placed[ident]
            else:
                homes.known[incident_id] = pulsed or incident

    def _write(self, placed: Mapping[str, PlacedPlan], homes: Homes) -> list[str]:
        """Episodes begin, alerts change, episodes end. Returns the alerts that are stored."""
        before: list[Episode] = []
        begun: list[Episode] = []
        changed: list[str] = []
        done: list[str] = []
        for ident, plan in placed.items():
            before.extend(plan.ended_before(homes.known, self._now))
            begun.extend(plan.begun())
            (changed if plan.is_changed else done).append(ident)
        self._alerts.note_episodes(begun=begun, ended=before)
        outcomes = self._alerts.save([(placed[ident].plan.stored, placed[ident].alert) for ident in changed])
        for ident, outcome in zip(changed, outcomes, strict=True):
            if outcome is Outcome.WRITTEN:
                done.append(ident)
            elif outcome is Outcome.LOST:
                self._again.add(ident)
            else:
                _log.error("the table refuses an alert", extra={"alert_id": ident})
                self._keep(placed[ident].plan.news, "the table refuses this alert's row")
        ended = [episode for ident in done for episode in placed[ident].ended()]
        self._alerts.note_episodes(begun=[], ended=ended)
        return done

    def _settle(self, stored: Iterable[PlacedPlan], homes: Homes) -> None:
        """Tell every incident what happened to its alerts."""
        effects: dict[str, Effects] = defaultdict(Effects)
        for placed in stored:
            self._report.stale += placed.plan.folded.stale
            for transition in placed.plan.folded.transitions:
                incident_id = placed.incident_of(transition)
                if incident_id is not None:
                    effects[incident_id].note(transition, placed.alert, self._policy)
        for incident_id, what in effects.items():
            try:
                settled = settle(
                    homes.known.get(incident_id),
                    incident_id,
                    what,
                    incidents=self._incidents,
                    alerts=self._alerts,
                    policy=self._policy,
                    now=self._now,
                )
            except LostRaceError:
                self._again |= what.alerts
            else:
                self._again |= set() if settled else what.firing
