"""Problem: a cause, or a suspected one, of incidents that come back. It lives on when they are over."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from leitplanke.domain.errors import ConflictError
from leitplanke.domain.incidents import PUBLISH_WITHIN, Change, Incident


class ProblemState(StrEnum):
    """The design's life of a problem; recurrence opens candidates, people take it from there."""

    CANDIDATE = "candidate"
    OPEN = "open"
    KNOWN_ERROR = "known_error"
    FIX_DEPLOYED = "fix_deployed"
    VERIFIED = "verified"
    CLOSED = "closed"
    DECLINED = "declined"
    REGRESSED = "regressed"


IN_WORK = (ProblemState.OPEN, ProblemState.KNOWN_ERROR, ProblemState.FIX_DEPLOYED, ProblemState.REGRESSED)
"""A problem that was accepted is work as long as it is in one of these."""

SETTLED = (ProblemState.VERIFIED, ProblemState.CLOSED, ProblemState.DECLINED)
"""Nobody has to do anything about these now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One incident of a problem."""

    incident_id: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem. `incidents` counts its links; `team` is the owner of the service.

    `opened_for` is the incident that made it a problem. Whoever reviews that one links and marks those
    before it, the first of which was opened at `first_incident_at`; every later one does so itself.
    """

    problem_id: str
    state: ProblemState
    signature: str
    title: str
    service: str
    symptom: str
    team: str | None
    rule: str
    reason: str
    accepted_by: str | None = None
    """Who took it into work for the team."""
    declined_by: str | None = None
    declined_because: str | None = None
    """Why it is not worth the work; its incidents are still linked to it, so that it can be asked again."""
    opened_at: datetime
    opened_for: str = ""
    first_incident_at: datetime | None = None
    incidents: int
    last_incident_at: datetime
    look_at: datetime | None = None
    changed_at: datetime
    revision: int = 1
    published_revision: int = 0

    @property
    def is_worked_on(self) -> bool:
        """Whether it counts for its team's work-in-progress limit."""
        return self.accepted_by is not None and self.state in IN_WORK


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemChanged:
    """A problem as it shall be stored, and the change that says why."""

    problem: Problem
    change: Change


def next_look(problem: Problem) -> datetime | None:
    """When the clocks must look: only an unpublished revision is a deadline so far."""
    if problem.published_revision < problem.revision:
        return problem.changed_at + PUBLISH_WITHIN
    return None


def opened(problem: Problem, *, by: str) -> ProblemChanged:
    """A new problem; its first change, told to the problem lane."""
    data = {"title": problem.title, "rule": problem.rule, "reason": problem.reason}
    change = Change(kind="problem.opened", at=problem.opened_at, by=by, loud=True, data=data)
    return ProblemChanged(problem=problem, change=change)


def linked(problem: Problem, incident: Incident, *, by: str, at: datetime) -> ProblemChanged:
    """One more incident of the same signature."""
    link = Link(incident_id=incident.incident_id, opened_at=incident.opened_at)
    return gathered(problem, [link], by=by, at=at)


def gathered(problem: Problem, links: Collection[Link], *, by: str, at: datetime) -> ProblemChanged:
    """Further incidents of the same signature."""
    after = replace(
        problem,
        incidents=problem.incidents + len(links),
        last_incident_at=max(problem.last_incident_at, *(link.opened_at for link in links)),
        revision=problem.revision + 1,
        changed_at=at,
    )
    data = {"incidents": [link.incident_id for link in links]}
    return ProblemChanged(problem=after, change=Change(kind="problem.linked", at=at, by=by, data=data))


def accept(problem: Problem, *, by: str, at: datetime) -> ProblemChanged | None:
    """The team takes it into work; also what was declined before, or came back after its fix."""
    _not_over(problem)
    if problem.is_worked_on:
        return None
    after = replace(
        problem,
        state=problem.state if problem.state in IN_WORK else ProblemState.OPEN,
        accepted_by=by,
        declined_by=None,
        declined_because=None,
        revision=problem.revision + 1,
        changed_at=at,
    )
    data = {"before": problem.state.value}
    return ProblemChanged(problem=after, change=Change(kind="problem.accepted", at=at, by=by, data=data))


def decline(problem: Problem, *, by: str, at: datetime, reason: str) -> ProblemChanged | None:
    """It is not worth the work, for a reason that is remembered: recurrence does not propose it again."""
    _not_over(problem)
    if problem.state is ProblemState.DECLINED and problem.declined_because == reason:
        return None
    after = replace(
        problem,
        state=ProblemState.DECLINED,
        accepted_by=None,
        declined_by=by,
        declined_because=reason,
        revision=problem.revision + 1,
        changed_at=at,
    )
    data = {"reason": reason, "before": problem.state.value}
    return ProblemChanged(problem=after, change=Change(kind="problem.declined", at=at, by=by, data=data))


def _not_over(problem: Problem) -> None:
    if problem.state in (ProblemState.VERIFIED, ProblemState.CLOSED):
        raise ConflictError(f"the problem is {problem.state}", remedy="nothing to do; it is over")
