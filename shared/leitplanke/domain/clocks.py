"""What the clocks owe an incident at a given moment. Pure: the incident and the time say it all."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.incidents import (
    PUBLISH_WITHIN,
    SYSTEM,
    Incident,
    IncidentState,
    next_look,
)

LOOK_AGAIN = timedelta(seconds=60)
"""When what is owed cannot be done yet: the sweep comes every minute."""


class Duty(Enum):
    """One thing that is due."""

    PUBLISH = "the stream never said what changed"
    ROUTE = "routing never saw the last change of its alerts"
    ESCALATE = "nobody took it in time"
    CHECK_QUIET = "a sender promised news by now"
    CHECK_EMPTY = "its alerts changed a while ago: does anything fire at all?"
    CONFIRM = "nothing fired when it was restored: is that still so?"
    CLOSE = "the reopen window is over"
    END_ALERTS = "it is closed: what still fires in it has no owner"


def duties(incident: Incident, now: datetime) -> list[Duty]:
    """What is due now, in the order in which to do it."""
    due: list[Duty] = []
    if incident.published_revision < incident.revision and _over(
        incident.changed_at, now, after=PUBLISH_WITHIN
    ):
        due.append(Duty.PUBLISH)
    if incident.state is IncidentState.CLOSED:
        return [*due, Duty.END_ALERTS]
    if incident.routed_pulse < incident.pulse and _over(incident.pulsed_at, now, after=PUBLISH_WITHIN):
        due.append(Duty.ROUTE)
    if incident.state is IncidentState.OPEN and _over(incident.acknowledge_by, now):
        due.append(Duty.ESCALATE)
    if incident.is_live and _over(incident.quiet_check_at, now):
        due.append(Duty.CHECK_QUIET)
    elif incident.is_live and empty_check_at(incident) <= now:
        due.append(Duty.CHECK_EMPTY)
    if incident.state is IncidentState.RESTORED:
        if _over(incident.confirm_at, now):
            due.append(Duty.CONFIRM)
        if _over(incident.close_at, now):
            due.append(Duty.CLOSE)
    return due


def look_after(incident: Incident, now: datetime) -> datetime | None:
    """When to look next. Something that is overdue and could not be done waits a minute, not for ever.

    Every pulse is followed by the question whether anything fires: of two writers that resolve the last two
    alerts at once, both may be told by the lagging index that the other's still fires.
    """
    needed = next_look(incident)
    ask_at = empty_check_at(incident)
    if incident.is_live and ask_at > now:
        needed = min(needed or ask_at, ask_at)
    if needed is None:
        return None
    return max(needed, now + LOOK_AGAIN) if needed <= now else needed


def empty_check_at(incident: Incident) -> datetime:
    """When to ask whether anything fires in a live incident: not before its alerts are there."""
    asked_at = incident.pulsed_at + LOOK_AGAIN
    return max(asked_at, incident.alerts_by) if incident.alerts_by is not None else asked_at


def lapsed(alerts: Iterable[Alert], now: datetime, *, grace: timedelta) -> list[Alert]:
    """Firing alerts whose sender promised news by a moment that is over, with some grace."""
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.FIRING
        and alert.expires_at is not None
        and alert.expires_at + grace <= now
    ]


def next_quiet_check(alerts: Iterable[Alert], now: datetime, *, grace: timedelta) -> datetime | None:
    """When the next promise of these alerts is over; at the earliest in a minute."""
    ends = [
        alert.expires_at + grace for alert in alerts if alert.expires_at and alert.state is AlertState.FIRING
    ]
    return max(min(ends), now + LOOK_AGAIN) if ends else None


def is_back(incident: Incident, firing: Iterable[Alert]) -> bool:
    """Whether what fires in a restored incident means that it is back.

    After our own restore anything that fires does. After a person's, only what began later: they knew of
    the rest and said that customers can work all the same.
    """
    if incident.restored_by == SYSTEM:
        return any(True for _ in firing)
    since = incident.restored_at or incident.opened_at
    return any(alert.first_seen_at > since for alert in firing)


def without_confirmation(incident: Incident) -> Incident:
    """The incident with its restore confirmed."""
    return replace(incident, confirm_at=None)


def _over(moment: datetime | None, now: datetime, *, after: timedelta = timedelta(0)) -> bool:
    return moment is not None and moment + after <= now
