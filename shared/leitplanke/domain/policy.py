"""Policy: one versioned document that says what there is, who is behind it, and who does what when it fails.

`load_policy` is the only door. What it lets through is consistent: names exist, conditions compile.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationError, model_validator

from leitplanke.domain.catalogue import UNASSIGNED, Customer, Document, Name, Service
from leitplanke.domain.dependencies import Graph
from leitplanke.domain.durations import Duration
from leitplanke.domain.errors import Fault, PolicyError
from leitplanke.domain.expressions import Condition, Place, compile_condition
from leitplanke.domain.guardrail_rules import DEFAULT_GUARDRAILS, MOST, Guardrail
from leitplanke.domain.policy_checks import faults_in
from leitplanke.domain.policy_faults import faults_of
from leitplanke.domain.rules import (
    DEFAULT_IMPACT,
    DEFAULT_MATRIX,
    DEFAULT_RECURRENCE,
    DEFAULT_URGENCY,
    AcknowledgeWithin,
    Grouping,
    Levels,
    Matrix,
    RecurrenceRule,
    Restoring,
    Routing,
)
from leitplanke.domain.teams import Team
from leitplanke.domain.yaml_text import read_yaml


class Policy(Document):
    """The whole document. Every part has a default; a part that is written replaces its default."""

    description: str = Field(default="", max_length=4_096)
    teams: dict[Name, Team] = Field(default_factory=dict, max_length=1_000)
    services: dict[Name, Service] = Field(default_factory=dict, max_length=5_000)
    customers: dict[Name, Customer] = Field(default_factory=dict, max_length=5_000)
    impact: Levels = DEFAULT_IMPACT
    urgency: Levels = DEFAULT_URGENCY
    priority: Matrix = DEFAULT_MATRIX
    routing: Routing = Routing()
    grouping: Grouping = Grouping()
    recurrence: tuple[RecurrenceRule, ...] = Field(default=DEFAULT_RECURRENCE, max_length=100)
    acknowledge_within: AcknowledgeWithin = AcknowledgeWithin()
    reopen_window: Duration = timedelta(hours=1)
    restoring: Restoring = Restoring()
    guardrails: tuple[Guardrail, ...] = Field(default=DEFAULT_GUARDRAILS, max_length=MOST)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, raw: Any) -> Any:
        """`customers:` with nothing behind it says the same as no `customers:`."""
        return (
            {key: value for key, value in raw.items() if value is not None} if isinstance(raw, dict) else raw
        )

    @cached_property
    def graph(self) -> Graph:
        """The catalogue as a graph, built once."""
        return Graph(self.services, self.customers)

    @cached_property
    def _conditions(self) -> dict[tuple[Place, str], Condition]:
        return {}

    def condition(self, place: Place, text: str) -> Condition:
        """The compiled condition; compiled at most once for this policy."""
        found = self._conditions.get((place, text))
        if found is None:
            found = self._conditions[place, text] = compile_condition(text, place)
        return found

    @cached_property
    def _matching(self) -> dict[tuple[str, str], list[tuple[dict[str, str], str]]]:
        """Services with `match` labels by their first label, the ones with the most labels first."""
        found: dict[tuple[str, str], list[tuple[dict[str, str], str]]] = {}
        for name, service in sorted(self.services.items(), key=lambda item: -len(item[1].match)):
            for pair in list(service.match.items())[:1]:
                found.setdefault(pair, []).append((service.match, name))
        return found

    def service_matching(self, labels: Mapping[str, str]) -> str | None:
        """The service whose `match` labels are all among these; of several, the one with the most."""
        best: tuple[dict[str, str], str] | None = None
        for pair in labels.items() if self._matching else ():
            for match, name in self._matching.get(pair, ()):
                if match.items() <= labels.items() and (best is None or len(match) > len(best[0])):
                    best = (match, name)
        return best[1] if best else None

    def owner(self, service: str) -> str | None:
        """The team that owns this service, if the catalogue knows it."""
        known = self.services.get(service)
        return known.team if known else None

    def team(self, name: str) -> Team:
        """The team of this name; one without channels if the policy has none ("unassigned", say)."""
        return self.teams.get(name) or Team()

    @property
    def default_team(self) -> str:
        """The team for what nobody owns."""
        return self.routing.team or UNASSIGNED


def load_policy(text: str) -> Policy:
    """The policy that this YAML text says. PolicyError with every fault found, not just the first."""
    read = read_yaml(text)
    if read.faults:
        raise PolicyError(read.faults)
    if not isinstance(read.data, dict):
        what = "is empty" if read.data is None else "is not a mapping of names to values"
        remedy = "start from infra/policy/example.yaml"
        raise PolicyError([Fault(path="policy", message=what, remedy=remedy)])
    try:
        policy = Policy.model_validate(read.data)
    except ValidationError as wrong:
        raise PolicyError(faults_of(wrong, Policy, read)) from wrong
    faults = faults_in(policy, read)
    if faults:
        raise PolicyError(faults)
    return policy


def empty_policy() -> Policy:
    """What works before there is a policy: no catalogue, all to the team "unassigned", lane standard."""
    return Policy()
