"""What use cases need from outside: the smallest shape of each, given by the edge (or by a test)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from leitplanke.domain.attempts import Attempt
from leitplanke.domain.events import Event
from leitplanke.domain.guardrails import Overridden
from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem
from leitplanke.table.client import Write

NewId = Callable[[], str]
"""Gives a fresh id for an incident or a problem."""

SendMessages = Callable[[Iterable[str]], object]
"""Stores every body in a queue, or raises UnavailableError."""

PublishEvents = Callable[[Sequence[Mapping[str, Any]]], object]
"""Puts every CloudEvent on the domain bus, or raises UnavailableError."""


class Policies(Protocol):
    """Where the policy in force comes from."""

    def get(self, now: datetime) -> tuple[Policy, int]:
        """The policy in force and its version."""
        ...


class Quarantine(Protocol):
    """Where things go that can never be processed, with the reason."""

    def keep_event(self, event: Event, *, reason: str, now: datetime) -> None:
        """Keep one event that its neighbours shall not suffer from."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What goes into the transaction of the change: what was overridden, and how that is counted."""

    overridden: tuple[Overridden, ...] = ()
    writes: tuple[Write, ...] = ()


class Guard(Protocol):
    """What stands between an attempt and its record."""

    def admit(self, attempt: Attempt, subject: Incident | Problem, *, policy: Policy) -> Admitted:
        """Raises GuardrailError (soft) or ForbiddenByGuardrailError (hard); both note that it fired."""
        ...
