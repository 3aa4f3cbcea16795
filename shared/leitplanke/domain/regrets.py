"""Was it right to go past the guardrail? Judged once the incident is closed, and came back or did not.

Regretted, if after the override it was reopened, escalated or raised in priority again, if the same symptom
came back soon after its close, or if customers waited longer than nine in ten comparable incidents took.
Otherwise the guardrail stopped somebody who was right: a false stop. What followed need not have followed
*from* the override; so the report speaks of shares, and of no person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leitplanke.domain.cases import Case, Outcome
from leitplanke.domain.durations import format_duration
from leitplanke.domain.incidents import Change, Incident
from leitplanke.domain.problems import Link
from leitplanke.domain.restore_times import RestoreTimes, time_to_restore
from leitplanke.domain.rules import PRIORITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one override, the signs of it in words, and how many comparable incidents there were."""

    outcome: Outcome
    because: tuple[str, ...]
    rests_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the incident's timeline: its revision and what changed."""

    revision: int
    change: Change


def judge(
    case: Case,
    incident: Incident,
    story: Sequence[Line],
    *,
    comparable: RestoreTimes,
    came_back: Link | None = None,
) -> Verdict:
    """The verdict on one override in a closed incident, from the lines that follow it.

    `came_back` is the incident that the same symptom opened within the reopen window after the close.
    """
    after = [line.change for line in story if case.revision is None or line.revision > case.revision]
    signs = tuple(_signs(case, incident, after, comparable))
    if came_back is not None and incident.closed_at is not None:
        gone = format_duration(came_back.opened_at - incident.closed_at)
        signs = (*signs, f"it came back {gone} after its close, as {came_back.incident_id}")
    return Verdict(
        outcome=Outcome.REGRETTED if signs else Outcome.FALSE_STOP, because=signs, rests_on=comparable.total
    )


def _signs(
    case: Case, incident: Incident, after: Sequence[Change], comparable: RestoreTimes
) -> Iterator[str]:
    kinds = {change.kind for change in after}
    if "incident.reopened" in kinds:
        yield "it was reopened"
    if "incident.escalated" in kinds:
        yield "it was escalated"
    raised = _raised_to(case, after)
    if raised is not None:
        yield f"its priority was raised from {case.priority} to {raised}"
    if _came_before_the_restore(case, incident):
        took = time_to_restore(incident)
        if comparable.is_long(took):
            yield f"customers waited {format_duration(took)}, longer than nine in ten of {comparable.total}"


def _raised_to(case: Case, after: Sequence[Change]) -> str | None:
    """The most urgent priority that a later change gave it, if that is more urgent than it was then."""
    given = [str(change.data["priority"]) for change in after if change.data.get("priority") in PRIORITIES]
    best = min(given, default=None)
    return best if best is not None and case.priority is not None and best < case.priority else None


def _came_before_the_restore(case: Case, incident: Incident) -> bool:
    """Only then can it have made customers wait."""
    if case.overridden_at is None or incident.restored_at is None:
        return False
    return case.overridden_at < incident.restored_at
