"""The sentence that an incident's card begins with."""

from leitplanke.domain.incidents import Incident, IncidentState


def headline(incident: Incident) -> str:
    """Who cannot work, since when, who has it."""
    if incident.state is IncidentState.CLOSED and incident.restored_at is None:
        return f"Closed by {incident.closed_by} as none: it was never restored."
    began = f"{incident.began_at:%Y-%m-%d %H:%M} UTC"
    ended = f"{incident.restored_at:%Y-%m-%d %H:%M} UTC" if incident.restored_at else None
    if not incident.cut_off_count:
        when = f"It lasted from {began} to {ended}" if ended else f"It began {began}"
        return f"Nobody is known to be cut off. {when}; {_owner(incident)}."
    if ended:
        return f"It kept {_who(incident)} from working from {began} to {ended}; {_owner(incident)}."
    return f"{_who(incident)} cannot work since {began}; {_owner(incident)}."


def _who(incident: Incident) -> str:
    names = ", ".join(f"{one.name} ({one.heads:,} people)" for one in incident.cut_off)
    others = incident.cut_off_count - len(incident.cut_off)
    return f"{names} and {others} more customers, {incident.heads:,} people in all," if others > 0 else names


def _owner(incident: Incident) -> str:
    team = f" of team {incident.team}" if incident.team else ""
    if incident.acknowledged_by is not None:
        has = "has" if incident.is_live else "had"
        return f"{incident.assignee or incident.acknowledged_by}{team} {has} it"
    if incident.assignee is not None:
        return f"assigned to {incident.assignee}{team}, not acknowledged"
    if not incident.is_live:
        return f"it is {incident.state}"
    return f"nobody{team} has taken it yet"
