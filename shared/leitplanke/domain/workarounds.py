"""What restored an incident is often told after it was restored, when there is time to write it down."""

from dataclasses import replace
from datetime import datetime

from leitplanke.domain.incidents import Change, Changed, Incident, IncidentState


def told_afterwards(
    incident: Incident, *, workaround: str, helped: bool | None, by: str, at: datetime
) -> Changed | None:
    """A restored incident with the workaround that somebody tells now; None if that is known already.

    Its kind is that of restoring, because that is what it is about: recurrence learns from it at once. It is
    not loud: nobody needs to be woken for it.
    """
    if incident.state is not IncidentState.RESTORED:
        return None
    if (incident.workaround, incident.workaround_helped) == (workaround, helped):
        return None
    after = replace(
        incident,
        workaround=workaround,
        workaround_helped=helped,
        revision=incident.revision + 1,
        changed_at=at,
    )
    data = {"reason": "workaround told afterwards", "workaround": workaround}
    return Changed(incident=after, change=Change(kind="incident.restored", at=at, by=by, data=data))
