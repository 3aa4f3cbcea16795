"""An incident was closed a while ago: were those right who went past a guardrail in it? Asked by the clocks.

Each override that has no verdict yet gets one, with its counts. Doing it twice changes nothing: the first
verdict on an override stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.cases import Case
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.problems import Link
from leitplanke.domain.regrets import Line, judge
from leitplanke.domain.restore_times import RestoreTimes
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents, subject
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.signatures import Signatures

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideJudge:
    """Judges what people went past."""

    incidents: Incidents
    guardrails: Guardrails
    restore_times: RestoreHistogram
    signatures: Signatures

    def judge(self, incident: Incident, *, now: datetime) -> int:
        """Give a verdict on each override in a closed incident that has none; returns how many.

        One that is not closed has none to come yet.
        """
        if incident.state is not IncidentState.CLOSED or incident.closed_at is None:
            return 0
        name = subject(incident.incident_id)
        waiting = [case for case in self.guardrails.overridden(name) if case.outcome is None]
        if waiting:
            self._judge(waiting, incident, closed_at=incident.closed_at, now=now)
        return len(waiting)

    def _judge(
        self, cases: Sequence[Case], incident: Incident, *, closed_at: datetime, now: datetime
    ) -> None:
        comparable = RestoreTimes(counts={})
        if incident.priority:
            comparable = self.restore_times.before(incident.priority, closed_at)
        story = self._story(incident, after=min(case.revision or 0 for case in cases))
        came_back = self._came_back(incident, closed_at, until=incident.judge_at or now)
        for case in cases:
            verdict = judge(case, incident, story, comparable=comparable, came_back=came_back)
            self.guardrails.judged(case, verdict, at=now)

    def _came_back(self, incident: Incident, closed_at: datetime, *, until: datetime) -> Link | None:
        """The first incident of the same symptom after the close, if one opened in time."""
        later = self.signatures.occurrences(incident.signature, since=closed_at, limit=_PAGE)
        others = [one for one in later if one.incident_id != incident.incident_id]
        first = min(others, key=lambda one: one.opened_at, default=None)
        return first if first is not None and first.opened_at <= until else None

    def _story(self, incident: Incident, *, after: int) -> list[Line]:
        """What happened in it after the first of the overrides."""
        lines: list[Line] = []
        start: int | None = after
        while start is not None:
            page = self.incidents.timeline(incident.incident_id, after_revision=start, limit=_PAGE)
            lines.extend(Line(revision=one.revision, change=one.change) for one in page.entries)
            start = page.next_revision
        return lines
