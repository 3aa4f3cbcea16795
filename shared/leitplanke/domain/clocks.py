"""What the clocks owe an incident, and when. Pure: the incident and the time say it all.

One list of deadlines says both when to look (the earliest) and what to do then (those that are over), so
there is no look without a reason and no duty without a look.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.incidents import PUBLISH_WITHIN, SYSTEM, Incident, IncidentState

LOOK_AGAIN = timedelta(seconds=60)
"""When what is owed cannot be done yet: the sweep comes every minute."""


NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""A promise of something after that is none, and little can be added to such times."""


class Duty(Enum):
    """One thing that is due, in the order in which things are done."""

    PUBLISH = "the stream never said what changed"
    ROUTE = "routing never saw the last change of its alerts"
    ESCALATE = "nobody took it in time"
    CHECK_QUIET = "a sender promised news by now"
    CHECK_FIRING = "its alerts changed a while ago: does anything fire, and does routing know how bad it is?"
    CONFIRM = "nothing fired when it was restored: is that still so?"
    CLOSE = "the reopen window is over"
    END_SUPPRESSION = "it was suppressed until now: people shall hear of it again"
    END_ALERTS = "it is closed: what still fires in it has no owner"
    JUDGE = "it is known whether it came back: were those right who went past a guardrail in it?"


def deadlines(incident: Incident) -> Iterator[tuple[Duty, datetime]]:
    """Everything that will be due if nothing happens before. What does not fit the state never is."""
    if incident.published_revision < incident.revision:
        yield Duty.PUBLISH, incident.changed_at + PUBLISH_WITHIN
    if incident.state is not IncidentState.CLOSED and incident.routed_pulse < incident.pulse:
        yield Duty.ROUTE, incident.pulsed_at + PUBLISH_WITHIN
    for duty, moment in _of_state(incident):
        if moment is not None and moment < NEVER:
            yield duty, moment


def _of_state(incident: Incident) -> Iterator[tuple[Duty, datetime | None]]:
    match incident.state:
        case IncidentState.OPEN | IncidentState.ACKNOWLEDGED:
            if incident.state is IncidentState.OPEN:
                yield Duty.ESCALATE, incident.acknowledge_by
            yield Duty.CHECK_QUIET, incident.quiet_check_at
            if incident.checked_pulse < incident.pulse:
                yield Duty.CHECK_FIRING, firing_check_at(incident)
            yield Duty.END_SUPPRESSION, incident.suppressed_until
        case IncidentState.RESTORED:
            yield Duty.CONFIRM, incident.confirm_at
            yield Duty.CLOSE, incident.close_at
            yield Duty.END_SUPPRESSION, incident.suppressed_until
        case IncidentState.CLOSED:
            yield Duty.END_ALERTS, incident.confirm_at
            if incident.overridden:
                yield Duty.JUDGE, incident.judge_at


def firing_check_at(incident: Incident) -> datetime:
    """When to ask what fires in a live incident: not before the alerts that opened it are there."""
    asked_at = incident.pulsed_at + LOOK_AGAIN
    return max(asked_at, incident.alerts_by) if incident.alerts_by is not None else asked_at


def next_look(incident: Incident) -> datetime | None:
    """The earliest moment at which the clocks must look at this incident, if any.

    Unpublished revisions and unrouted pulses are deadlines too: that is the whole reconciler.
    """
    return min((moment for _, moment in deadlines(incident)), default=None)


def duties(incident: Incident, now: datetime) -> list[Duty]:
    """What is due now, in the order in which to do it.

    Publishing and waking routing repeat themselves without harm, so a look does them even before their time:
    while an incident changes every few seconds, their deadline would move ahead of every look.
    """
    at_once = (Duty.PUBLISH, Duty.ROUTE)
    return [duty for duty, moment in deadlines(incident) if moment <= now or duty in at_once]


def look_after(incident: Incident, now: datetime) -> datetime | None:
    """When to look next. Something that is overdue and could not be done waits a minute, not for ever.

    An earlier look that is armed will do: it comes, and arms the next one.
    """
    needed = next_look(incident)
    if needed is None:
        return None
    due = needed if needed > now else now + LOOK_AGAIN
    if incident.look_at is not None and now < incident.look_at <= due:
        return incident.look_at
    return due


def lapsed(alerts: Iterable[Alert], now: datetime, *, grace: timedelta) -> list[Alert]:
    """Firing alerts whose sender promised news by a moment that is over, with some grace."""
    return [
        alert
        for alert in alerts
        if alert.state is AlertState.FIRING
        and alert.expires_at is not None
        and alert.expires_at <= now - grace
    ]


def next_quiet_check(alerts: Iterable[Alert], now: datetime, *, grace: timedelta) -> datetime | None:
    """When the next promise of these alerts is over; at the earliest in a minute."""
    ends = [
        alert.expires_at + grace
        for alert in alerts
        if alert.state is AlertState.FIRING and alert.expires_at is not None and alert.expires_at < NEVER
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


def confirmed(incident: Incident) -> Incident:
    """The incident after the question whether anything fires in it was asked once more."""
    return replace(incident, confirm_at=None)


def checked(incident: Incident) -> Incident:
    """The incident after somebody looked at what fires since its alerts changed last."""
    return replace(incident, checked_pulse=incident.pulse)
