"""Changes of incidents, problems and services go to the domain bus. Function 3 of the design.

The timeline is the outbox: what lies between `published_revision` and `revision` is owed. The stream says
so within a moment; the clocks find what it missed. Publishing twice is harmless, the event ids are equal.

    stream record: revision 4 ─▶ 6        publish 5 and 6, note 6 if everything up to 4 is noted
    clocks: published 3 of 6              publish 4, 5 and 6, note 6

Nobody publishes a revision that is newer than the record it has read: lane and team would be those of before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leitplanke.domain.announcements import (
    WAKES_ROUTING,
    Announcement,
    about_incident,
    about_problem,
    about_service,
    alerts_changed,
)
from leitplanke.domain.errors import LostRaceError, UnavailableError
from leitplanke.domain.incidents import Change, Incident
from leitplanke.domain.problems import Problem
from leitplanke.domain.services import ServiceState
from leitplanke.table import rows
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.table.timelines import TimelinePage
from leitplanke.usecases.ports import PublishEvents

_PAGE = 100

_Read = Callable[[int, int], TimelinePage]
_Tell = Callable[[int, Change], Announcement]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    """Events, and what to note when they are on the bus (None where there is nothing to note)."""

    events: Sequence[Announcement]
    note: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Puts what is owed on the bus and notes that it is there. All raise UnavailableError."""

    incidents: Incidents
    problems: Problems
    services: Services
    publish: PublishEvents

    def incident(self, incident: Incident) -> int:
        """Publish an incident's unpublished revisions; returns how many."""
        return self._all(self.owed_by_incident(incident, after=incident.published_revision))

    def problem(self, problem: Problem) -> int:
        """Publish a problem's unpublished revisions; returns how many."""
        return self._all(self.owed_by_problem(problem, after=problem.published_revision))

    def service(self, state: ServiceState) -> int:
        """Publish a service's unpublished flips; returns how many."""
        return self._all(self.owed_by_service(state, after=state.published_revision))

    def wake_routing(self, incident: Incident, *, at: datetime, reason: str) -> None:
        """Ask routing to look at an incident again."""
        self.publish([alerts_changed(incident, at=at, reason=reason)])

    def owed_by_incident(self, incident: Incident, *, after: int) -> _Owed:
        """Its revisions after that one."""
        ident, revision = incident.incident_id, incident.revision
        return _owed(
            lambda start, limit: self.incidents.timeline(
                ident, after_revision=start, until_revision=revision, limit=limit
            ),
            lambda number, change: about_incident(incident, number, change),
            lambda: self.incidents.published(ident, revision, after=after),
            between=(after, revision),
        )

    def owed_by_problem(self, problem: Problem, *, after: int) -> _Owed:
        """Its revisions after that one."""
        ident, revision = problem.problem_id, problem.revision
        return _owed(
            lambda start, limit: self.problems.timeline(
                ident, after_revision=start, until_revision=revision, limit=limit
            ),
            lambda number, change: about_problem(problem, number, change),
            lambda: self.problems.published(ident, revision, after=after),
            between=(after, revision),
        )

    def owed_by_service(self, state: ServiceState, *, after: int) -> _Owed:
        """Its flips after that one."""
        name, revision = state.service, state.revision
        return _owed(
            lambda start, limit: self.services.timeline(
                name, after_revision=start, until_revision=revision, limit=limit
            ),
            lambda number, change: about_service(name, number, change),
            lambda: self.services.published(name, revision, after=after),
            between=(after, revision),
        )

    def _all(self, owed: _Owed) -> int:
        if owed.events:
            self.publish(owed.events)
        if owed.note is not None:
            owed.note()
        return len(owed.events)


def _owed(read: _Read, tell: _Tell, note: Callable[[], None], *, between: tuple[int, int]) -> _Owed:
    """What the timeline says between two revisions, the first one excluded."""
    start: int | None
    start, last = between
    if start >= last:
        return _Owed(events=())
    events: list[Announcement] = []
    while start is not None:
        page = read(start, _PAGE)
        events.extend(tell(entry.revision, entry.change) for entry in page.entries)
        start = page.next_revision
    return _Owed(events=events, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One modification of a row as the stream tells it: before (if there was one) and after.

    `number` is the caller's name for it.
    """

    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    number: int = 0


@dataclass(slots=True, kw_only=True)
class Published:
    """What became of a batch. `events`: what is on the bus now.

    `poisoned`: changes that cannot be published, each with the reason.
    `unnoted`: rows whose events are on the bus although that could not be noted; the clocks repeat them.
    """

    events: list[Announcement] = field(default_factory=list)
    unnoted: int = 0
    poisoned: list[tuple[RowChange, Exception]] = field(default_factory=list)


def publish_changes(changes: Iterable[RowChange], publisher: Publisher) -> Published:
    """Publish what these modifications brought. Raises UnavailableError; then all of them must come again.

    Several modifications of one row in a batch are one piece of work, and all events of a batch go to the
    bus together.
    """
    report = Published()
    found: list[tuple[list[RowChange], _Owed]] = []
    for group in _by_row(changes):
        try:
            found.append((group, _brought(group, publisher)))
        except UnavailableError:
            raise
        except Exception as error:  # a row that cannot be read must not hold up the others
            report.poisoned.extend((change, error) for change in group)
    for _, owed in _on_the_bus(found, publisher, report):
        report.events.extend(owed.events)
        report.unnoted += not _noted(owed)
    return report


def _on_the_bus(
    found: list[tuple[list[RowChange], _Owed]], publisher: Publisher, report: Published
) -> list[tuple[list[RowChange], _Owed]]:
    """Publish together; if one of them is poison, each by itself, so that only that one is set aside."""
    together = [event for _, owed in found for event in owed.events]
    if not together:
        return found
    try:
        publisher.publish(together)
    except UnavailableError:
        raise
    except Exception:
        return [one for one in found if _alone(*one, publisher, report)]
    return found


def _alone(group: list[RowChange], owed: _Owed, publisher: Publisher, report: Published) -> bool:
    try:
        publisher.publish(owed.events)
    except UnavailableError:
        raise
    except Exception as error:
        report.poisoned.extend((change, error) for change in group)
        return False
    return True


def _noted(owed: _Owed) -> bool:
    """Note it; False if the table refuses just now. To publish all of it again would be no better."""
    if owed.note is None:
        return True
    try:
        owed.note()
    except (UnavailableError, LostRaceError):
        return False
    return True


def _by_row(changes: Iterable[RowChange]) -> list[list[RowChange]]:
    found: dict[tuple[str, str], list[RowChange]] = {}
    for change in changes:
        found.setdefault((str(change.after["pk"]), str(change.after["sk"])), []).append(change)
    return list(found.values())


def _brought(group: Sequence[RowChange], publisher: Publisher) -> _Owed:
    """What the modifications of one row brought, from the first one's before to the last one's after."""
    before, after = group[0].before or {}, group[-1].after
    start = max(before.get("revision", 0), after.get("published", 0))
    match after["type"]:
        case "incident":
            incident = rows.incident_of(after)
            owed = publisher.owed_by_incident(incident, after=start)
            if not _must_wake(incident, int(before.get("pulse", 0)), owed):
                return owed
            pulse = alerts_changed(incident, at=incident.pulsed_at, reason="its alerts changed")
            return _Owed(events=[*owed.events, pulse], note=owed.note)
        case "problem":
            return publisher.owed_by_problem(rows.problem_of(after), after=start)
        case "service":
            return publisher.owed_by_service(rows.service_of(after), after=start)
    return _Owed(events=())


def _must_wake(incident: Incident, pulse_before: int, owed: _Owed) -> bool:
    """Whether routing must be told of a pulse that it does not know and will not hear of anyway."""
    if not incident.is_live or not max(pulse_before, incident.routed_pulse) < incident.pulse:
        return False
    return not any(event["type"] in WAKES_ROUTING for event in owed.events)
