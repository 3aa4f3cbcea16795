"""Where an incident stands on the board: its column, and its place in it.

    unrouted ▏ expedite ▏ standard ▏ backlog      customers may still wait, by lane
    suppressed                                     the same, but nobody is told for a time
    restored                                       they can work again; it closes by itself

In a column the most urgent stands first, of those the one that waits longest.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leitplanke.domain.incidents import Incident, IncidentState

UNROUTED = "P0"
"""In place of a priority while routing has not looked: first, because nobody knows how bad it is."""


class Column(StrEnum):
    """A column of the board, in the order in which they are read."""

    UNROUTED = "unrouted"
    EXPEDITE = "expedite"
    STANDARD = "standard"
    BACKLOG = "backlog"
    SUPPRESSED = "suppressed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one incident stands."""

    column: Column
    priority: str
    opened_at: datetime


def place_of(incident: Incident) -> Place | None:
    """Where it stands now; None once it is closed."""
    if incident.state is IncidentState.CLOSED:
        return None
    return Place(
        column=_column_of(incident),
        priority=incident.priority or UNROUTED,
        opened_at=incident.opened_at,
    )


def _column_of(incident: Incident) -> Column:
    if not incident.is_live:
        return Column.RESTORED
    if incident.suppressed_until is not None:
        return Column.SUPPRESSED
    return Column(incident.lane) if incident.lane else Column.UNROUTED
