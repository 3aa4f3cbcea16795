"""What people do with an incident on its way: hand it over, ask for help, remark, prioritise, suppress.

As in `domain.incidents`, each function gives the incident as it shall be with its line of the timeline, or
None where it is so already. What cannot be done to a closed incident raises ConflictError.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import ConflictError
from leitplanke.domain.guardrails import Overridden
from leitplanke.domain.incidents import Change, Changed, Incident, IncidentState, next_revision
from leitplanke.domain.rules import Priority

WITHOUT_END = datetime(9999, 12, 31, tzinfo=UTC)
"""`suppressed_until` of what is suppressed until somebody ends it."""


def assign(  # noqa: PLR0913 - who hands what to whom, when and why
    incident: Incident,
    *,
    assignee: str | None,
    team: str | None,
    by: str,
    at: datetime,
    reason: str | None = None,
) -> Changed | None:
    """A person, a team or both get it; None leaves that part as it is.

    Assigning does not acknowledge: nobody has said yes yet. A team that a person has set stays, whatever
    routing would say; it is told.
    """
    _not_closed(incident)
    new_person = assignee is not None and assignee != incident.assignee
    new_team = team is not None and team != incident.team
    if not new_person and not new_team and (team is None or incident.set_team == team):
        return None
    handed_over = (new_person and incident.assignee is not None) or (new_team and incident.team is not None)
    after = next_revision(
        incident,
        at,
        assignee=assignee or incident.assignee,
        team=team or incident.team,
        set_team=team or incident.set_team,
        hand_overs=incident.hand_overs + handed_over,
    )
    data: dict[str, Any] = {"assignee": after.assignee, "team": after.team, "before": _holders(incident)}
    return _changed(after, "assigned", at=at, by=by, loud=new_team, reason=reason, **data)


def note(incident: Incident, *, text: str, by: str, at: datetime) -> Changed:
    """A remark in the timeline; also after the end."""
    return _changed(next_revision(incident, at), "noted", at=at, by=by, text=text)


def reported(incident: Incident, *, title: str, by: str, at: datetime) -> Changed:
    """Somebody reports what this incident is about already."""
    return _changed(next_revision(incident, at), "reported", at=at, by=by, title=title)


def ask_for_help(incident: Incident, *, by: str, at: datetime, reason: str) -> Changed:
    """Somebody needs more hands: the team's next people are told, as often as somebody asks."""
    if not incident.is_live:
        raise ConflictError(
            f"the incident is {incident.state}, customers can work",
            remedy="reopen it first (POST .../reopen) if they cannot; a closed one stays closed",
        )
    step = incident.escalation + 1
    after = next_revision(incident, at, escalation=step, acknowledge_by=None)
    return _changed(after, "escalated", at=at, by=by, loud=True, reason=reason, step=step)


def prioritise(  # noqa: PLR0913 - who sets what, when, why, and the clock that follows
    incident: Incident,
    *,
    priority: Priority | None,
    by: str,
    at: datetime,
    reason: str,
    acknowledge_within: timedelta | None,
) -> Changed | None:
    """A person sets the priority, or (None) leaves it to the facts again.

    Routing keeps what is set, goes on computing what it would be, and lets the lane follow. More urgent than
    before is told at once.
    """
    if not incident.is_live:
        raise ConflictError(
            f"the incident is {incident.state}", remedy="reopen it first (POST .../reopen) if it is not over"
        )
    if incident.set_priority == priority:
        return None
    before, now = incident.priority, priority or incident.priority
    due = incident.acknowledge_by
    if now != before and due is not None and acknowledge_within is not None:
        due = at + acknowledge_within
    after = next_revision(
        incident,
        at,
        set_priority=priority,
        priority=now,
        acknowledge_by=due,
        pulse=incident.pulse + 1,
        pulsed_at=at,
    )
    more_urgent = now is not None and before is not None and now < before
    data = {"priority": priority, "before": {"priority": before, "team": incident.team}}
    return _changed(after, "prioritised", at=at, by=by, loud=more_urgent, reason=reason, **data)


def suppress(  # noqa: PLR0913 - who wants what, until when, why, and the clock that follows its end
    incident: Incident,
    *,
    until: datetime | None,
    by: str,
    at: datetime,
    reason: str,
    acknowledge_within: timedelta | None,
) -> Changed | None:
    """Nobody is told of it until then (None: until somebody ends it). It is worked all the same.

    A moment that is over ends it now.
    """
    _not_closed(incident)
    end = WITHOUT_END if until is None else until
    if end <= at:
        if incident.suppressed_until is None:
            return None
        return _ended(incident, by=by, at=at, reason=reason, acknowledge_within=acknowledge_within)
    if (incident.suppressed_until, incident.suppressed_because) == (end, reason):
        return None
    after = next_revision(
        incident,
        at,
        suppressed_until=end,
        suppressed_by=by,
        suppressed_because=reason,
        acknowledge_by=None,
    )
    end_text = until.astimezone(UTC).isoformat() if until else None
    return _changed(after, "suppressed", at=at, by=by, reason=reason, until=end_text)


def end_suppression(
    incident: Incident, *, by: str, at: datetime, acknowledge_within: timedelta | None
) -> Changed | None:
    """Its time is over: people are told what is true now, and have to take it if nobody has."""
    if incident.suppressed_until is None:
        return None
    reason = f"it was suppressed until now: {incident.suppressed_because}"
    return _ended(incident, by=by, at=at, reason=reason, acknowledge_within=acknowledge_within)


def signed(changed: Changed, actor: Actor, overridden: Sequence[Overridden]) -> Changed:
    """The change, saying who made it, which guardrails were gone past on the way and why."""
    incident = replace(changed.incident, overridden=changed.incident.overridden + len(overridden))
    return Changed(incident=incident, change=signed_line(changed.change, actor, overridden))


def signed_line(change: Change, actor: Actor, overridden: Sequence[Overridden]) -> Change:
    """The same of one line of a timeline, whatever record it is about."""
    said = [
        {"guardrail": one.guardrail, "purpose": one.purpose, "level": one.level, "reason": one.reason}
        for one in overridden
    ]
    data = {**change.data, "overrides": said} if said else change.data
    return replace(change, by_id=actor.ident, data=data)


def _ended(
    incident: Incident,
    *,
    by: str,
    at: datetime,
    reason: str,
    acknowledge_within: timedelta | None,
) -> Changed:
    within = acknowledge_within if incident.state is IncidentState.OPEN else None
    after = next_revision(
        incident,
        at,
        suppressed_until=None,
        suppressed_by=None,
        suppressed_because=None,
        acknowledge_by=None if within is None else at + within,
    )
    return _changed(after, "unsuppressed", at=at, by=by, loud=incident.is_live, reason=reason)


def _holders(incident: Incident) -> dict[str, str | None]:
    return {"assignee": incident.assignee, "team": incident.team}


def _not_closed(incident: Incident) -> None:
    if incident.state is IncidentState.CLOSED:
        raise ConflictError("the incident is closed", remedy="report a new one, or go on in its problem")


def _changed(  # noqa: PLR0913 - the parts of a line, by keyword
    after: Incident,
    kind: str,
    *,
    at: datetime,
    by: str,
    loud: bool = False,
    reason: str | None = None,
    **data: Any,
) -> Changed:
    said = data if reason is None else {**data, "reason": reason}
    return Changed(incident=after, change=Change(kind=f"incident.{kind}", at=at, by=by, loud=loud, data=said))
