"""A case: one guardrail spoke up against one action of one person on one record. What became of it?

    fired ──▶ heeded (nothing more happens)
      └─────▶ overridden ──the incident closes──▶ regretted, or a false stop

Refused and then done with an override is one case. All its counts belong to the day on which it first fired,
so of any period as many were heeded as fired and were not overridden.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from leitplanke.domain.attempts import Action
from leitplanke.domain.guardrail_rules import Strength
from leitplanke.domain.rules import Priority


class Outcome(StrEnum):
    """What came of going past a guardrail."""

    REGRETTED = "regretted"
    """It was reopened, escalated, raised again, or customers waited unusually long."""
    FALSE_STOP = "false_stop"
    """None of these: the guardrail stopped somebody who was right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. `number` counts those of the same guardrail, action and person on the same record.

    `subject` is incident/<id> or problem/<id>. `actor` is who it was (`Actor.key`), `name` what they were
    called then. `revision` is that of the change that went past the guardrail,
    `priority` the incident's right after it.
    """

    subject: str
    guardrail: str
    action: Action
    actor: str
    name: str
    number: int
    level: Strength
    fired_at: datetime
    overridden_at: datetime | None = None
    revision: int | None = None
    priority: Priority | None = None
    reason: str = ""
    outcome: Outcome | None = None
    because: tuple[str, ...] = ()
    rests_on: int = 0
    """How many comparable incidents the verdict looked at."""
    judged_at: datetime | None = None

    @property
    def day(self) -> date:
        """The day (UTC) that its counts belong to."""
        return self.fired_at.date()

    @property
    def is_open(self) -> bool:
        """Fired, and so far heeded."""
        return self.overridden_at is None
