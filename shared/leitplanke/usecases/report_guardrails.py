"""What guardrails did in a period: their counts, and what to do about each by the report's rules."""

from dataclasses import dataclass
from datetime import date, datetime

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.guardrail_report import Reported, report
from leitplanke.table.guardrails import Guardrails
from leitplanke.usecases.ports import Policies

USUAL_DAYS = 90
"""A quarter: a guardrail that fires once a week has its ten cases by then."""
MOST_DAYS = 366
"""A year: each month of a report is a query a shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailReport:
    """All guardrails of the policy in force, then those that are gone and have counts in the period.

    Both days (UTC) are included.
    """

    first: date
    last: date
    guardrails: tuple[Reported, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailReporter:
    """Reports what was counted."""

    guardrails: Guardrails
    policies: Policies

    def report(self, first: date | None, last: date | None, *, now: datetime) -> GuardrailReport:
        """From one day to another; left out, the last quarter. What lies ahead has not been counted yet.

        Raises InvalidInputError for a period that there is not, or of more than a year.
        """
        today = now.date()
        last = min(last or today, today)
        first = first or date.fromordinal(max(1, last.toordinal() - USUAL_DAYS + 1))
        _check(first, last)
        policy, _ = self.policies.get(now)
        counts = self.guardrails.counts(first, last)
        return GuardrailReport(
            first=first, last=last, guardrails=report(policy.guardrails, counts, today=today)
        )


def _check(first: date, last: date) -> None:
    if first > last:
        raise InvalidInputError(
            f"the period would begin after its last day, {last}",
            field="from",
            remedy="send a `from` that is not after `to`, and not after today (UTC)",
        )
    if (last - first).days >= MOST_DAYS:
        raise InvalidInputError(
            f"the period has {(last - first).days + 1} days",
            field="from",
            remedy=f"ask for at most {MOST_DAYS} days at a time",
        )
