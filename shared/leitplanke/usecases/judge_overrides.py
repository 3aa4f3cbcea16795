"""An incident is closed: were those right who went past a guardrail in it? Woken like recurrence, by the bus.

    closed ─▶ nobody went past anything ─▶ its time to restore joins those that others are compared with
        └───▶ somebody did ─▶ each override that has no verdict yet gets one, with its counts

Doing it twice changes nothing: an incident is measured once, and the first verdict on an override stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.cases import Case
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.regrets import Line, judge
from leitplanke.domain.restore_times import RestoreTimes
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents, subject
from leitplanke.table.restore_times import RestoreHistogram

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideJudge:
    """Judges what people went past, and keeps what it compares with."""

    incidents: Incidents
    guardrails: Guardrails
    restore_times: RestoreHistogram

    def review(self, incident_id: str, *, now: datetime) -> int:
        """Judge the overrides of a closed incident, or measure one in which there are none.

        Returns how many verdicts were given. One that is not closed waits for the news that it is. Raises
        NotFoundError, LostRaceError, UnavailableError.
        """
        incident = self.incidents.get(incident_id)
        if incident.state is not IncidentState.CLOSED:
            return 0
        if incident.overridden == 0:
            self._measure(incident)
            return 0
        waiting = [case for case in self.guardrails.overridden(subject(incident_id)) if case.outcome is None]
        if waiting:
            self._judge(waiting, incident, now)
        return len(waiting)

    def _measure(self, incident: Incident) -> None:
        """One that was never restored (a false alarm), or never routed, is no measure for others."""
        if incident.priority and incident.restored_at and incident.closed_at:
            self.restore_times.count(incident, priority=incident.priority, closed_at=incident.closed_at)

    def _judge(self, cases: Sequence[Case], incident: Incident, now: datetime) -> None:
        comparable = RestoreTimes(counts={})
        if incident.priority:
            comparable = self.restore_times.before(incident.priority, incident.closed_at or now)
        story = self._story(incident, after=min(case.revision or 0 for case in cases))
        for case in cases:
            self.guardrails.judged(case, judge(case, incident, story, comparable), at=now)

    def _story(self, incident: Incident, *, after: int) -> list[Line]:
        """What happened in it after the first of the overrides."""
        lines: list[Line] = []
        start: int | None = after
        while start is not None:
            page = self.incidents.timeline(incident.incident_id, after_revision=start, limit=_PAGE)
            lines.extend(Line(revision=one.revision, change=one.change) for one in page.entries)
            start = page.next_revision
        return lines
