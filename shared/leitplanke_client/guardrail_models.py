"""Guardrails: what fired, how to go past it, and what they did in a period."""

from collections.abc import Mapping
from datetime import date

from pydantic import BaseModel, ConfigDict

from leitplanke_client.answers import Answer


class FiredGuardrail(Answer):
    """A guardrail that speaks against an action, and what it takes to go past it."""

    id: str
    purpose: str
    level: str
    reason_required: bool = True
    may_override: tuple[str, ...] = ()
    source: str = ""

    @property
    def is_hard(self) -> bool:
        """Whether only its roles may go past it."""
        return self.level == "hard"


class Override(BaseModel):
    """Go on although this guardrail (by its id) speaks against it, and say why."""

    model_config = ConfigDict(frozen=True)

    guardrail: str
    reason: str = ""


class ReportedGuardrail(Answer):
    """What one guardrail did: how often it was asked, fired, was heeded or gone past, and what came of it."""

    id: str
    purpose: str | None = None
    applies_to: tuple[str, ...] = ()
    level: str | None = None
    expires: date | None = None
    in_force: bool = True
    evaluated: int = 0
    unjudged: int = 0
    fired: int = 0
    heeded: int = 0
    overridden: int = 0
    regretted: int = 0
    false_stops: int = 0
    awaiting: int = 0
    by: Mapping[str, int] = {}
    advice: str = ""
    sentence: str = ""


class GuardrailReport(Answer):
    """All guardrails in a period."""

    guardrails: tuple[ReportedGuardrail, ...]
    since: date | None = None
    until: date | None = None
