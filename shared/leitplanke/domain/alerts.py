"""Alert: one symptom at one place. Events are folded into its state, in any order, any number of times.

    nothing ──trigger──▶ FIRING ──resolve──▶ RESOLVED ──newer trigger──▶ FIRING (next episode)
    nothing ──resolve──▶ tombstone (RESOLVED, episode 0): a trigger older than it is known to be old
    nothing ──acknowledge──▶ tombstone that remembers the acknowledgement: a trigger older than it
                             opens acknowledged, since somebody already has it

News is ordered by `Event.state_time`, not by arrival (design, section 2, "Which news wins?"). What is said
again and again with the same time (`Event.repeats`) also says "still", as of its arrival: an alert that
Alertmanager let time out may come back with its old start time. Their clock and ours are never compared:

    a trigger beats a resolve   if it began after the resolve's end           (both by their clock)
                                or arrived STILL_FIRING later than the resolve   (both by our clock)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from leitplanke.domain.events import Action, Event, Link, Severity

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

STILL_FIRING = timedelta(minutes=2)
"""How old "it fires" may be when it reaches us: a second Prometheus lags, an Alertmanager tries again.

What arrives within this time of a resolve may have been on its way before it, and does not count against it.
"""

_TICK = timedelta(microseconds=1)


class AlertState(StrEnum):
    """Whether the symptom is there."""

    FIRING = "firing"
    RESOLVED = "resolved"


class ResolvedBy(StrEnum):
    """Why we think it is gone: the sender said so, it went quiet, or a person closed its incident."""

    SOURCE = "source"
    TIMEOUT = "timeout"
    HUMAN = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The current state of one alert key of one integration.

    `occurrences` counts the events of the current episode; after a crash or a redelivered batch it may
    be too high by at most that batch.
    """

    alert_id: str
    integration_id: str
    sender: str
    alert_key: str
    state: AlertState
    episode: int
    title: str
    symptom: str
    severity: Severity
    labels: dict[str, str]
    annotations: dict[str, str]
    links: tuple[Link, ...]
    flags: tuple[str, ...]
    service: str | None
    incident_id: str | None
    state_time: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    resolved_by: ResolvedBy | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    expires_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int
    changed_by: str
    """The event that caused the last transition: seeing it again means its effects may be missing."""
    version: int


class TransitionKind(StrEnum):
    """What a fold did to the alert, as far as its incident must know."""

    FIRED = "fired"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    SEVERITY = "severity"
    PROMISED = "promised"
    """Its sender promises from now on to say more before a certain time, which it did not before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of one alert. `replay`: it was already stored, its effects may not have been.

    `worse`: it is severer than before, which is news even to those who knew of the alert.
    """

    kind: TransitionKind
    episode: int
    at: datetime
    by: str | None
    event_id: str
    replay: bool = False
    worse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a batch of news makes of an alert. `stale` counts the events that were old news."""

    alert: Alert
    transitions: tuple[Transition, ...]
    stale: int

    def has(self, kind: TransitionKind) -> bool:
        """Whether a transition of this kind is among them."""
        return any(transition.kind is kind for transition in self.transitions)


def fold(alert_id: str, stored: Alert | None, news: Sequence[Event]) -> Folded:
    """Apply `news` (one alert's events, any order, at least one) to the stored alert.

    Ordered news gives the same alert however the queue cuts it into batches. Whatever the order of
    arrival, `state` and `state_time` end up the same. What depends on the order is how many episodes
    that took, when the last one began and who acknowledged it. Exactly what, and the proof of it:
    tests/unit/domain/test_alerts_in_any_order.py.
    """
    ordered = sorted(news, key=_order)
    alert = stored or _blank(alert_id, ordered[0])
    transitions: list[Transition] = []
    stale = 0
    for event in ordered:
        step = _STEPS[alert.state, event.action](alert, event)
        if step is None:
            stale += 1
            continue
        alert, made = step
        transitions.extend(made)
    return Folded(alert=alert, transitions=tuple(transitions), stale=stale)


_Step = tuple[Alert, tuple[Transition, ...]]


def _order(event: Event) -> tuple[datetime, bool, datetime, str]:
    """By the sender's time; at the same instant a resolve comes last, for it ends what the trigger began."""
    as_of = event.state_time
    if event.repeats and event.action is Action.TRIGGER:
        as_of = max(as_of, event.received_at - STILL_FIRING)
    return as_of, event.action is Action.RESOLVE, event.received_at, event.event_id


def _blank(alert_id: str, event: Event) -> Alert:
    return Alert(
        alert_id=alert_id,
        integration_id=event.integration_id,
        sender=event.sender,
        alert_key=event.alert_key,
        state=AlertState.RESOLVED,
        episode=0,
        title=event.title,
        symptom=event.symptom,
        severity=event.severity,
        labels=event.labels,
        annotations=event.annotations,
        links=event.links,
        flags=event.flags,
        service=None,
        incident_id=None,
        state_time=LONG_AGO,
        fired_at=None,
        resolved_at=None,
        resolved_by=None,
        acknowledged_at=None,
        acknowledged_by=None,
        expires_at=None,
        first_seen_at=event.received_at,
        last_seen_at=event.received_at,
        occurrences=0,
        changed_by="",
        version=0,
    )


def _trigger_resolved(alert: Alert, event: Event) -> _Step | None:
    if not _is_news(alert, event):
        return None
    known = alert.acknowledged_at is not None and event.state_time <= alert.acknowledged_at
    fired = replace(
        alert,
        state=AlertState.FIRING,
        episode=alert.episode + 1,
        title=event.title,
        symptom=event.symptom,
        severity=event.severity,
        labels=event.labels,
        annotations=event.annotations,
        links=event.links,
        flags=event.flags,
        service=None,
        incident_id=None,
        state_time=event.state_time if alert.resolved_at is None else _after(alert.state_time, event),
        fired_at=event.began_at,
        resolved_at=None,
        resolved_by=None,
        acknowledged_at=alert.acknowledged_at if known else None,
        acknowledged_by=alert.acknowledged_by if known else None,
        expires_at=event.expires_at,
        first_seen_at=event.received_at,
        last_seen_at=event.received_at,
        occurrences=1,
        changed_by=event.event_id,
    )
    made = [_transition(TransitionKind.FIRED, fired, event, at=event.began_at)]
    if known:
        made.append(
            Transition(
                kind=TransitionKind.ACKNOWLEDGED,
                episode=fired.episode,
                at=event.received_at,
                by=alert.acknowledged_by,
                event_id=event.event_id,
            )
        )
    return fired, tuple(made)


def _is_news(alert: Alert, event: Event) -> bool:
    """Whether a trigger or an acknowledgement says more than the resolve we know, if we know one.

    After a time-out or a person's close the sender may go on with the old start time: what it sends
    after our decision counts. After its own resolve only a later start time does.
    """
    if alert.resolved_at is None:
        return True
    if alert.resolved_by in (ResolvedBy.TIMEOUT, ResolvedBy.HUMAN):
        return event.received_at > alert.resolved_at
    return event.state_time > alert.state_time or (
        event.repeats and event.received_at - STILL_FIRING > alert.last_seen_at
    )


def _after(resolved: datetime, event: Event) -> datetime:
    """The state time of an alert that fires although it was resolved: that resolve is old news now."""
    return max(event.state_time, resolved + _TICK)


def _trigger_firing(alert: Alert, event: Event) -> _Step | None:
    newest = event.received_at >= alert.last_seen_at
    refreshed = replace(
        alert,
        title=event.title if newest else alert.title,
        annotations=event.annotations if newest else alert.annotations,
        links=event.links if newest else alert.links,
        severity=event.severity if newest else alert.severity,
        state_time=max(alert.state_time, event.state_time),
        expires_at=event.expires_at if newest else alert.expires_at,
        last_seen_at=max(alert.last_seen_at, event.received_at),
        occurrences=alert.occurrences + 1,
    )
    if event.event_id == alert.changed_by:
        replayed = _transition(TransitionKind.FIRED, alert, event, at=event.state_time, replay=True)
        return replace(refreshed, occurrences=alert.occurrences), (replayed,)
    if refreshed.severity is not alert.severity:
        kind = TransitionKind.SEVERITY
    elif alert.expires_at is None and refreshed.expires_at is not None:
        kind = TransitionKind.PROMISED
    else:
        return refreshed, ()
    changed = replace(refreshed, changed_by=event.event_id)
    made = _transition(kind, changed, event, at=event.received_at)
    return changed, (replace(made, worse=changed.severity.rank < alert.severity.rank),)


def _resolve_firing(alert: Alert, event: Event) -> _Step | None:
    if event.state_time < alert.state_time:
        return None
    if event.repeats and event.received_at < alert.last_seen_at - STILL_FIRING:
        return replace(alert, state_time=event.state_time + _TICK), ()
    resolved = replace(
        alert,
        state=AlertState.RESOLVED,
        state_time=event.state_time,
        resolved_at=event.state_time,
        resolved_by=ResolvedBy.SOURCE,
        expires_at=None,
        last_seen_at=event.received_at,
        changed_by=event.event_id,
    )
    resolved = _forget_acknowledgement(resolved, until=event.state_time)
    return resolved, (_transition(TransitionKind.RESOLVED, resolved, event, at=event.state_time),)


def _resolve_resolved(alert: Alert, event: Event) -> _Step | None:
    if event.event_id == alert.changed_by:
        return alert, (_transition(TransitionKind.RESOLVED, alert, event, at=event.state_time, replay=True),)
    if alert.resolved_at is not None and event.state_time <= alert.state_time:
        return None
    later = replace(
        alert,
        state_time=event.state_time,
        resolved_at=alert.resolved_at or event.state_time,
        resolved_by=ResolvedBy.SOURCE,
        last_seen_at=event.received_at,
    )
    return _forget_acknowledgement(later, until=event.state_time), ()


def _forget_acknowledgement(alert: Alert, *, until: datetime) -> Alert:
    """What is over has no owner: the next episode needs a new acknowledgement, unless it is here already."""
    if alert.acknowledged_at is None or alert.acknowledged_at > until:
        return alert
    return replace(alert, acknowledged_at=None, acknowledged_by=None)


def _acknowledge_firing(alert: Alert, event: Event) -> _Step | None:
    if alert.fired_at is not None and event.state_time < alert.fired_at:
        return None
    again = alert.acknowledged_at is not None
    noted = replace(
        alert,
        acknowledged_at=alert.acknowledged_at or event.state_time,
        acknowledged_by=alert.acknowledged_by or event.by or event.sender,
        last_seen_at=max(alert.last_seen_at, event.received_at),
    )
    made = _transition(TransitionKind.ACKNOWLEDGED, noted, event, at=event.received_at, replay=again)
    return noted, (replace(made, by=noted.acknowledged_by),)


def _acknowledge_resolved(alert: Alert, event: Event) -> _Step | None:
    """Remembered for a trigger that is still on its way."""
    if not _is_news(alert, event):
        return None
    if alert.acknowledged_at is not None and event.state_time <= alert.acknowledged_at:
        return None
    noted = replace(
        alert,
        acknowledged_at=event.state_time,
        acknowledged_by=event.by or event.sender,
        last_seen_at=max(alert.last_seen_at, event.received_at),
    )
    return noted, ()


_STEPS = {
    (AlertState.RESOLVED, Action.TRIGGER): _trigger_resolved,
    (AlertState.RESOLVED, Action.RESOLVE): _resolve_resolved,
    (AlertState.RESOLVED, Action.ACKNOWLEDGE): _acknowledge_resolved,
    (AlertState.FIRING, Action.TRIGGER): _trigger_firing,
    (AlertState.FIRING, Action.RESOLVE): _resolve_firing,
    (AlertState.FIRING, Action.ACKNOWLEDGE): _acknowledge_firing,
}


def expire(alert: Alert, *, now: datetime) -> Alert:
    """The alert after its sender let it lapse. `state_time` stays: the sender never said it is over.

    It ended when the promise to say more did, not when we noticed: what was received in between and waits in
    our queue is news.
    """
    ended_at = now if alert.expires_at is None else min(now, max(alert.expires_at, alert.last_seen_at))
    return _ended(alert, at=ended_at, by=ResolvedBy.TIMEOUT, changed_by=f"timeout:{now.isoformat()}")


def end_by_person(alert: Alert, *, now: datetime) -> Alert:
    """The alert after a person closed its incident; if the sender goes on, that is a new episode."""
    return _ended(alert, at=now, by=ResolvedBy.HUMAN, changed_by=f"closed:{now.isoformat()}")


def _ended(alert: Alert, *, at: datetime, by: ResolvedBy, changed_by: str) -> Alert:
    return replace(
        alert,
        state=AlertState.RESOLVED,
        resolved_at=at,
        resolved_by=by,
        acknowledged_at=None,
        acknowledged_by=None,
        expires_at=None,
        changed_by=changed_by,
    )


def _transition(
    kind: TransitionKind, alert: Alert, event: Event, *, at: datetime, replay: bool = False
) -> Transition:
    return Transition(
        kind=kind, episode=alert.episode, at=at, by=event.by, event_id=event.event_id, replay=replay
    )
