"""What a policy must satisfy beyond the shape of its parts: names exist, no circles, conditions compile."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from leitplanke.domain.attempts import Action
from leitplanke.domain.catalogue import UNASSIGNED
from leitplanke.domain.circles import circles
from leitplanke.domain.errors import Fault, InvalidInputError
from leitplanke.domain.rules import PRIORITIES
from leitplanke.domain.yaml_text import Path, Read, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leitplanke.domain.catalogue import Need
    from leitplanke.domain.expressions import Place
    from leitplanke.domain.guardrail_rules import Guardrail
    from leitplanke.domain.policy import Policy
    from leitplanke.domain.rules import RecurrenceRule, Route
    from leitplanke.domain.teams import Team

_MAX_CIRCLES = 5


def faults_in(policy: Policy, read: Read) -> list[Fault]:
    """Every inconsistency of a well-formed policy."""
    checks = _Checks(policy, read)
    checks.teams()
    checks.services()
    checks.customers()
    checks.levels()
    checks.routes(policy.routing.routes, ("routing", "routes"))
    checks.team_exists(policy.routing.team, ("routing", "team"))
    checks.grouping()
    checks.recurrence()
    checks.clocks()
    checks.guardrails()
    return checks.faults


class _Checks:
    def __init__(self, policy: Policy, read: Read) -> None:
        self.policy = policy
        self.read = read
        self.faults: list[Fault] = []

    def teams(self) -> None:
        for name, team in self.policy.teams.items():
            self._channels(team, ("teams", name))

    def services(self) -> None:
        needs: dict[str, tuple[str, ...]] = {}
        seen: dict[frozenset[tuple[str, str]], str] = {}
        for name, service in self.policy.services.items():
            path: Path = ("services", name)
            if name == UNASSIGNED:
                self._add(path, "has the name of what names no service", "give it another name")
            self.team_exists(service.team, (*path, "team"))
            if service.needs is not None:
                self._need(service.needs, (*path, "needs"))
                needs[name] = tuple(service.needs.services())
            labels = frozenset(service.match.items())
            if labels and seen.setdefault(labels, name) != name:
                message = f"has the same labels as {seen[labels]}"
                self._add((*path, "match"), message, "add a label that tells the two apart")
        for circle in circles(needs)[:_MAX_CIRCLES]:
            message = f"goes round in a circle: {' needs '.join((*circle, circle[0]))}"
            self._add(("services", circle[0], "needs"), message, "leave out the need that is not one")

    def customers(self) -> None:
        for name, customer in self.policy.customers.items():
            self._need(customer.needs, ("customers", name, "needs"))

    def levels(self) -> None:
        for place, levels in (("impact", self.policy.impact), ("urgency", self.policy.urgency)):
            rules = [(rule.name, rule.when, False) for rule in levels.rules]
            self._sequence("impact" if place == "impact" else "urgency", rules, (place, "rules"))

    def routes(self, routes: Sequence[Route], path: Path) -> None:
        self._sequence("routing", [(route.name, route.when, route.goes_on) for route in routes], path)
        for i, route in enumerate(routes):
            self.team_exists(route.team, (*path, i, "team"))
            self.routes(route.routes, (*path, i, "routes"))

    def team_exists(self, team: str | None, path: Path) -> None:
        known = self.policy.teams
        if team is not None and team not in known and team != UNASSIGNED:
            self._unknown("team", team, known, path)

    def grouping(self) -> None:
        rules = self.policy.grouping.rules
        path: Path = ("grouping", "rules")
        self._sequence("grouping", [(rule.name, rule.when, False) for rule in rules], path)
        for i, rule in enumerate(rules):
            self._twice(rule.by, (*path, i, "by"))
        self._twice(self.policy.grouping.service_from, ("grouping", "service_from"))

    def recurrence(self) -> None:
        self._names([rule.name for rule in self.policy.recurrence], ("recurrence",))
        for i, rule in enumerate(self.policy.recurrence):
            self._recurrence(rule, ("recurrence", i))

    def clocks(self) -> None:
        for priority in PRIORITIES:
            span = self.policy.acknowledge_within.for_priority(priority)
            if span is not None and not span:
                path: Path = ("acknowledge_within", priority)
                self._add(path, "leaves no time to answer", "write a span, like 5m, or null for no clock")

    def guardrails(self) -> None:
        ids = [guardrail.id for guardrail in self.policy.guardrails]
        for i, guardrail in enumerate(self.policy.guardrails):
            path: Path = ("guardrails", i)
            if guardrail.id in ids[:i]:
                self._add((*path, "id"), f"is {guardrail.id} like another", "give it another id")
            self._twice(guardrail.applies_to, (*path, "applies_to"))
            if Action.REPORT in guardrail.applies_to:
                message = "names report, before which there is no incident to judge by"
                self._add((*path, "applies_to"), message, "leave it out")
            self._who_may(guardrail, path)
            if guardrail.when is not None:
                self._condition("guardrail", guardrail.when, (*path, "when"))
            if guardrail.when is not None and " ".join(guardrail.when.split()) == "false":
                self._add((*path, "when"), "never holds", "leave the guardrail out")

    def _who_may(self, guardrail: Guardrail, path: Path) -> None:
        self._twice(guardrail.may_override, (*path, "may_override"))
        if guardrail.level == "hard" and not guardrail.may_override:
            remedy = "name the roles that may go past it, or make it soft"
            self._add((*path, "may_override"), "is missing: nobody could ever go past it", remedy)
        if guardrail.level == "soft" and guardrail.may_override:
            remedy = "leave the roles out, or make it hard"
            self._add((*path, "may_override"), "names roles, and past a soft one everybody may go", remedy)
        if guardrail.level == "hard" and not guardrail.reason:
            remedy = "leave `reason` out, or make it soft"
            self._add((*path, "reason"), "is false, and past a hard one goes nobody without a reason", remedy)

    def _recurrence(self, rule: RecurrenceRule, path: Path) -> None:
        if rule.when is not None:
            self._condition("recurrence", rule.when, (*path, "when"))
        counts = (rule.count is not None, rule.within is not None)
        if any(counts) == (rule.major is not None) or any(counts) != all(counts):
            remedy = "write either count and within (count: 3, within: 30d) or major (major: [P1])"
            self._add(path, "does not say when", remedy)
        elif rule.within is not None and not rule.within:
            self._add((*path, "within"), "counts within no time at all", "write a span, like 30d")

    def _channels(self, team: Team, path: Path) -> None:
        for key in ("channels", "escalation"):
            self._names([channel.name for channel in getattr(team, key)], (*path, key))
        urls = {channel.name: channel.url for channel in team.channels}
        for i, channel in enumerate(team.escalation):
            if urls.get(channel.name, channel.url) != channel.url:
                message = f"is called {channel.name} like a channel with another address"
                self._add((*path, "escalation", i, "name"), message, "give it another name")

    def _need(self, need: Need, path: Path) -> None:
        if need.service is not None and need.service not in self.policy.services:
            self._unknown("service", need.service, self.policy.services, path)
        if need.at_least is not None and need.at_least.count > len(need.parts):
            message = f"asks for {need.at_least.count} of {len(need.parts)}"
            self._add((*path, "at_least", "count"), message, "lower the count or name more")
        form = ("at_least", "of") if need.at_least else ("any_of",) if need.any_of else ("all_of",)
        below: Path = (*path, *form)
        self._twice([part.service for part in need.parts if part.service is not None], below)
        for i, part in enumerate(need.parts):
            self._need(part, (*below, i))

    def _sequence(self, place: Place, rules: Sequence[tuple[str, str | None, bool]], path: Path) -> None:
        """Names, conditions and reachability of rules of which the first that holds wins."""
        self._names([name for name, _, _ in rules], path)
        always: str | None = None
        seen: dict[str, str] = {}
        for i, (name, when, goes_on) in enumerate(rules):
            if always is not None:
                message = f'is never reached: "{always}" before it always matches'
                self._add((*path, i), message, "move it up, or give the other one a condition")
            text = " ".join(when.split()) if when is not None else "true"
            if when is not None:
                self._condition(place, when, (*path, i, "when"))
            if text == "false":
                self._add((*path, i, "when"), "never holds", "leave the rule out")
            elif always is None and text in seen:
                message = f'is never reached: "{seen[text]}" before it has the same condition'
                self._add((*path, i), message, "join the two")
            if not goes_on:
                seen.setdefault(text, name)
                always = name if always is None and text == "true" else always

    def _condition(self, place: Place, text: str, path: Path) -> None:
        try:
            self.policy.condition(place, text)
        except InvalidInputError as fault:
            self._add(path, fault.message, fault.remedy)

    def _names(self, names: Sequence[str], path: Path) -> None:
        for i, name in enumerate(names):
            if name in names[:i]:
                self._add((*path, i, "name"), f'is called "{name}" like another', "give it another name")

    def _twice(self, names: Sequence[str], path: Path) -> None:
        for name in dict.fromkeys(name for i, name in enumerate(names) if name in names[:i]):
            self._add(path, f"names {name} twice", "name it once")

    def _unknown(self, kind: str, name: str, known: Iterable[str], path: Path) -> None:
        close = get_close_matches(name, list(known), n=1)
        remedy = f"did you mean {close[0]}?" if close else f"add it to {kind}s, or correct the name"
        self._add(path, f"names the {kind} {name}, which there is not", remedy)

    def _add(self, path: Path, message: str, remedy: str) -> None:
        path = self.read.written(path)
        line = self.read.line(path)
        where = f" (line {line})" if line else ""
        self.faults.append(Fault(path=dotted(path), message=message + where, remedy=remedy))
