"""Changes of incidents, problems and services go to the domain bus. Function 3 of the design.

The timeline is the outbox: what lies between `published_revision` and `revision` is owed. The stream says
so within a moment; the clocks find what it missed. Publishing twice is harmless, the event ids are equal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leitplanke.domain.announcements import (
    Announcement,
    about_incident,
    about_problem,
    about_service,
    alerts_changed,
)
from leitplanke.domain.incidents import Incident
from leitplanke.domain.problems import Problem
from leitplanke.domain.services import ServiceState
from leitplanke.table import rows
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.table.timelines import TimelinePage
from leitplanke.usecases.ports import PublishEvents

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Puts what is owed on the bus and notes that it is there."""

    incidents: Incidents
    problems: Problems
    services: Services
    publish: PublishEvents

    def incident(self, incident: Incident) -> int:
        """Publish an incident's unpublished revisions; returns how many. Raises UnavailableError."""
        if incident.published_revision >= incident.revision:
            return 0
        page = self.incidents.timeline(
            incident.incident_id,
            after_revision=incident.published_revision,
            limit=_owed(incident.revision, incident.published_revision),
        )
        events = [about_incident(incident, entry.revision, entry.change) for entry in page.entries]
        self.publish(events)
        self.incidents.published(incident.incident_id, _last(page, incident.published_revision))
        return len(events)

    def problem(self, problem: Problem) -> int:
        """Publish a problem's unpublished revisions; returns how many. Raises UnavailableError."""
        if problem.published_revision >= problem.revision:
            return 0
        page = self.problems.timeline(
            problem.problem_id,
            after_revision=problem.published_revision,
            limit=_owed(problem.revision, problem.published_revision),
        )
        events = [about_problem(problem, entry.revision, entry.change) for entry in page.entries]
        self.publish(events)
        self.problems.published(problem.problem_id, _last(page, problem.published_revision))
        return len(events)

    def service(self, state: ServiceState) -> int:
        """Publish a service's unpublished flips; returns how many. Raises UnavailableError."""
        if state.published_revision >= state.revision:
            return 0
        page = self.services.timeline(state.service, after_revision=state.published_revision, limit=_PAGE)
        events: list[Announcement] = [
            about_service(state.service, entry.revision, entry.change) for entry in page.entries
        ]
        self.publish(events)
        self.services.published(state.service, _last(page, state.published_revision))
        return len(events)

    def wake_routing(self, incident: Incident, *, at: datetime, reason: str) -> None:
        """Ask routing to look at an incident again. Raises UnavailableError."""
        self.publish([alerts_changed(incident.incident_id, incident.pulse, at=at, reason=reason)])


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One modification of a row as the stream tells it: before (if there was one) and after."""

    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def publish_changes(changes: Iterable[RowChange], publisher: Publisher, *, now: datetime) -> int:
    """Publish what these modifications owe; returns the number of events. Raises UnavailableError.

    Several modifications of one row in a batch are one piece of work: the newest says it all.
    """
    newest: dict[str, RowChange] = {}
    pulsed: set[str] = set()
    for change in changes:
        pk = str(change.after["pk"])
        newest[pk] = change
        if change.before is not None and change.before.get("pulse", 0) < change.after.get("pulse", 0):
            pulsed.add(pk)
    return sum(_publish(change, publisher, pulsed=pk in pulsed, now=now) for pk, change in newest.items())


def _publish(change: RowChange, publisher: Publisher, *, pulsed: bool, now: datetime) -> int:
    match change.after["type"]:
        case "incident":
            incident = rows.incident_of(change.after)
            sent = publisher.incident(incident)
            if pulsed and incident.is_live and incident.routed_pulse < incident.pulse:
                publisher.wake_routing(incident, at=now, reason="its alerts changed")
                sent += 1
            return sent
        case "problem":
            return publisher.problem(rows.problem_of(change.after))
        case "service":
            return publisher.service(rows.service_of(change.after))
    return 0


def _owed(revision: int, published: int) -> int:
    """How many lines to publish: none that is newer than the row in hand.

    A newer line may belong to a lane or a team that this row does not have yet; announced with the old ones
    it would reach nobody, and count as published. The newer row's record is in the stream already.
    """
    return min(revision - published, _PAGE)


def _last(page: TimelinePage, published: int) -> int:
    return page.entries[-1].revision if page.entries else published
