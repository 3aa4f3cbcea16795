"""What the guardrails did in a period, from their counts: which to keep, which to soften, which to retire.

Nothing is said on fewer than ten cases: with none regretted of ten, the true share may still be as high as
three in ten (the rule of three: Hanley and Lippman-Hand, JAMA 1983).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from leitplanke.domain.guardrail_rules import Guardrail, Strength

ENOUGH = 10
"""Cases, and judged overrides, from which on the report dares to say something."""
_MOSTLY = 0.5
_HARDLY = 0.1
_MOST = 0.75

Advice = Literal["keep", "soften", "retire", "too few cases"]


@dataclass(slots=True, kw_only=True)
class Counts:
    """The counts of one guardrail in a period."""

    evaluated: int = 0
    unjudged: int = 0
    """Its condition could not be judged, so it kept silent."""
    fired: int = 0
    overridden: int = 0
    regretted: int = 0
    false_stops: int = 0
    by: Counter[str] = field(default_factory=Counter)
    """How often who went past it."""

    @property
    def heeded(self) -> int:
        """Fired and not overridden."""
        return self.fired - self.overridden

    @property
    def judged(self) -> int:
        """Overrides whose incident is closed."""
        return self.regretted + self.false_stops

    @property
    def awaiting(self) -> int:
        """Overrides that are not judged yet."""
        return self.overridden - self.judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One guardrail's part of the report. `guardrail` is None if the policy has it no more."""

    id: str
    guardrail: Guardrail | None
    in_force: bool
    counts: Counts
    advice: Advice
    sentence: str


def report(
    guardrails: Sequence[Guardrail], counts: Mapping[str, Counts], *, today: date
) -> tuple[Reported, ...]:
    """Every guardrail of the policy in its order, then those that have counts and are gone from it."""
    known = {one.id: one for one in guardrails}
    gone = sorted(set(counts) - set(known))
    return tuple(
        _reported(ident, known.get(ident), counts.get(ident, Counts()), today) for ident in [*known, *gone]
    )


def _reported(ident: str, guardrail: Guardrail | None, counts: Counts, today: date) -> Reported:
    in_force = guardrail is not None and (guardrail.expires is None or today < guardrail.expires)
    advice, why = _advice(counts, guardrail.level if guardrail else "soft")
    return Reported(
        id=ident,
        guardrail=guardrail,
        in_force=in_force,
        counts=counts,
        advice=advice,
        sentence=_sentence(advice, why, counts),
    )


def _advice(counts: Counts, level: Strength) -> tuple[Advice, str]:
    if counts.fired < ENOUGH:
        return "too few cases", f"it fired in {_of(counts.fired, counts.evaluated)} cases"
    past = counts.overridden / counts.fired
    turned_back = f"people turned back in {_of(counts.heeded, counts.fired)} cases"
    if past <= _MOSTLY:
        return "keep", turned_back
    if counts.judged < ENOUGH:
        return "too few cases", f"only {_of(counts.judged, counts.overridden)} overrides are judged"
    regretted = f"{_of(counts.regretted, counts.judged)} judged overrides were regretted"
    share = counts.regretted / counts.judged
    if share >= _MOSTLY:
        return "keep", f"{regretted}: whoever goes past it, is often sorry"
    if share <= _HARDLY and past >= _MOST:
        return "retire", f"overridden in {_of(counts.overridden, counts.fired)} cases, and {regretted}"
    how = "let it be soft" if level == "hard" else "narrow its condition, or ask for no reason"
    return "soften", f"overridden in {_of(counts.overridden, counts.fired)} cases, and {regretted}: {how}"


_WORDS: Mapping[Advice, str] = {
    "keep": "Keep it",
    "soften": "Soften it",
    "retire": "Retire it, it only slows people down",
    "too few cases": "Too few cases to say",
}


def _sentence(advice: Advice, why: str, counts: Counts) -> str:
    said = f"{_WORDS[advice]}: {why}."
    if counts.unjudged:
        said += (
            f" Its condition could not be judged {counts.unjudged} times, and let people through; mend it."
        )
    return said


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"
