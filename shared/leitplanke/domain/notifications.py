"""What people are told: one line that says it all, then what they need to act. Plain text, in UTC.

Written for somebody who was asleep a minute ago: what is broken, who cannot work and since when, what helped
the last time, who has it, what is asked of the reader, where to look. Names, titles and remarks are other
people's text; each goes through `quoted`, so that it can neither act nor fill the screen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from leitplanke.domain.audience import Role, calls_for_help
from leitplanke.domain.catalogue import UNASSIGNED
from leitplanke.domain.incidents import SYSTEM, Change, Incident, IncidentState
from leitplanke.domain.phrases import (
    HEADLINE_CHARS,
    NAME_CHARS,
    TEXT_CHARS,
    customers,
    cut_off_in_short,
    described,
    holder,
    last_time,
    person,
    team,
    thing,
    when,
)
from leitplanke.domain.plain_text import ago, clock, quoted, span, times
from leitplanke.domain.problems import Problem

TITLE_CHARS = 140
"""A lock screen shows some 60 to 140 characters of a title; what matters most stands first."""


class Tone(StrEnum):
    """What a channel may show by colour or sound."""

    ALARM = "alarm"
    """Somebody must act."""
    RELIEF = "relief"
    """It is over."""
    CALM = "calm"
    """To know, not to act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notification. `title` is one line; `body` holds lines, blank ones between its parts."""

    title: str
    body: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What a restore does not end: customers whom others keep from working, alerts that still fire."""

    still_cut_off: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Customer to the services that it is for."""
    fires: bool = False


ALL_WELL = Aftermath()


def about_incident(  # noqa: PLR0913 - what a message is made of, all by keyword
    incident: Incident,
    change: Change,
    *,
    role: Role,
    now: datetime,
    public_url: str,
    aftermath: Aftermath = ALL_WELL,
) -> Message:
    """What somebody in this role is told about this change of the incident as it is now.

    `public_url` is the base of links, without a slash at the end; empty leaves the link out. `aftermath`
    counts for a restore only.
    """
    if change.kind == "incident.restored":
        title, parts = _relief_title(incident, aftermath), _relief(incident, change, now, aftermath)
        tone = Tone.RELIEF if aftermath == ALL_WELL else Tone.CALM
    else:
        title, parts = _alarm_title(incident, change, role), _alarm(incident, change, role, now)
        tone = Tone.ALARM if _must_act(incident, change, role) else Tone.CALM
    return _message(title, [*parts, _links(incident, public_url)], tone)


def about_problem(problem: Problem, change: Change, *, now: datetime, public_url: str) -> Message:
    """What the team that owns a problem is told."""
    opened = change.kind == "problem.opened"
    tag = "New problem" if opened else f"Problem {quoted(change.kind.removeprefix('problem.'), 20)}"
    rule = quoted(problem.rule, NAME_CHARS)
    last = "the last one " if problem.incidents > 1 else ""
    facts = [
        f"What fails: {described(problem.service, problem.symptom)}",
        f'Why it is a problem: {quoted(problem.reason, TEXT_CHARS)} (rule "{rule}")',
        f"Incidents so far: {problem.incidents:,}, {last}at {when(problem.last_incident_at, now)}",
    ]
    asked = [
        f"Who has it: {team(problem.team)}",
        "What to do: find out why, in working hours. Getting people back to work is what its incidents do.",
    ]
    link = [f"{public_url}/board/problems/{problem.problem_id}"] if public_url else []
    return _message(f"{tag}, {thing(problem.service, problem.symptom)}", [facts, asked, link], Tone.CALM)


def _message(title: str, parts: Sequence[Sequence[str]], tone: Tone) -> Message:
    line = title if len(title) <= TITLE_CHARS else title[: TITLE_CHARS - 1].rstrip() + "…"
    return Message(title=line, body="\n\n".join("\n".join(part) for part in parts if part), tone=tone)


def _must_act(incident: Incident, change: Change, role: Role) -> bool:
    waits = incident.state is IncidentState.OPEN or calls_for_help(change)
    return waits and role in (Role.TEAM, Role.ESCALATION)


_CHANGE_TAGS = {
    "incident.escalated": "NOT TAKEN",
    "incident.reopened": "BACK AGAIN",
    "incident.unsuppressed": "STILL THERE",
}
_ROLE_TAGS = {Role.INFORMED: "FYI", Role.BEFORE: "NOT YOURS NOW"}


def _alarm_title(incident: Incident, change: Change, role: Role) -> str:
    tag = _ROLE_TAGS.get(role) or (
        _CHANGE_TAGS.get(change.kind) if _must_act(incident, change, role) else None
    )
    if calls_for_help(change) and role is Role.ESCALATION:
        tag = "HELP WANTED"
    head = " ".join(word for word in (tag, incident.priority, _failure(incident)) if word)
    if role is Role.TEAM and incident.state is IncidentState.ACKNOWLEDGED:
        return f"{head} ({person(incident.acknowledged_by)} has it)"
    return head


def _failure(incident: Incident) -> str:
    """`vpn-gateway-2 down: 1,840 people cannot work`; with nobody cut off, what the sender calls it."""
    who = cut_off_in_short(incident)
    if who is None:
        return thing(incident.service, incident.title or incident.symptom)
    return f"{quoted(incident.service, NAME_CHARS)} down: {who} cannot work"


def _alarm(incident: Incident, change: Change, role: Role, now: datetime) -> list[list[str]]:
    facts = [
        f"Broken: {described(incident.service, incident.title or incident.symptom)}",
        f"Cannot work: {customers(incident) or 'nobody that we know of'}",
        f"Since: {when(incident.began_at, now)}",
    ]
    asked = [f"Who has it: {holder(incident, now)}", f"What to do: {_asked(incident, change, role, now)}"]
    news = list(_news(incident, change, now))
    if role not in (Role.TEAM, Role.ESCALATION):
        return [news, facts, asked]
    return [news, facts, last_time(incident.known_workaround, now), asked, _why(incident, change)]


def _why(incident: Incident, change: Change) -> list[str]:
    """How routing came to the priority, for those who have the time to read on."""
    reasons = [quoted(str(reason), TEXT_CHARS) for reason in change.data.get("why") or ()]
    return [f"Why {incident.priority}:", *(f"- {reason}" for reason in reasons)] if reasons else []


def _news(incident: Incident, change: Change, now: datetime) -> Iterator[str]:
    """What is new, where it is not the whole thing."""
    reason = quoted(str(change.data.get("reason", "")), TEXT_CHARS)
    because = f": {reason}" if reason else ""
    yield from _overridden(incident, change)
    if calls_for_help(change):
        yield f"{person(change.by)} asks for help, {ago(change.at, now)}{because}."
    elif change.kind == "incident.escalated":
        yield f"Escalated {ago(change.at, now)}{because}."
    elif change.kind == "incident.unsuppressed":
        yield f"People hear of it again since {ago(change.at, now)}{because}."
    elif change.kind == "incident.reopened":
        count = f", {times(incident.reopened)} by now" if incident.reopened > 1 else ""
        yield f"It had been restored and came back {ago(change.at, now)}{count}{because}."
    else:
        if change.by != SYSTEM:
            yield f"{person(change.by)} changed that{because}."
        yield from _moved(incident, change.data.get("before") or {})


def _overridden(incident: Incident, change: Change) -> Iterator[str]:
    """Which guardrails this change went past; that earlier ones did is said in a few words."""
    said = change.data.get("overrides") or ()
    for one in said:
        why = quoted(str(one.get("reason", "")), TEXT_CHARS)
        yield f"Went past a guardrail ({quoted(str(one['purpose']), TEXT_CHARS)})" + (
            f": {why}" if why else "."
        )
    if incident.overridden > len(said):
        yield f"Guardrails gone past before: {incident.overridden - len(said)}; its timeline says why."


def _moved(incident: Incident, before: dict[str, Any]) -> Iterator[str]:
    if not before.get("priority") and not before.get("team"):
        return
    if before.get("priority") and before["priority"] != incident.priority:
        yield f"Now {incident.priority}, was {quoted(str(before['priority']), 10)}."
    if before.get("team") and before["team"] != incident.team:
        yield f"Now with {team(incident.team)}, was with {team(str(before['team']))}."
    if "heads" not in before:
        return
    if incident.heads and not before.get("heads"):
        yield "Nobody was cut off before; now people are."
    if before.get("heads") and not incident.heads:
        yield "Nobody is cut off any more."


def _asked(incident: Incident, change: Change, role: Role, now: datetime) -> str:
    if calls_for_help(change) and role in (Role.TEAM, Role.ESCALATION):
        return f"help {person(change.by)}, or find somebody who does."
    if role is Role.BEFORE:
        return f"nothing more. It is with {team(incident.team)} now."
    if role is Role.INFORMED:
        return f"nothing. It is with {team(incident.team)}; this is for you to know."
    if incident.state is IncidentState.ACKNOWLEDGED:
        return f"nothing, unless {person(incident.acknowledged_by)} asks for help."
    if role is Role.ESCALATION:
        return f"take it, or find somebody who does. Nobody of {team(incident.team)} has reacted."
    return _acknowledge(incident, now)


def _acknowledge(incident: Incident, now: datetime) -> str:
    due = incident.acknowledge_by
    if incident.escalation:
        return "acknowledge it now. It has been escalated."
    if due is None:
        return "acknowledge it when you take it."
    if due <= now:
        return f"acknowledge it now. That was due at {clock(due, now)}; it escalates any moment."
    return f"acknowledge it by {clock(due, now)} ({span(due - now)} left), or it escalates."


def _relief_title(incident: Incident, aftermath: Aftermath) -> str:
    lasted = span(_until(incident) - incident.began_at)
    who = cut_off_in_short(incident)
    name = incident.service if incident.service != UNASSIGNED else incident.title
    head = f"Restored: {quoted(name, HEADLINE_CHARS)} after {lasted}"
    if aftermath.still_cut_off:
        first, *others = (quoted(one, NAME_CHARS) for one in aftermath.still_cut_off)
        more = f" and {len(others)} more" if others else ""
        return f"{head}, but {first}{more} still cannot work"
    return f"{head}, {who} can work again" if who else head


def _relief(incident: Incident, change: Change, now: datetime, aftermath: Aftermath) -> list[list[str]]:
    until = _until(incident)
    facts = [f"Works again: {described(incident.service, incident.title or incident.symptom)}"]
    cut_off = customers(incident)
    if cut_off:
        facts.append(f"Could not work: {cut_off}")
    facts.append(f"Lasted: {_lasted(incident, until, now)}")
    facts.extend(_overridden(incident, change))
    facts.extend(_left(aftermath))
    asked = "What to do: nothing here; others still work on it." if aftermath.still_cut_off else None
    if aftermath.fires:
        asked = "What to do: find out why its alerts still fire, or close it if they are wrong."
    return [facts, list(_how(incident, change)), [asked or "What to do: nothing."]]


def _left(aftermath: Aftermath) -> Iterator[str]:
    """What is not over, however good the rest of the news is."""
    for customer, services in list(aftermath.still_cut_off.items())[:_MAX_LEFT]:
        because = ", ".join(quoted(service, NAME_CHARS) for service in services[:_MAX_LEFT])
        yield f"Still cannot work: {quoted(customer, NAME_CHARS)}, because of {because}"
    if aftermath.fires:
        yield "Still firing: alerts of this incident"


_MAX_LEFT = 5


def _lasted(incident: Incident, until: datetime, now: datetime) -> str:
    back = f"; it came back {times(incident.reopened)} in between" if incident.reopened else ""
    start, end = clock(incident.began_at, now), clock(until, now)
    moments = f"at {start}" if start == end else f"from {start} to {end}"
    return f"{span(until - incident.began_at)}, {moments}{back}"


def _how(incident: Incident, change: Change) -> Iterator[str]:
    reason = quoted(str(change.data.get("reason", "")), TEXT_CHARS)
    if incident.restored_by not in (None, SYSTEM):
        by = person(incident.restored_by)
        yield f"How we know: {reason} ({by})" if reason else f"How we know: {by} says so"
    elif reason:
        yield f"How we know: {reason}"
    if incident.workaround:
        helped = "Did not help" if incident.workaround_helped is False else "What helped"
        yield f"{helped}: {quoted(incident.workaround, TEXT_CHARS)}"


def _until(incident: Incident) -> datetime:
    return incident.restored_at or incident.changed_at


def _links(incident: Incident, public_url: str) -> list[str]:
    if not public_url:
        return []
    lines = [f"{public_url}/board/incidents/{incident.incident_id}"]
    if incident.problem_id:
        lines.append(f"Its problem: {public_url}/board/problems/{incident.problem_id}")
    return lines
