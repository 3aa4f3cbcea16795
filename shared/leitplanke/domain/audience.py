"""Who is told about a change, or why nobody is. The message is a hint; the record, as it is now, decides.

A backlog, a retry or an outage may bring a message long after its change. These rules, in this order:

| the change was           | true now                    | told                                           |
|--------------------------|-----------------------------|------------------------------------------------|
| not loud                 |                             | nobody                                         |
| anything                 | a later loud change exists  | nobody: the later one's message says what is   |
| anything                 | suppressed                  | nobody: somebody wants it so, for a time       |
| escalated by the clock   | open                        | team and escalation: page; `also`: informed    |
| escalated by a person    | open, acknowledged          | likewise: they ask for help                    |
| anything else            | open                        | team: page; `also` and team before: informed   |
| anything but restored    | acknowledged                | team, `also`, team before: who has it          |
| anything but restored    | restored, closed            | nobody: it is over                             |
| restored                 | restored, closed            | team, `also`, escalation if it was escalated   |
| restored                 | open, acknowledged          | nobody: it is not true any more                |
| any change of a problem  | live                        | team                                           |
| any change of a problem  | verified, closed, declined  | nobody: it is over                             |

So a backlog collapses into one message that is true, and the order in which messages come does not matter.
A channel that several of them share is told once, as the first of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leitplanke.domain.incidents import SYSTEM, Change, Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import SETTLED, Problem
from leitplanke.domain.teams import Channel


class Role(StrEnum):
    """Why somebody is told, which is also what is asked of them."""

    TEAM = "team"
    """It is theirs."""
    ESCALATION = "escalation"
    """The team did not take it in time."""
    INFORMED = "informed"
    """A route of the policy wants them to know."""
    BEFORE = "before"
    """It was theirs, and is not any more."""


class Quiet(StrEnum):
    """Why nobody is told."""

    NOT_LOUD = "not_loud"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One channel, and as whose."""

    team: str
    role: Role
    channel: Channel

    @property
    def name(self) -> str:
        """What people call it: team and channel."""
        return f"{self.team}/{self.channel.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is told, each channel once. `unreachable` says why those who are asked to act cannot be reached."""

    recipients: tuple[Recipient, ...]
    unreachable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nobody is told, and that is right."""

    why: Quiet
    text: str


def incident_audience(
    incident: Incident, changes: Mapping[int, Change], revision: int, *, policy: Policy, now: datetime
) -> Audience | Silence:
    """Who is told about this revision of an incident. `changes` are its revisions from this one on."""
    change = changes[revision]
    silence = _old_news(changes, revision) or _suppressed(incident, now)
    if silence is not None:
        return silence
    if change.kind == "incident.restored":
        if incident.is_live:
            return Silence(why=Quiet.OVER, text=f"it is {incident.state} again")
        return _audience(policy, incident.team, _restored(incident))
    if not incident.is_live:
        return Silence(why=Quiet.OVER, text=f"it is {incident.state} already")
    return _audience(policy, incident.team, _called(incident, change))


def calls_for_help(change: Change) -> bool:
    """Whether somebody who works on it asks for more hands."""
    return change.kind == "incident.escalated" and change.by != SYSTEM


def problem_audience(
    problem: Problem, changes: Mapping[int, Change], revision: int, policy: Policy
) -> Audience | Silence:
    """Who is told about this revision of a problem: the team that owns it."""
    silence = _old_news(changes, revision)
    if silence is not None:
        return silence
    if problem.state in SETTLED:
        return Silence(why=Quiet.OVER, text=f"it is {problem.state} already")
    return _audience(policy, problem.team or policy.owner(problem.service) or policy.default_team, ())


_Extra = Iterable[tuple[str, Role]]


def _old_news(changes: Mapping[int, Change], revision: int) -> Silence | None:
    if not changes[revision].loud:
        return Silence(why=Quiet.NOT_LOUD, text=f"{changes[revision].kind} is not loud")
    later = [number for number, change in changes.items() if number > revision and change.loud]
    if not later:
        return None
    newest = max(later)
    text = f"revision {newest} ({changes[newest].kind}) says what is true now"
    return Silence(why=Quiet.SUPERSEDED, text=text)


def _suppressed(incident: Incident, now: datetime) -> Silence | None:
    if not incident.is_suppressed(now):
        return None
    text = f"{incident.suppressed_by} wants quiet: {incident.suppressed_because}"
    return Silence(why=Quiet.SUPPRESSED, text=text)


def _called(incident: Incident, change: Change) -> Iterator[tuple[str, Role]]:
    if calls_for_help(change) or (
        change.kind == "incident.escalated" and incident.state is IncidentState.OPEN
    ):
        if incident.team:
            yield incident.team, Role.ESCALATION
    before = (change.data.get("before") or {}).get("team")
    if before and before != incident.team:
        yield before, Role.BEFORE
    yield from _also(incident)


def _restored(incident: Incident) -> Iterator[tuple[str, Role]]:
    if incident.escalation and incident.team:
        yield incident.team, Role.ESCALATION
    yield from _also(incident)


def _also(incident: Incident) -> Iterator[tuple[str, Role]]:
    for team in incident.also:
        yield team, Role.INFORMED


def _audience(policy: Policy, team: str | None, others: _Extra) -> Audience:
    groups = [(team, Role.TEAM), *others] if team else list(others)
    found: dict[str, Recipient] = {}
    for name, role in groups:
        there = policy.team(name)
        for channel in there.escalation_channels if role is Role.ESCALATION else there.channels:
            found.setdefault(channel.url, Recipient(team=name, role=role, channel=channel))
    recipients = tuple(found.values())
    reached = any(recipient.role in (Role.TEAM, Role.ESCALATION) for recipient in recipients)
    return Audience(recipients=recipients, unreachable=None if reached else _unreachable(policy, team))


def _unreachable(policy: Policy, team: str | None) -> str:
    if team is None:
        return "no team has it"
    if team not in policy.teams:
        return f"the policy has no team {team!r}"
    return f"team {team!r} has no channels"
