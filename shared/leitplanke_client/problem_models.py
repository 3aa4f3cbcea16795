"""Problems as the API gives them."""

from collections.abc import Mapping

from pydantic import AwareDatetime

from leitplanke_client.answers import Answer, Page
from leitplanke_client.incident_models import Incident, WorkedBefore


class Problem(Answer):
    """What keeps coming back, and why it was opened."""

    id: str
    revision: int
    state: str
    title: str
    service: str
    symptom: str
    signature: str
    team: str | None = None
    rule: str
    reason: str
    accepted_by: str | None = None
    declined_by: str | None = None
    declined_because: str | None = None
    opened_at: AwareDatetime
    incident_count: int
    last_incident_at: AwareDatetime


class Problems(Page):
    """One page of problems, newest first."""

    problems: tuple[Problem, ...]


class ProblemCard(Problem):
    """One problem with its incidents and what restored them."""

    worked_last_time: WorkedBefore | None = None
    incidents: tuple[Incident, ...] = ()
    more_incidents: bool = False
    links: Mapping[str, str] = {}


class ActedOnProblem(Problem):
    """The problem after somebody acted on it."""

    changed: bool
