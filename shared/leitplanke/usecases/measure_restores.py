"""An incident is closed: how long customers waited in it joins what others are compared with. Once.

Only incidents in which nobody went past a guardrail are a measure, so that overrides are compared with the
road they left. One that was never restored (a false alarm), or never routed, is no measure either.
"""

from dataclasses import dataclass

from leitplanke.domain.incidents import IncidentState
from leitplanke.table.incidents import Incidents
from leitplanke.table.restore_times import RestoreHistogram


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreMeasure:
    """Keeps what is usual."""

    incidents: Incidents
    restore_times: RestoreHistogram

    def review(self, incident_id: str) -> None:
        """Measure a closed incident. Repeatable. Raises NotFoundError, UnavailableError."""
        one = self.incidents.get(incident_id)
        if one.state is not IncidentState.CLOSED or one.overridden:
            return
        if one.priority and one.restored_at and one.closed_at:
            self.restore_times.count(one, priority=one.priority, closed_at=one.closed_at)
