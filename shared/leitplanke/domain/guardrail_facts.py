"""What a guardrail's condition can see of an attempt, of the record it is about, and around the two."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leitplanke.domain.attempts import Attempt
from leitplanke.domain.expressions import Facts, Value
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem

LAZY = ("holding", "team_wip")
"""Facts that cost a question to the table. They are asked for only if a condition mentions them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The lazy facts: live incidents that the actor has, problems that the team works on. 0 if not asked."""

    holding: int = 0
    team_wip: int = 0


_NEUTRAL: dict[str, Value] = {
    "to_priority": "",
    "to_assignee": "",
    "to_team": "",
    "text": "",
    "until_minutes": 0,
    "services_silenced": 0,
    "workaround": False,
    "lane": "",
    "assignee": "",
    "priority": "",
    "severity": "",
    "impact": 0,
    "urgency": 0,
    "heads": 0,
    "customers": [],
    "vital": False,
    "labels": {},
    "hand_overs": 0,
    "reopened": 0,
    "escalated": False,
    "suppressed": False,
    "acknowledged": False,
}
"""What an attempt leaves out, or a record does not have (a problem has no lane)."""


def facts_of(attempt: Attempt, subject: Incident | Problem, *, policy: Policy, around: Around) -> Facts:
    """All facts, each of its declared type whatever is missing. Times are UTC; Monday is weekday 1."""
    team = team_of(subject, policy)
    values = _NEUTRAL | {
        "service": subject.service,
        "symptom": subject.symptom,
        "title": subject.title,
        "state": subject.state.value,
        "team": team,
        "owner": policy.owner(subject.service) or "",
        "minutes_open": max(0, (attempt.at - subject.opened_at) // timedelta(minutes=1)),
        "action": attempt.action.value,
        "actor": attempt.actor.name,
        "roles": sorted(attempt.actor.roles),
        "holding": around.holding,
        "team_wip": around.team_wip,
        "wip_limit": policy.team(team).wip_limit,
        "hour": attempt.at.hour,
        "weekday": attempt.at.isoweekday(),
    }
    if isinstance(subject, Incident):
        values |= _of_incident(subject, policy, attempt.at)
    values |= {name: value for name, value in attempt.details.items() if name in _NEUTRAL}
    return Facts(values, place="guardrail")


def team_of(subject: Incident | Problem, policy: Policy) -> str:
    """The team that has it, or would: the owner of its service, else the policy's default."""
    return subject.team or policy.owner(subject.service) or policy.default_team


def asked_for(names: Iterable[str]) -> frozenset[str]:
    """Which of the lazy facts these conditions mention."""
    return frozenset(names) & frozenset(LAZY)


def _of_incident(incident: Incident, policy: Policy, now: datetime) -> dict[str, Value]:
    customers = [one.name for one in incident.cut_off]
    known = (policy.customers.get(name) for name in customers)
    return {
        "severity": incident.severity.value,
        "labels": incident.labels,
        "customers": customers,
        "heads": incident.heads,
        "vital": any(customer.vital for customer in known if customer is not None),
        "impact": incident.impact or 0,
        "urgency": incident.urgency or 0,
        "priority": incident.priority or "",
        "lane": incident.lane or "",
        "assignee": incident.assignee or "",
        "hand_overs": incident.hand_overs,
        "reopened": incident.reopened,
        "escalated": incident.escalation > 0,
        "suppressed": incident.suppressed_until is not None and incident.suppressed_until > now,
        "acknowledged": incident.state is IncidentState.ACKNOWLEDGED,
    }
