"""Which incident an alert that begins to fire belongs to, given what its group has."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from leitplanke.domain.incidents import Incident, IncidentState


class Placement(Enum):
    """What to do with the group's incident before the alert joins it."""

    JOIN = "it is live: the alert joins"
    REOPEN = "it was restored a short time ago: it is back"
    OPEN = "there is none, or it is over: a new one"


def place(incident: Incident | None, *, now: datetime) -> Placement:
    """Design, section 3: reopen within the policy's window (`close_at`), a new incident after it."""
    if incident is None or incident.state is IncidentState.CLOSED:
        return Placement.OPEN
    if incident.is_live:
        return Placement.JOIN
    if incident.close_at is not None and now <= incident.close_at:
        return Placement.REOPEN
    return Placement.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What an incident opened for this group would be about."""

    group_key: str
    service: str
    signature: str
