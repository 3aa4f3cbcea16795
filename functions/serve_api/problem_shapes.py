"""Problems as the API gives them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from functions.serve_api.incident_shapes import ShownIncident, WorkedBefore
from functions.serve_api.shapes import Next, Shown
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.usecases.read_problems import ProblemWithIncidents


class ShownProblem(Shown):
    """One problem in a list."""

    id: str
    revision: int
    state: ProblemState
    title: str
    service: str
    symptom: str
    signature: Annotated[str, Field(description="What its incidents have in common.")]
    team: str | None
    rule: Annotated[str, Field(description="The rule of the policy that opened it.")]
    reason: Annotated[str, Field(description="Why that rule applied.")]
    accepted_by: Annotated[str | None, Field(description="Who took it into work for the team.")]
    declined_by: str | None
    declined_because: Annotated[str | None, Field(description="Why it is not worth the work.")]
    opened_at: AwareDatetime
    incident_count: int
    last_incident_at: AwareDatetime

    @classmethod
    def of(cls, problem: Problem) -> "ShownProblem":
        """The problem as a list shows it."""
        return cls(**fields_of(problem))


def fields_of(problem: Problem) -> dict[str, Any]:
    """What every way of showing a problem has."""
    return {
        "id": problem.problem_id,
        "revision": problem.revision,
        "state": problem.state,
        "title": problem.title,
        "service": problem.service,
        "symptom": problem.symptom,
        "signature": problem.signature,
        "team": problem.team,
        "rule": problem.rule,
        "reason": problem.reason,
        "accepted_by": problem.accepted_by,
        "declined_by": problem.declined_by,
        "declined_because": problem.declined_because,
        "opened_at": problem.opened_at,
        "incident_count": problem.incidents,
        "last_incident_at": problem.last_incident_at,
    }


class Problems(Shown):
    """One page of problems, newest first."""

    problems: tuple[ShownProblem, ...]
    next: Next


class ProblemCard(ShownProblem):
    """One problem with its incidents and what restored them."""

    worked_last_time: WorkedBefore | None
    incidents: Annotated[tuple[ShownIncident, ...], Field(description="The newest 100.")]
    more_incidents: Annotated[bool, Field(description="Whether it has more than `incidents` shows.")]
    links: Mapping[str, str]

    @classmethod
    def of_found(cls, found: ProblemWithIncidents) -> "ProblemCard":
        """The problem as the API gives it."""
        here = f"/v1/problems/{found.problem.problem_id}"
        return cls(
            **ShownProblem.of(found.problem).model_dump(),
            worked_last_time=WorkedBefore.of(found.workaround) if found.workaround else None,
            incidents=tuple(ShownIncident.of(incident) for incident in found.incidents),
            more_incidents=found.more,
            links={"self": here, "timeline": f"{here}/timeline"},
        )
