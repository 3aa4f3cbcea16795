"""An attempt: somebody is about to act on a record. Guardrails judge it before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Detail = str | int | bool


class Action(StrEnum):
    """What people do, by the word in its route where it has one: `POST /v1/incidents/{id}/<action>`."""

    REPORT = "report"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    RESTORE = "restore"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"
    PRIORITISE = "prioritise"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    """To suppress until a moment that is over: people hear of it again."""
    ACCEPT = "accept"
    """Of a problem: the team takes it into work."""
    DECLINE = "decline"
    """Of a problem: it is not worth the work, for a reason that is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: the name for timelines, and the roles that their token claims.

    `ident` is what the identity provider knows them by (the claim `sub`): it stays when the name changes.
    """

    name: str
    ident: str = ""
    roles: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What tells them from everybody else: two people may have one name, and one may change it."""
        return self.ident or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody goes on although this guardrail (by its id) speaks against it, and says why."""

    guardrail: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is about to be done. `details` are what the action says beyond its name, for conditions to see.

    `overrides` are the guardrails that the caller has met before and goes past.
    """

    action: Action
    actor: Actor
    at: datetime
    details: Mapping[str, Detail] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
