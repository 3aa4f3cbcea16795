"""The report on guardrails as the API gives it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from functions.serve_api.shapes import Shown
from leitplanke.domain.attempts import Action
from leitplanke.domain.guardrail_report import Advice, Reported
from leitplanke.domain.guardrail_rules import Strength
from leitplanke.usecases.report_guardrails import GuardrailReport


class ReportedGuardrail(Shown):
    """What one guardrail did in the period, and what to do about it.

    Refused and then done with an override is one case, and belongs to the day on which it first fired.
    """

    id: str
    purpose: Annotated[str | None, Field(description="Null if the policy has it no more; likewise `level`.")]
    applies_to: tuple[Action, ...]
    level: Strength | None
    expires: Annotated[date | None, Field(description="The first day on which it is silent.")]
    in_force: Annotated[bool, Field(description="Whether the policy has it and it has not expired.")]
    evaluated: Annotated[int, Field(description="How often it was asked.")]
    unjudged: Annotated[
        int, Field(description="How often its condition could not be judged, which lets people through.")
    ]
    fired: Annotated[int, Field(description="Cases in which it spoke up.")]
    heeded: Annotated[int, Field(description="Of these, how many were left at that.")]
    overridden: Annotated[int, Field(description="Of these, how many went past it.")]
    by: Annotated[Mapping[str, int], Field(description="Who went past it how often, the most often first.")]
    regretted: Annotated[
        int, Field(description="Overrides that were followed by something that nobody wants.")
    ]
    false_stops: Annotated[int, Field(description="Overrides that were followed by nothing of the kind.")]
    awaiting: Annotated[int, Field(description="Overrides that have no verdict: their record is not closed.")]
    advice: Advice
    sentence: Annotated[str, Field(description="The advice in words, with the figures that it rests on.")]

    @classmethod
    def of(cls, reported: Reported) -> "ReportedGuardrail":
        """The guardrail as callers see it."""
        guardrail, counts = reported.guardrail, reported.counts
        return cls(
            id=reported.id,
            purpose=guardrail.purpose if guardrail else None,
            applies_to=guardrail.applies_to if guardrail else (),
            level=guardrail.level if guardrail else None,
            expires=guardrail.expires if guardrail else None,
            in_force=reported.in_force,
            evaluated=counts.evaluated,
            unjudged=counts.unjudged,
            fired=counts.fired,
            heeded=counts.heeded,
            overridden=counts.overridden,
            by=dict(sorted(counts.by.items(), key=lambda one: (-one[1], one[0]))),
            regretted=counts.regretted,
            false_stops=counts.false_stops,
            awaiting=counts.awaiting,
            advice=reported.advice,
            sentence=reported.sentence,
        )


class Guardrails(Shown):
    """What each guardrail of the policy did from one day to another, both included."""

    since: date
    until: date
    guardrails: tuple[ReportedGuardrail, ...]

    @classmethod
    def of(cls, found: GuardrailReport) -> "Guardrails":
        """The report as callers see it."""
        return cls(
            since=found.first,
            until=found.last,
            guardrails=tuple(ReportedGuardrail.of(one) for one in found.guardrails),
        )
