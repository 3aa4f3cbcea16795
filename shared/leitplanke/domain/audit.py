"""What is audited: changes of the policy and of keys, and every use of a role. Who, when, what, why.

A timeline tells the story of one subject to those who work on it. The audit record answers another question,
and later: who changed the rules, who let a sender in, who used a right that others do not have.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from leitplanke.domain.attempts import Actor
from leitplanke.domain.ids import stable_hash

Fact = str | int | bool | tuple[str, ...]


class Audited(StrEnum):
    """The kinds of things that are audited."""

    POLICY_PUT = "policy.put"
    INTEGRATION_CREATED = "integration.created"
    INTEGRATION_REVOKED = "integration.revoked"
    ROLE_USED = "role.used"
    """A hard guardrail was overridden by somebody whose role allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One thing that somebody did. `subject` is what it was done to: `policy/7`, `incident/4h2k…`.

    `facts` are what else there is to know, the words with which somebody went past a guardrail among them; a
    key or a token never is. What is audited is kept: whoever gives a reason should know that (sign-in.md).
    """

    at: datetime
    by: Actor
    did: Audited
    subject: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def record_id(self) -> str:
        """The same for the same thing done by the same person at the same moment."""
        said = json.dumps(self.facts, sort_keys=True)
        return stable_hash(
            "audit", self.at.isoformat(), self.by.name, self.by.ident, self.did, self.subject, said
        )


def role_used(
    by: Actor, role: str, *, subject: str, at: datetime, facts: Mapping[str, Fact] | None = None
) -> AuditRecord:
    """Somebody did with this role what others may not; `facts` say what, say guardrail and reason."""
    return AuditRecord(
        at=at, by=by, did=Audited.ROLE_USED, subject=subject, facts={"role": role, **(facts or {})}
    )
