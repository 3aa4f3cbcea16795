"""Telling people, one channel at a time, each exactly once. Function 6 of the design.

message ─▶ the record as it is now ─▶ who is told (domain.audience) ─▶ for each channel, several at a time:
           claim in the ledger ─▶ send ─▶ note it in the ledger

A channel that fails holds up nobody. It makes the message come again; those that were told are skipped then.
So does a channel that another delivery is telling at this moment: to acknowledge the message in the other's
place would lose it, should that one die.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from leitplanke.domain.audience import (
    Audience,
    Quiet,
    Recipient,
    Silence,
    incident_audience,
    problem_audience,
)
from leitplanke.domain.errors import InvalidInputError, NotFoundError, UnavailableError
from leitplanke.domain.impact import still_cut_off
from leitplanke.domain.incidents import Change, Incident
from leitplanke.domain.notifications import ALL_WELL, Aftermath, Message, about_incident, about_problem
from leitplanke.domain.policy import Policy
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts
from leitplanke.table.incidents import Incidents
from leitplanke.table.ledger import Claim, Ledger, Refusal, Subject
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.table.timelines import TimelinePage
from leitplanke.usecases.ports import NewId, Policies

_AT_ONCE = 8
"""Channels told at the same time: they wait for others, not for us."""
_PAGE = 100


class SendToChannel(Protocol):
    """Tells one channel. Raises InvalidInputError for a wrong address, UnavailableError if it refuses."""

    def __call__(self, reference: str, message: Message) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one message.

    `perhaps_twice`: told, but so late that another delivery may have done so as well (counted in `told`).
    `quiet`: nobody is told, and that is right. `unreachable`: those who are asked to act cannot be reached,
    and why. `unfinished`: why it has to come again, channel by channel.
    """

    told: int = 0
    told_before: int = 0
    perhaps_twice: int = 0
    quiet: Quiet | None = None
    unreachable: str | None = None
    unfinished: tuple[str, ...] = ()


class _Told(Enum):
    NOW = "now"
    LATE = "now, after the lease was over"
    BEFORE = "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Who is told what. `write` makes the message at the moment at which it is sent."""

    subject: Subject
    audience: Audience | Silence
    write: Callable[[Recipient, datetime], Message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Tells people of changes. `public_url` is the base of links, without a slash at the end."""

    incidents: Incidents
    alerts: Alerts
    services: Services
    problems: Problems
    ledger: Ledger
    policies: Policies
    send: SendToChannel
    clock: Callable[[], datetime]
    new_id: NewId
    public_url: str = ""

    def notify(self, subject: str, revision: int, *, until: datetime) -> Report:
        """Tell those whom this revision of `incident/<id>` or `problem/<id>` concerns.

        After `until` no further channel is called; what is left over is unfinished. Raises NotFoundError if
        there is no such revision, UnavailableError if the table refuses.
        """
        kind, _, ident = subject.partition("/")
        policy, _ = self.policies.get(self.clock())  # first: what is read last is the least likely to be old
        match kind:
            case "incident":
                plan = self._about_incident(ident, revision, policy)
            case "problem":
                plan = self._about_problem(ident, revision, policy)
            case _:
                raise NotFoundError("subject", subject)
        if isinstance(plan.audience, Silence):
            silence = plan.audience
            self.ledger.note(plan.subject, text=f"{silence.why.value}: {silence.text}", at=self.clock())
            return Report(quiet=silence.why)
        unreachable = plan.audience.unreachable
        if unreachable:
            self.ledger.note(plan.subject, text=f"nobody to tell: {unreachable}", at=self.clock())
        outcomes = self._tell_all(plan, plan.audience, until)
        return Report(
            told=outcomes.count(_Told.NOW) + outcomes.count(_Told.LATE),
            told_before=outcomes.count(_Told.BEFORE),
            perhaps_twice=outcomes.count(_Told.LATE),
            unreachable=unreachable,
            unfinished=tuple(outcome for outcome in outcomes if isinstance(outcome, str)),
        )

    def _about_incident(self, incident_id: str, revision: int, policy: Policy) -> _Plan:
        incident = self.incidents.get(incident_id)
        changes = _changes(
            lambda after: self.incidents.timeline(incident_id, after_revision=after, limit=_PAGE), revision
        )

        restored = changes[revision].kind == "incident.restored"
        aftermath = self._aftermath(incident, policy) if restored else ALL_WELL

        def write(to: Recipient, now: datetime) -> Message:
            return about_incident(
                incident,
                changes[revision],
                role=to.role,
                now=now,
                public_url=self.public_url,
                aftermath=aftermath,
            )

        return _Plan(
            subject=Subject(owner=keys.incident(incident_id), revision=revision),
            audience=incident_audience(incident, changes, revision, policy=policy, now=self.clock()),
            write=write,
        )

    def _aftermath(self, incident: Incident, policy: Policy) -> Aftermath:
        """Good news must not be better than it is: who of its customers is cut off all the same, what fires.

        Its own service counts as up, unless another incident keeps it down: routing may be about to say so.
        """
        down = {state.service for state in self.services.all().values() if state.down}
        if set(self.services.causes(incident.service)) <= {incident.incident_id}:
            down.discard(incident.service)
        customers = {customer.name for customer in incident.cut_off}
        return Aftermath(
            still_cut_off=still_cut_off(customers, down, policy) if customers else {},
            fires=self.alerts.worst_firing(incident.incident_id) is not None,
        )

    def _about_problem(self, problem_id: str, revision: int, policy: Policy) -> _Plan:
        problem = self.problems.get(problem_id)
        changes = _changes(
            lambda after: self.problems.timeline(problem_id, after_revision=after, limit=_PAGE), revision
        )

        def write(_to: Recipient, now: datetime) -> Message:
            return about_problem(problem, changes[revision], now=now, public_url=self.public_url)

        return _Plan(
            subject=Subject(owner=keys.problem(problem_id), revision=revision),
            audience=problem_audience(problem, changes, revision, policy),
            write=write,
        )

    def _tell_all(self, plan: _Plan, audience: Audience, until: datetime) -> list[_Told | str]:
        if not audience.recipients:
            return []
        with ThreadPoolExecutor(min(_AT_ONCE, len(audience.recipients))) as pool:
            return list(pool.map(lambda to: self._tell(plan, to, until), audience.recipients))

    def _tell(self, plan: _Plan, to: Recipient, until: datetime) -> _Told | str:
        """Tell one channel; a string says why it has to be tried again."""
        now = self.clock()
        if now > until:
            return f"{to.name}: no time was left in this try"
        reference = to.channel.url
        claim = self.ledger.claim(
            plan.subject, reference=reference, channel=to.name, holder=self.new_id(), now=now
        )
        if claim is Refusal.SENT:
            return _Told.BEFORE
        if not isinstance(claim, Claim):
            return f"{to.name}: somebody else is telling it at this moment"
        error = self._send(reference, plan.write(to, now))
        if error is None:
            return _Told.NOW if self.ledger.sent(claim, at=self.clock()) else _Told.LATE
        self.ledger.failed(claim, at=self.clock(), error=error)
        return f"{to.name}: {error}"

    def _send(self, reference: str, message: Message) -> str | None:
        try:
            self.send(reference, message)
        except InvalidInputError as error:
            return f"{error.message}; {error.remedy}"
        except UnavailableError as error:
            return str(error)
        return None


def _changes(read: Callable[[int], TimelinePage], revision: int) -> dict[int, Change]:
    """The changes from this revision on: one query, unless very much has happened since."""
    changes: dict[int, Change] = {}
    after: int | None = revision - 1
    while after is not None:
        page = read(after)
        changes |= {entry.revision: entry.change for entry in page.entries}
        after = page.next_revision
    if revision not in changes:
        raise NotFoundError("revision", str(revision))
    return changes
