"""Incident: what customers feel. It ends for them when it is restored, on paper when it is closed.

    open ──acknowledge──▶ acknowledged ──restore──▶ restored ──close──▶ closed
      └──────────restore──────────────────────────────▲ │                ▲
      ▲─────────────────────reopen──────────────────────┘   (within the policy's window)
      └──────────close, for a false alarm: guardrails have a say ────────┘

Every function here takes the incident as it is and gives it as it shall be, with the Change that says
so in its timeline, or None where there is nothing to do: "already done" is a result, not an error.
What does not move it along this way (who has it, how urgent it is, remarks) is in `domain.handling`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from leitplanke.domain.errors import ConflictError
from leitplanke.domain.events import Severity
from leitplanke.domain.rules import Lane, Priority

SYSTEM = "leitplanke"
"""Who did it, when nobody did."""

PUBLISH_WITHIN = timedelta(seconds=60)
"""How long the stream has to publish a revision before the reconciler does."""

CONFIRM_AFTER = timedelta(seconds=60)
"""How long after a restore or a close it is asked again what fires (the index may lag)."""

ALERTS_WITHIN = timedelta(minutes=15)
"""How long an incident without alerts waits for those that opened it: twice the time after which the event
queue hands a failed batch out again (361 s, template.yaml), and some. After that they are not expected."""


class IncidentState(StrEnum):
    """Where the incident is on its way."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESTORED = "restored"
    CLOSED = "closed"


LIVE = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
"""Customers may still be without service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWorkaround:
    """What restored the same signature before: whose incident, the words, and how often it worked."""

    text: str
    incident_id: str
    used: int
    worked: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A customer who cannot work, and how many people that is."""

    name: str
    heads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `revision` counts what people can see; `pulse` counts that its alerts changed.

    What lies ahead are deadlines of the clocks (`domain.clocks`): `acknowledge_by` (then it escalates),
    `confirm_at`, `quiet_check_at`, `close_at`, `judge_at`. `look_at` is when the clocks will look next.
    `routed_pulse` and `checked_pulse` say up to which pulse routing has decided, and the clocks asked what
    fires.
    """

    incident_id: str
    group_key: str
    state: IncidentState
    title: str
    service: str
    symptom: str
    signature: str
    severity: Severity
    """The worst that fired when routing looked last; at first, of the alerts that opened it."""
    labels: dict[str, str]
    policy_version: int
    """In force when it was opened; each decision names its own."""
    began_at: datetime
    """When its first alert began, by the sender's clock; `opened_at` is ours."""
    opened_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    restored_at: datetime | None = None
    restored_by: str | None = None
    workaround: str | None = None
    workaround_helped: bool | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    reopened: int = 0
    reported_by: str | None = None
    """The person who reported it, where no monitoring did."""
    held_open_by: str | None = None
    """A person says that customers cannot work, whatever its alerts say: only a person ends it then."""
    assignee: str | None = None
    hand_overs: int = 0
    """How often it went from one person or team to another by hand."""
    overridden: int = 0
    """How often somebody went past a guardrail in it."""
    escalation: int = 0
    impact: int | None = None
    urgency: int | None = None
    priority: Priority | None = None
    team: str | None = None
    lane: Lane | None = None
    set_priority: Priority | None = None
    """The priority that a person set; as long as it stands, routing keeps it. Likewise `set_team`."""
    set_team: str | None = None
    also: tuple[str, ...] = ()
    cut_off: tuple[CutOff, ...] = ()
    cut_off_count: int = 0
    heads: int = 0
    known_workaround: KnownWorkaround | None = None
    problem_id: str | None = None
    acknowledge_by: datetime | None = None
    confirm_at: datetime | None = None
    quiet_check_at: datetime | None = None
    close_at: datetime | None = None
    judge_at: datetime | None = None
    """When it is known whether it came back after its close, so that overrides in it can be judged."""
    suppressed_until: datetime | None = None
    """Until then nobody is told of it, for the reason that stands beside it. It is worked all the same."""
    suppressed_by: str | None = None
    suppressed_because: str | None = None
    alerts_by: datetime | None = None
    """Until then the alerts that opened or reopened it are on their way to it: a batch that dies between the
    two comes again. None once they are there."""
    look_at: datetime | None = None
    changed_at: datetime
    pulsed_at: datetime
    revision: int = 1
    published_revision: int = 0
    pulse: int = 1
    routed_pulse: int = 0
    checked_pulse: int = 0

    @property
    def is_live(self) -> bool:
        """Whether customers may still be without service."""
        return self.state in LIVE

    def is_late(self, now: datetime) -> bool:
        """Whether somebody should have acknowledged it: its time is over, or help was called since."""
        if self.state is not IncidentState.OPEN:
            return False
        return self.escalation > 0 if self.acknowledge_by is None else self.acknowledge_by <= now

    def is_suppressed(self, now: datetime) -> bool:
        """Whether nobody is told of it now."""
        return self.suppressed_until is not None and now < self.suppressed_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a timeline, and one event on the bus.

    `loud` means that people should be told now. `data` is JSON. `by` is a name, of a person through the API
    `by_id` is what the identity provider knows them by.
    """

    kind: str
    at: datetime
    by: str
    by_id: str = ""
    loud: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An incident as it shall be stored, and the change that says why."""

    incident: Incident
    change: Change


def opened(incident: Incident, *, by: str) -> Changed:
    """A new incident; its first change."""
    data = {"title": incident.title, "service": incident.service, "severity": incident.severity.value}
    return Changed(
        incident=incident, change=Change(kind="incident.opened", at=incident.opened_at, by=by, data=data)
    )


def acknowledge(incident: Incident, *, by: str, at: datetime) -> Changed | None:
    """A named person takes it, whoever had it before; the acknowledge clock stops."""
    if incident.state is IncidentState.ACKNOWLEDGED and incident.acknowledged_by == incident.assignee == by:
        return None
    if not incident.is_live:
        raise ConflictError(
            f"the incident is {incident.state}, there is nothing left to acknowledge",
            remedy="nothing to do; the next alert of its group reopens it, or opens a new one",
        )
    after = next_revision(
        incident,
        at,
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=incident.acknowledged_at or at,
        acknowledged_by=by,
        assignee=by,
        hand_overs=incident.hand_overs + (incident.assignee not in (None, by)),
        acknowledge_by=None,
    )
    data = {"before": incident.assignee} if incident.assignee not in (None, by) else {}
    return Changed(incident=after, change=Change(kind="incident.acknowledged", at=at, by=by, data=data))


def escalate(incident: Incident, *, by: str, at: datetime, reason: str) -> Changed | None:
    """Nobody took it in time: tell the next people, once."""
    if incident.escalation > 0 or incident.state is not IncidentState.OPEN:
        return None
    after = next_revision(incident, at, escalation=1, acknowledge_by=None)
    data = {"reason": reason, "step": 1}
    return Changed(
        incident=after, change=Change(kind="incident.escalated", at=at, by=by, loud=True, data=data)
    )


def restore(  # noqa: PLR0913 - each is a fact of the moment that the record keeps
    incident: Incident,
    *,
    by: str,
    at: datetime,
    reason: str,
    reopen_window: timedelta,
    restored_at: datetime | None = None,
    workaround: str | None = None,
    helped: bool | None = None,
) -> Changed | None:
    """Customers can work again. `restored_at` may lie before `at` (the alert's own end)."""
    if not incident.is_live:
        if incident.state is IncidentState.CLOSED:
            raise ConflictError("the incident is closed", remedy="its restore time is in the record already")
        return None
    moment = max(min(restored_at or at, at), incident.began_at)
    after = next_revision(
        incident,
        at,
        state=IncidentState.RESTORED,
        restored_at=moment,
        restored_by=by,
        held_open_by=None,
        workaround=workaround or incident.workaround,
        workaround_helped=helped if workaround else incident.workaround_helped,
        acknowledge_by=None,
        quiet_check_at=None,
        confirm_at=at + CONFIRM_AFTER,
        close_at=at + reopen_window,
    )
    data = {"reason": reason, "restored_at": moment.isoformat()}
    if workaround:
        data["workaround"] = workaround
    return Changed(
        incident=after, change=Change(kind="incident.restored", at=at, by=by, loud=True, data=data)
    )


def reopen(
    incident: Incident, *, by: str, at: datetime, reason: str, acknowledge_within: timedelta | None
) -> Changed | None:
    """It is back. Whoever had it still has it; the acknowledge clock starts again.

    Where a person says so, nothing needs to fire, and no alert's end makes it well again.
    """
    if incident.is_live:
        return None
    if incident.state is IncidentState.CLOSED:
        raise ConflictError("the incident is closed", remedy="report a new incident (POST /v1/incidents)")
    waits = incident.suppressed_until is None
    after = next_revision(
        incident,
        at,
        state=IncidentState.OPEN,
        restored_at=None,
        restored_by=None,
        held_open_by=None if by == SYSTEM else by,
        acknowledged_at=None,
        acknowledged_by=None,
        confirm_at=None,
        close_at=None,
        escalation=0,
        reopened=incident.reopened + 1,
        acknowledge_by=at + acknowledge_within if waits and acknowledge_within else None,
        pulse=incident.pulse + 1,
        pulsed_at=at,
    )
    return Changed(
        incident=after,
        change=Change(kind="incident.reopened", at=at, by=by, loud=True, data={"reason": reason}),
    )


def close(
    incident: Incident, *, by: str, at: datetime, reason: str, comes_back_within: timedelta = timedelta(0)
) -> Changed | None:
    """The paper's end. What still fires in it is ended a little later (`confirm_at`).

    The customer's moment comes first: whoever closes what is live says that there was none (a false alarm, a
    duplicate), so it never counts as restored. The guardrail `close-before-restored` asks whether that is so.
    Overrides in it are judged when it would have come back by (`comes_back_within`).
    """
    if incident.state is IncidentState.CLOSED:
        return None
    after = next_revision(
        incident,
        at,
        state=IncidentState.CLOSED,
        closed_at=at,
        closed_by=by,
        held_open_by=None,
        acknowledge_by=None,
        quiet_check_at=None,
        close_at=None,
        confirm_at=at + CONFIRM_AFTER,
        judge_at=at + comes_back_within,
    )
    return Changed(
        incident=after, change=Change(kind="incident.closed", at=at, by=by, data={"reason": reason})
    )


def next_revision(incident: Incident, at: datetime, **fields: Any) -> Incident:
    """The incident one visible change further on."""
    return replace(incident, revision=incident.revision + 1, changed_at=at, **fields)
