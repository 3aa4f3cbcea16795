"""Routing: impact x urgency gives the priority, a tree gives team and lane; each step with its reason.

The tree is a pure match in the spirit of Alertmanager's dispatch/route.go: default at the root, first match
wins, `continue` goes on to the siblings, and a node whose children do not match is the match itself. With
`continue` there can be several matches: the first that names a team gives the team, the first that names a
lane gives the lane, and teams of later matches are told as well (`also`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from leitplanke.domain.catalogue import UNASSIGNED
from leitplanke.domain.events import Severity
from leitplanke.domain.explanations import Reason, impact_reasons
from leitplanke.domain.expressions import Facts as Values
from leitplanke.domain.expressions import Place, Value
from leitplanke.domain.impact import CutOffCustomer, Impact, assess
from leitplanke.domain.policy import Policy
from leitplanke.domain.rules import Lane, Level, Levels, Priority, Route

MAX_LISTED = 100
"""Customers listed by name in an outcome, the most people first: it is stored, and rows are small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an incident when it is routed. `down`: every service that is down, its own or not.

    What a person has set (`set_priority`, `set_team`) holds against what would be computed, and is explained.
    """

    service: str
    severity: Severity
    symptom: str
    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    down: Collection[str] = ()
    set_priority: Priority | None = None
    set_team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was decided. Equal facts and policy give equal outcomes."""

    impact: Level
    urgency: Level
    priority: Priority
    team: str
    lane: Lane
    also: tuple[str, ...] = ()
    """Further teams to tell, from nodes reached through `continue`."""
    cut_off: tuple[CutOffCustomer, ...] = ()
    """At most MAX_LISTED; `cut_off_count` and `heads` count all."""
    cut_off_count: int = 0
    heads: int = 0
    heads_at_risk: int = 0
    redundancy: str = "intact"
    acknowledge_within: timedelta | None = None
    reasons: tuple[Reason, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data; the span is in seconds (`acknowledge_within_s`)."""
        plain = asdict(self)
        span = plain.pop("acknowledge_within")
        plain["acknowledge_within_s"] = None if span is None else int(span.total_seconds())
        return _json(plain)  # type: ignore[no-any-return]


def decide(facts: Facts, policy: Policy) -> Outcome:
    """Impact, urgency, priority, team and lane of an incident, with the reasons."""
    walk = _Decision(facts, policy)
    return walk.outcome()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A node that matched, with what it says or inherits from the nodes above it (the root aside)."""

    names: tuple[str, ...]
    team: str | None
    lane: Lane | None


class _Decision:
    """One decision in the making: the values that conditions see grow step by step, and so do the reasons."""

    def __init__(self, facts: Facts, policy: Policy) -> None:
        self.facts = facts
        self.policy = policy
        self.owner = policy.owner(facts.service)
        self.effect = assess(facts.service, facts.down, policy)
        self.reasons: list[Reason] = []
        self.skipped: list[Reason] = []
        self.values = _values(facts, self.effect, self.owner)

    def outcome(self) -> Outcome:
        policy, facts = self.policy, self.facts
        self.reasons += impact_reasons(self.effect, policy, is_down=facts.service in facts.down)
        impact = self._level("impact", policy.impact)
        self.values["impact"] = impact
        urgency = self._level("urgency", policy.urgency)
        self.values["urgency"] = urgency
        priority = self._priority(impact, urgency)
        self.values["priority"] = priority
        matches = list(
            self._matches(policy.routing.routes, Values(self.values), _Match(names=(), team=None, lane=None))
        )
        team, also = self._team(matches)
        lane = self._lane(matches)
        effect = self.effect
        return Outcome(
            impact=impact,
            urgency=urgency,
            priority=priority,
            team=team,
            lane=lane,
            also=also,
            cut_off=effect.cut_off[:MAX_LISTED],
            cut_off_count=len(effect.cut_off),
            heads=effect.heads,
            heads_at_risk=effect.heads_at_risk,
            redundancy=effect.redundancy_state,
            acknowledge_within=policy.acknowledge_within.for_priority(priority),
            reasons=(*self.reasons, *self.skipped),
        )

    def _priority(self, impact: Level, urgency: Level) -> Priority:
        computed = self.policy.priority[impact - 1][urgency - 1]
        text = f"impact {impact} and urgency {urgency} give {computed}"
        self.reasons.append(Reason(rule="priority", text=text, facts={"impact": impact, "urgency": urgency}))
        chosen = self.facts.set_priority
        if chosen is None:
            return computed
        self.reasons.append(Reason(rule="priority: by hand", text=f"{chosen}: a person has set it"))
        return chosen

    def _level(self, place: Place, levels: Levels) -> Level:
        values = Values(self.values)
        for rule in levels.rules:
            if self._holds(place, rule.name, rule.when, values):
                seen = self.policy.condition(place, rule.when).mentioned(values)
                text = f"{place} {rule.level}: {rule.name}"
                self.reasons.append(Reason(rule=f"{place}: {rule.name}", text=text, facts=seen))
                return rule.level
        text = f"{place} {levels.default}: no rule says otherwise"
        self.reasons.append(Reason(rule=f"{place}: default", text=text))
        return levels.default

    def _matches(self, routes: Sequence[Route], values: Values, above: _Match) -> Iterator[_Match]:
        """The nodes that match, in order; the deepest of each branch."""
        for route in routes:
            if route.when is not None and not self._holds("routing", route.name, route.when, values):
                continue
            here = _Match(
                names=(*above.names, route.name), team=route.team or above.team, lane=route.lane or above.lane
            )
            deeper = list(self._matches(route.routes, values, here))
            yield from deeper or [here]
            if not route.goes_on:
                return

    def _holds(self, place: Place, name: str, when: str, values: Values) -> bool:
        judgement = self.policy.condition(place, when).judge(values)
        if judgement.problem is not None:
            text = f'the {place} rule "{name}" was passed over, it could not be judged: {judgement.problem}'
            self.skipped.append(Reason(rule=f"{place}: {name}", text=text, facts={"when": when}))
        return judgement.holds

    def _team(self, matches: Sequence[_Match]) -> tuple[str, tuple[str, ...]]:
        named = [match for match in matches if match.team is not None]
        if named:
            team = named[0].team or UNASSIGNED
            path = " > ".join(named[0].names)
            self.reasons.append(
                Reason(rule=f"routing: {path}", text=f'team {team}: the route "{path}" says so')
            )
        elif self.owner is not None:
            team = self.owner
            text = f"team {team}: it owns {self.facts.service}"
            self.reasons.append(
                Reason(rule="routing: owner", text=text, facts={"service": self.facts.service})
            )
        else:
            team = self.policy.default_team
            text = f"team {team}: nobody owns {self.facts.service}"
            self.reasons.append(
                Reason(rule="routing: default", text=text, facts={"service": self.facts.service})
            )
        also = tuple(dict.fromkeys(m.team for m in named[1:] if m.team is not None and m.team != team))
        team = self._set_by_hand(team)
        also = tuple(name for name in also if name != team)
        if also:
            self.reasons.append(
                Reason(rule="routing: continue", text=f"{', '.join(also)} will be told as well")
            )
        return team, also

    def _set_by_hand(self, team: str) -> str:
        chosen = self.facts.set_team
        if chosen is None:
            return team
        self.reasons.append(Reason(rule="routing: by hand", text=f"team {chosen}: a person has set it"))
        return chosen

    def _lane(self, matches: Sequence[_Match]) -> Lane:
        for match in matches:
            if match.lane is not None:
                path = " > ".join(match.names)
                text = f'lane {match.lane}: the route "{path}" says so'
                self.reasons.append(Reason(rule=f"routing: {path}", text=text))
                return match.lane
        lane = self.policy.routing.lane
        self.reasons.append(Reason(rule="routing: default", text=f"lane {lane}: no route says otherwise"))
        return lane


def _values(facts: Facts, effect: Impact, owner: str | None) -> dict[str, Value]:
    return {
        "service": facts.service,
        "symptom": facts.symptom,
        "labels": dict(facts.labels),
        "severity": facts.severity.value,
        "title": facts.title,
        "owner": owner or "",
        "customers": [customer.name for customer in effect.cut_off],
        "heads": effect.heads,
        "vital": effect.vital,
        "redundancy": effect.redundancy_state,
        "customers_at_risk": list(effect.at_risk),
        "heads_at_risk": effect.heads_at_risk,
    }


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    return value
