"""What people ask about problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.incidents import Incident, KnownWorkaround
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.lists import Listing
from leitplanke.table.problems import Problems
from leitplanke.table.signatures import Signatures
from leitplanke.table.timelines import TimelinePage

SHOWN_INCIDENTS = 100
"""Incidents of a problem that are shown with it, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemWithIncidents:
    """One problem, what restored its incidents, and the newest of them; `more`: it has others.

    `opened` are the times at which all of them were opened, the newest first.
    """

    problem: Problem
    workaround: KnownWorkaround | None
    incidents: tuple[Incident, ...]
    opened: tuple[datetime, ...]
    more: bool


class ProblemReader:
    """Answers questions. All raise NotFoundError for a problem that does not exist."""

    def __init__(self, table: Table) -> None:
        self._problems = Problems(table)
        self._incidents = Incidents(table)
        self._signatures = Signatures(table)

    def listed(self, *, states: Sequence[ProblemState], limit: int, before: str | None) -> Listing[Problem]:
        """Problems, newest first."""
        return self._problems.listed(states=states, limit=limit, before=before)

    def with_incidents(self, problem_id: str) -> ProblemWithIncidents:
        """One problem with its incidents, newest first. Three reads and one batch read."""
        problem = self._problems.get(problem_id)
        links = self._problems.links(problem_id, limit=1_000)
        newest = sorted(links, key=lambda link: (link.opened_at, link.incident_id), reverse=True)
        found = self._incidents.get_many(link.incident_id for link in newest[:SHOWN_INCIDENTS])
        return ProblemWithIncidents(
            problem=problem,
            workaround=self._signatures.workaround(problem.signature),
            incidents=tuple(
                found[link.incident_id] for link in newest[:SHOWN_INCIDENTS] if link.incident_id in found
            ),
            opened=tuple(link.opened_at for link in newest),
            more=len(newest) > SHOWN_INCIDENTS,
        )

    def timeline(self, problem_id: str, *, after_revision: int, limit: int) -> TimelinePage:
        """Its story, oldest first. One query, two for an empty page."""
        page = self._problems.timeline(problem_id, after_revision=after_revision, limit=limit)
        if not page.entries:
            self._problems.get(problem_id)
        return page
