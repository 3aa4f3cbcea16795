"""Who cannot work, how urgent it is, who gets it: decided anew whenever that may have changed. Function 4.

incident opened / reopened / its alerts changed / restored ─▶ route(incident)
a service flipped ─▶ wake every incident whose impact that may change

The service's state is stored before the decision is made: of two gateways that fail together, whoever decides
last sees both, and the flip wakes the other.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leitplanke.domain.announcements import dependency_flipped
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.events import Severity
from leitplanke.domain.impact import affected_by, counts_as_down
from leitplanke.domain.incidents import (
    SYSTEM,
    Change,
    Changed,
    CutOff,
    Incident,
    IncidentState,
)
from leitplanke.domain.policy import Policy
from leitplanke.domain.routing import Facts, Outcome, decide
from leitplanke.domain.rules import LANES
from leitplanke.table import keys, rows
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Put
from leitplanke.table.incidents import Incidents
from leitplanke.table.services import Services
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.ports import Policies, SendMessages

_TRIES = 24
"""Of sixteen who change an incident at once the last one is done after sixteen rounds."""
_SHOWN = 5
"""Customers named in the incident's own row; the decision has more of them."""
_RECORDED = 100
"""Services that are down and have to do with it, named in a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Routes incidents; `wake` puts messages on the routing queue itself."""

    incidents: Incidents
    alerts: Alerts
    services: Services
    signatures: Signatures
    policies: Policies
    wake: SendMessages

    def route(self, incident_id: str, *, now: datetime) -> Incident:
        """Decide about one incident and store the outcome if it changed.

        Raises NotFoundError, LostRaceError (others were faster all the time) or UnavailableError.
        """
        policy, version = self.policies.get(now)
        for _ in range(_TRIES):
            incident = self.incidents.get(incident_id)
            try:
                return self._route(incident, policy, version, now)
            except LostRaceError:
                continue
        raise LostRaceError(f"routing incident {incident_id}")

    def flipped(self, service: str, *, now: datetime) -> int:
        """Wake the incidents that a flip of this service may concern; returns how many.

        Its own are not among them: they have decided with the flip in sight.
        """
        policy, _ = self.policies.get(now)
        down = {state.service for state in self.services.all().values() if state.down}
        concerned = sorted((affected_by(service, policy) - {service}) & down)
        woken = [
            _wake_up(incident_id, service, now)
            for one in concerned
            for incident_id in self.services.causes(one)
        ]
        self.wake(woken)
        return len(woken)

    def _route(self, incident: Incident, policy: Policy, version: int, now: datetime) -> Incident:
        if not incident.is_live:
            self.services.released(incident, at=now)
            self._note_routed(incident, incident.severity)
            return incident
        severity = self.alerts.worst_firing(incident.incident_id) or incident.severity
        down = self._down(incident, severity, policy, now)
        facts = Facts(
            service=incident.service,
            severity=severity,
            symptom=incident.symptom,
            title=incident.title,
            labels=incident.labels,
            down=down,
            set_priority=incident.set_priority,
            set_team=incident.set_team,
        )
        outcome = decide(facts, policy)
        decided = _with_outcome(incident, outcome, severity, now)
        if incident.priority is not None and _shown(decided) == _shown(incident):
            self._note_routed(incident, severity)
            return incident
        known = self.signatures.workaround(incident.signature)
        after = replace(decided, known_workaround=known or incident.known_workaround)
        why = _decision(after, facts, outcome, policy=policy, version=version)
        changed = Changed(incident=after, change=_change(incident, after, outcome, now))
        return self.incidents.commit(incident, changed, extra=[why])

    def _down(self, incident: Incident, severity: Severity, policy: Policy, now: datetime) -> Collection[str]:
        """The services that are down. Its own is, for an incident whose alerts say so, and for no other.

        So an incident of warnings is judged alike whether another incident of its service comes before or
        after it.
        """
        if incident.service not in policy.services:
            return ()
        counts = counts_as_down(severity, policy)
        down = self.services.judged(incident, down=counts, at=now)
        return down if counts else down - {incident.service}

    def _note_routed(self, incident: Incident, severity: Severity) -> None:
        if incident.routed_pulse < incident.pulse:
            self.incidents.routed(incident, severity=severity)


def _wake_up(incident_id: str, service: str, now: datetime) -> str:
    """As EventBridge would put it into the queue."""
    event = dependency_flipped(incident_id, service, at=now)
    return json.dumps({"source": event["source"], "detail-type": event["type"], "detail": event})


def _with_outcome(incident: Incident, outcome: Outcome, severity: Severity, now: datetime) -> Incident:
    return replace(
        incident,
        severity=severity,
        impact=outcome.impact,
        urgency=outcome.urgency,
        priority=outcome.priority,
        team=outcome.team,
        lane=outcome.lane,
        also=outcome.also,
        cut_off=tuple(CutOff(name=one.name, heads=one.heads) for one in outcome.cut_off[:_SHOWN]),
        cut_off_count=outcome.cut_off_count,
        heads=outcome.heads,
        acknowledge_by=_acknowledge_by(incident, outcome, now),
        routed_pulse=incident.pulse,
        revision=incident.revision + 1,
        changed_at=now,
    )


def _acknowledge_by(incident: Incident, outcome: Outcome, now: datetime) -> datetime | None:
    """The clock runs from the moment the priority was set; an owner, an escalation or quiet stops it."""
    if incident.state is not IncidentState.OPEN or incident.escalation or incident.suppressed_until:
        return None
    if outcome.priority == incident.priority:
        return incident.acknowledge_by
    within: timedelta | None = outcome.acknowledge_within
    return now + within if within is not None else None


def _shown(incident: Incident) -> tuple[Any, ...]:
    """What an outcome is, for telling whether it changed."""
    return (
        incident.impact,
        incident.urgency,
        incident.priority,
        incident.team,
        incident.lane,
        incident.also,
        incident.cut_off,
        incident.cut_off_count,
        incident.heads,
    )


def _decision(after: Incident, facts: Facts, outcome: Outcome, *, policy: Policy, version: int) -> Put:
    """Why: the reasons, the policy's version, and the facts that were seen."""
    concerned = (affected_by(facts.service, policy) | {facts.service}) & set(facts.down)
    seen = {
        "service": facts.service,
        "severity": facts.severity.value,
        "down": sorted(concerned)[:_RECORDED],
        "down_count": len(concerned),
    }
    row = rows.plain_row(
        keys.decision(after.incident_id, after.revision),
        "decision",
        revision=after.revision,
        at=after.changed_at,
        policy=version,
        outcome=outcome.as_dict(),
        facts=seen,
    )
    return Put(row=row)


def _change(before: Incident, after: Incident, outcome: Outcome, now: datetime) -> Change:
    data = {
        "priority": after.priority,
        "impact": after.impact,
        "urgency": after.urgency,
        "team": after.team,
        "lane": after.lane,
        "heads": after.heads,
        "customers": [one.name for one in after.cut_off],
        "before": {
            "priority": before.priority,
            "team": before.team,
            "lane": before.lane,
            "heads": before.heads,
        },
        "why": _in_words(outcome),
    }
    return Change(kind="incident.routed", at=now, by=SYSTEM, loud=_is_loud(before, after), data=data)


def _is_loud(before: Incident, after: Incident) -> bool:
    """The first word; what got worse; and what is new to somebody. That it got better wakes nobody.

    The lane that follows a priority set by hand is no news: the person's own words were told at once.
    """
    if before.priority is None or after.priority is None or before.lane is None or after.lane is None:
        return True
    return (
        after.priority < before.priority
        or (before.set_priority is None and LANES.index(after.lane) < LANES.index(before.lane))
        or before.heads == 0 < after.heads
        or after.team != before.team
        or not set(after.also) <= {*before.also, before.team}
    )


def _in_words(outcome: Outcome, limit: int = 4) -> list[str]:
    return [reason.text for reason in outcome.reasons[:limit]]
