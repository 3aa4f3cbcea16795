"""Who cannot work, how urgent it is, who gets it: decided anew whenever that may have changed. Function 4.

incident opened / reopened / its alerts changed / restored ─▶ route(incident)
a service flipped ─▶ wake every incident whose impact that may change
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from leitplanke.domain.announcements import alerts_changed
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.impact import affected_by, counts_as_down
from leitplanke.domain.incidents import (
    SYSTEM,
    Change,
    Changed,
    CutOff,
    Incident,
    IncidentState,
    KnownWorkaround,
)
from leitplanke.domain.policy import Policy
from leitplanke.domain.routing import Facts, Outcome, decide
from leitplanke.table import keys, rows
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Put
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.ports import Policies, SendMessages

_TRIES = 12
_SHOWN = 5
"""Customers named in the incident's own row; all of them are in the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """Routes incidents; `wake` puts messages on the routing queue itself."""

    incidents: Incidents
    alerts: Alerts
    services: Services
    problems: Problems
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
        """Wake the incidents that a flip of this service may concern; returns how many."""
        policy, _ = self.policies.get(now)
        down = {state.service for state in self.services.all().values() if state.down}
        concerned = sorted((affected_by(service, policy) | {service}) & down)
        woken = [
            _wake_up(incident_id, service, now)
            for one in concerned
            for incident_id in self.services.causes(one)
        ]
        self.wake(woken)
        return len(woken)

    def _route(self, incident: Incident, policy: Policy, version: int, now: datetime) -> Incident:
        if not incident.is_live:
            self.services.up(incident.service, incident.incident_id, at=now)
            return self._note_routed(incident)
        severity = self.alerts.worst_firing(incident.incident_id) or incident.severity
        if counts_as_down(severity, policy):
            self.services.down(incident.service, incident.incident_id, at=now)
        else:
            self.services.up(incident.service, incident.incident_id, at=now)
        down = {state.service for state in self.services.all().values() if state.down}
        facts = Facts(
            service=incident.service,
            severity=severity,
            symptom=incident.symptom,
            title=incident.title,
            labels=incident.labels,
            down=down,
        )
        outcome = decide(facts, policy)
        known = self.problems.workaround(incident.signature)
        after = _with_outcome(incident, outcome, known, now)
        if incident.priority is not None and _decided(after) == _decided(incident):
            return self._note_routed(incident)
        change = _change(incident, after, outcome, now)
        why = rows.plain_row(
            keys.decision(incident.incident_id, after.revision),
            "decision",
            revision=after.revision,
            at=now,
            policy=version,
            outcome=outcome.as_dict(),
            facts={"service": incident.service, "severity": severity.value, "down": sorted(down)},
        )
        return self.incidents.commit(incident, Changed(incident=after, change=change), extra=[Put(row=why)])

    def _note_routed(self, incident: Incident) -> Incident:
        """Nothing to write, but for what services are down by it: that was right only if nobody was faster.

        Whoever changed the incident meanwhile may have been here before our word about its service.
        """
        if incident.routed_pulse < incident.pulse:
            now_there = self.incidents.routed(incident)
        else:
            now_there = self.incidents.get(incident.incident_id)
        if now_there.revision != incident.revision or now_there.routed_pulse > incident.pulse:
            raise LostRaceError(f"routing incident {incident.incident_id}")
        return incident


def _wake_up(incident_id: str, service: str, now: datetime) -> str:
    event = alerts_changed(incident_id, 0, at=now, reason=f"{service} flipped")
    return json.dumps({"source": event["source"], "detail-type": event["type"], "detail": event})


def _with_outcome(
    incident: Incident, outcome: Outcome, known: KnownWorkaround | None, now: datetime
) -> Incident:
    return replace(
        incident,
        impact=outcome.impact,
        urgency=outcome.urgency,
        priority=outcome.priority,
        team=outcome.team,
        lane=outcome.lane,
        also=outcome.also,
        cut_off=tuple(CutOff(name=one.name, heads=one.heads) for one in outcome.cut_off[:_SHOWN]),
        cut_off_count=outcome.cut_off_count,
        heads=outcome.heads,
        known_workaround=known or incident.known_workaround,
        acknowledge_by=_acknowledge_by(incident, outcome, now),
        routed_pulse=incident.pulse,
        revision=incident.revision + 1,
        changed_at=now,
    )


def _acknowledge_by(incident: Incident, outcome: Outcome, now: datetime) -> datetime | None:
    """The clock runs from the moment the priority was set; it only stops for an owner or an escalation."""
    if incident.state is not IncidentState.OPEN or incident.escalation:
        return None
    if outcome.priority == incident.priority:
        return incident.acknowledge_by
    within: timedelta | None = outcome.acknowledge_within
    return now + within if within is not None else None


def _decided(incident: Incident) -> tuple[Any, ...]:
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


def _change(before: Incident, after: Incident, outcome: Outcome, now: datetime) -> Change:
    """Loud if it is the first word, if others are concerned, or if it got worse."""
    worse = before.priority is not None and after.priority is not None and after.priority < before.priority
    moved = (before.team, before.lane) != (after.team, after.lane)
    cut = after.heads > before.heads and before.heads == 0
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
    loud = before.priority is None or worse or moved or cut
    return Change(kind="incident.routed", at=now, by=SYSTEM, loud=loud, data=data)


def _in_words(outcome: Outcome, limit: int = 4) -> list[str]:
    return [reason.text for reason in outcome.reasons[:limit]]


def subjects_of(messages: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """(kind, name) of what routing-queue messages speak of, each once, in order."""
    seen: dict[tuple[str, str], None] = {}
    for message in messages:
        kind, _, name = str(message["detail"]["subject"]).partition("/")
        seen[kind, name] = None
    return list(seen)
