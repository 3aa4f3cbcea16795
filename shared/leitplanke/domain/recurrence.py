"""When does an incident deserve a problem? Rules of the policy: often enough, or major at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leitplanke.domain.durations import format_duration
from leitplanke.domain.events import Severity
from leitplanke.domain.expressions import Facts, Value
from leitplanke.domain.policy import Policy
from leitplanke.domain.rules import Priority, RecurrenceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceFacts:
    """The incident that is looked at. What routing has not said yet is None, 0 or empty."""

    service: str
    symptom: str
    title: str = ""
    severity: Severity = Severity.ERROR
    labels: Mapping[str, str] = field(default_factory=dict)
    impact: int | None = None
    urgency: int | None = None
    priority: Priority | None = None
    customers: tuple[str, ...] = ()
    heads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A problem is due: the rule that says so, why in words, and the facts it saw (JSON)."""

    rule: str
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def windows(policy: Policy) -> tuple[timedelta, ...]:
    """The distinct windows that rules count in, shortest first: one Query each, or one for the longest."""
    return tuple(sorted({rule.within for rule in policy.recurrence if rule.within is not None}))


def counts_in(opened_at: Iterable[datetime], now: datetime, policy: Policy) -> dict[timedelta, int]:
    """Occurrences per window, from the times of those in the longest window."""
    times = list(opened_at)
    return {window: sum(now - window <= time <= now for time in times) for window in windows(policy)}


def verdict(counts: Mapping[timedelta, int], incident: RecurrenceFacts, policy: Policy) -> Verdict | None:
    """The first rule that says "open a problem", or None.

    `counts[window]` are the incidents of this signature opened since now - window, this one included; a
    window that is not in it counts this incident alone.
    """
    facts: Facts | None = None
    for rule in policy.recurrence:
        found = _verdict(rule, counts, incident)
        if found is None:
            continue
        if rule.when is not None:
            facts = facts or Facts(_values(incident, policy))
            if not policy.condition("recurrence", rule.when).judge(facts).holds:
                continue
        return found
    return None


def _verdict(
    rule: RecurrenceRule, counts: Mapping[timedelta, int], incident: RecurrenceFacts
) -> Verdict | None:
    if rule.major is not None:
        if incident.priority not in rule.major:
            return None
        reason = f"it is a major incident: {incident.priority}"
        return Verdict(rule=rule.name, reason=reason, facts={"priority": incident.priority})
    if rule.count is None or rule.within is None:
        return None
    count = counts.get(rule.within, 1)
    if count < rule.count:
        return None
    window = format_duration(rule.within)
    reason = f"it happened {count} times within {window}; the rule says {rule.count}"
    return Verdict(
        rule=rule.name, reason=reason, facts={"count": count, "needed": rule.count, "within": window}
    )


def _values(incident: RecurrenceFacts, policy: Policy) -> dict[str, Value]:
    values: dict[str, Value] = {
        "service": incident.service,
        "symptom": incident.symptom,
        "title": incident.title,
        "severity": incident.severity.value,
        "labels": dict(incident.labels),
        "owner": policy.owner(incident.service) or "",
        "customers": list(incident.customers),
        "heads": incident.heads,
        "vital": any(policy.customers[c].vital for c in incident.customers if c in policy.customers),
        "priority": incident.priority or "",
    }
    optional = {"impact": incident.impact, "urgency": incident.urgency}
    return values | {name: level for name, level in optional.items() if level is not None}
