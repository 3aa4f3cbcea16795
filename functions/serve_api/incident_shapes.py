"""Incidents as the API gives them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from functions.serve_api.incident_headline import headline
from functions.serve_api.shapes import Next, Shown, ShownLink
from leitplanke.domain.alerts import Alert
from leitplanke.domain.attempts import Action
from leitplanke.domain.events import Severity
from leitplanke.domain.foresight import Foreseen
from leitplanke.domain.guardrail_rules import Strength
from leitplanke.domain.handling import WITHOUT_END
from leitplanke.domain.incidents import Incident, IncidentState, KnownWorkaround
from leitplanke.domain.rules import Lane, Priority
from leitplanke.usecases.read_incidents import Card

_MAX_LINKS = 20


class CutOffCustomer(Shown):
    """A customer who cannot work, and how many people that is."""

    name: str
    heads: int


class Suppression(Shown):
    """Until when nobody is told, who wants it so, and why."""

    until: Annotated[AwareDatetime | None, Field(description="null: until somebody ends it.")]
    by: str
    reason: str

    @classmethod
    def of(cls, incident: Incident) -> "Suppression | None":
        """The incident's, if it is suppressed."""
        end = incident.suppressed_until
        if end is None:
            return None
        return cls(
            until=None if end >= WITHOUT_END else end,
            by=incident.suppressed_by or "",
            reason=incident.suppressed_because or "",
        )


class ShownIncident(Shown):
    """One incident in a list."""

    id: str
    revision: Annotated[int, Field(description="Counts visible changes; the number in ETag and If-Match.")]
    state: IncidentState
    title: str
    service: str
    severity: Annotated[Severity, Field(description="What the sender thinks of it. Not the priority.")]
    priority: Annotated[Priority | None, Field(description="From impact and urgency; null until routed.")]
    impact: int | None
    urgency: int | None
    lane: Lane | None
    team: str | None
    also: Annotated[tuple[str, ...], Field(description="Further teams that are told.")]
    cut_off: Annotated[
        tuple[CutOffCustomer, ...], Field(description="Who cannot work, the most people first.")
    ]
    cut_off_count: Annotated[int, Field(description="How many customers that are in all.")]
    heads: Annotated[int, Field(description="How many people that are in all.")]
    assignee: str | None
    acknowledged_by: str | None
    acknowledged_at: AwareDatetime | None
    reported_by: Annotated[str | None, Field(description="The person who reported it, if no monitoring did.")]
    escalated: Annotated[bool, Field(description="The next people were told.")]
    hand_overs: Annotated[int, Field(description="How often it went from one person or team to another.")]
    overridden: Annotated[int, Field(description="How often somebody went past a guardrail in it.")]
    priority_set: Annotated[bool, Field(description="A person set the priority.")]
    team_set: Annotated[bool, Field(description="A person set the team.")]
    suppressed: Annotated[
        Suppression | None, Field(description="Nobody is told of it for now; it is worked all the same.")
    ]
    began_at: Annotated[AwareDatetime, Field(description="When it began, by the sender's clock.")]
    opened_at: Annotated[AwareDatetime, Field(description="When we heard of it.")]
    restored_at: Annotated[AwareDatetime | None, Field(description="When customers could work again.")]
    restored_by: str | None
    closed_at: AwareDatetime | None
    reopened: Annotated[int, Field(description="How often it came back.")]
    problem_id: str | None

    @classmethod
    def of(cls, incident: Incident) -> "ShownIncident":
        """The incident as a list shows it."""
        return cls(**fields_of(incident))


class Incidents(Shown):
    """One page of incidents, newest first."""

    incidents: tuple[ShownIncident, ...]
    next: Next


class FiringAlert(Shown):
    """One symptom at one place that is there now."""

    id: str
    title: str
    severity: Severity
    since: AwareDatetime
    last_seen_at: AwareDatetime
    occurrences: Annotated[
        int, Field(description="Reports in this episode; may count a few twice after a crash.")
    ]
    sender: str
    integration_id: str
    key: Annotated[str, Field(description="What its sender calls it.")]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    links: tuple[ShownLink, ...]
    flags: Annotated[
        tuple[str, ...], Field(description="Doubts about the data: truncated, clock_skew, incomplete.")
    ]

    @classmethod
    def of(cls, alert: Alert) -> "FiringAlert":
        """The alert as the card shows it."""
        return cls(
            id=alert.alert_id,
            title=alert.title,
            severity=alert.severity,
            since=alert.fired_at or alert.first_seen_at,
            last_seen_at=alert.last_seen_at,
            occurrences=alert.occurrences,
            sender=alert.sender,
            integration_id=alert.integration_id,
            key=alert.alert_key,
            labels=alert.labels,
            annotations=alert.annotations,
            links=tuple(ShownLink(href=link.href, text=link.text) for link in alert.links),
            flags=alert.flags,
        )


class WorkedBefore(Shown):
    """What restored an incident of the same signature, and how often it did."""

    text: str
    incident_id: Annotated[str, Field(description="Whose it was, last time.")]
    used: int
    worked: int
    last_at: AwareDatetime

    @classmethod
    def of(cls, known: KnownWorkaround) -> "WorkedBefore":
        """The workaround as the card shows it."""
        return cls(
            text=known.text,
            incident_id=known.incident_id,
            used=known.used,
            worked=known.worked,
            last_at=known.last_at,
        )


class Ahead(Shown):
    """A guardrail that you will meet if you act."""

    action: Annotated[Action, Field(description="The last part of the action's path.")]
    guardrail: str
    purpose: Annotated[str, Field(description="What it is good for.")]
    level: Annotated[Strength, Field(description="soft: go on with a reason. hard: only with a role.")]
    always: Annotated[bool, Field(description="False: it depends on what you say, such as until when.")]
    reason_required: Annotated[bool, Field(description="Whether going past it takes words.")]
    may_override: Annotated[tuple[str, ...], Field(description="The roles that may go past a hard one.")]

    @classmethod
    def of(cls, foreseen: Foreseen) -> "Ahead":
        """What the guard foresees."""
        return cls(
            action=foreseen.action,
            guardrail=foreseen.fired.id,
            purpose=foreseen.fired.purpose,
            level=foreseen.fired.level,
            always=foreseen.always,
            reason_required=foreseen.fired.reason_required,
            may_override=foreseen.fired.may_override,
        )


class IncidentCard(ShownIncident):
    """One incident with what a tired person needs: who cannot work, what worked last time, what fires."""

    headline: Annotated[
        str, Field(description="Who cannot work, since when, and who has it, in one sentence.")
    ]
    worked_last_time: WorkedBefore | None
    guardrails: Annotated[tuple[Ahead, ...], Field(description="What the guardrails will ask of you.")]
    firing: Annotated[tuple[FiringAlert, ...], Field(description="What fires, the worst first; at most 50.")]
    more_firing: Annotated[bool, Field(description="Whether more fires than `firing` shows.")]
    symptom: str
    signature: Annotated[str, Field(description="Incidents with the same one are recurrences.")]
    labels: Annotated[Mapping[str, str], Field(description="Of the alert that opened it.")]
    policy_version: Annotated[int, Field(description="The policy under which it was grouped.")]
    workaround: Annotated[str | None, Field(description="What restored it.")]
    workaround_helped: bool | None
    closed_by: str | None
    acknowledge_by: Annotated[
        AwareDatetime | None, Field(description="When it escalates if nobody takes it.")
    ]
    closes_at: Annotated[AwareDatetime | None, Field(description="When it closes by itself.")]
    look_further: Annotated[tuple[ShownLink, ...], Field(description="Links that its alerts carry.")]
    links: Annotated[
        Mapping[str, str], Field(description="Paths of this API: timeline, why, alerts, problem.")
    ]

    @classmethod
    def of_card(cls, card: Card, ahead: Sequence[Foreseen]) -> "IncidentCard":
        """The card as the API gives it."""
        incident = card.incident
        known = card.known_workaround
        return cls(
            **fields_of(incident),
            headline=headline(incident),
            worked_last_time=WorkedBefore.of(known) if known else None,
            guardrails=tuple(Ahead.of(one) for one in ahead),
            firing=tuple(FiringAlert.of(alert) for alert in card.firing),
            more_firing=card.more_firing,
            symptom=incident.symptom,
            signature=incident.signature,
            labels=incident.labels,
            policy_version=incident.policy_version,
            workaround=incident.workaround,
            workaround_helped=incident.workaround_helped,
            closed_by=incident.closed_by,
            acknowledge_by=incident.acknowledge_by,
            closes_at=incident.close_at,
            look_further=_links_of(card.firing),
            links=_paths(incident),
        )


def fields_of(incident: Incident) -> dict[str, Any]:
    """What every way of showing an incident has."""
    return {
        "id": incident.incident_id,
        "revision": incident.revision,
        "state": incident.state,
        "title": incident.title,
        "service": incident.service,
        "severity": incident.severity,
        "priority": incident.priority,
        "impact": incident.impact,
        "urgency": incident.urgency,
        "lane": incident.lane,
        "team": incident.team,
        "also": incident.also,
        "cut_off": tuple(CutOffCustomer(name=one.name, heads=one.heads) for one in incident.cut_off),
        "cut_off_count": incident.cut_off_count,
        "heads": incident.heads,
        "assignee": incident.assignee,
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": incident.acknowledged_at,
        "reported_by": incident.reported_by,
        "escalated": incident.escalation > 0,
        "hand_overs": incident.hand_overs,
        "overridden": incident.overridden,
        "priority_set": incident.set_priority is not None,
        "team_set": incident.set_team is not None,
        "suppressed": Suppression.of(incident),
        "began_at": incident.began_at,
        "opened_at": incident.opened_at,
        "restored_at": incident.restored_at,
        "restored_by": incident.restored_by,
        "closed_at": incident.closed_at,
        "reopened": incident.reopened,
        "problem_id": incident.problem_id,
    }


def _paths(incident: Incident) -> dict[str, str]:
    here = f"/v1/incidents/{incident.incident_id}"
    paths = {"self": here} | {name: f"{here}/{name}" for name in ("timeline", "why", "alerts")}
    if incident.problem_id is not None:
        paths["problem"] = f"/v1/problems/{incident.problem_id}"
    return paths


def _links_of(alerts: tuple[Alert, ...]) -> tuple[ShownLink, ...]:
    """Each address once, in the order of the alerts."""
    found = {link.href: link.text for alert in alerts for link in alert.links}
    return tuple(ShownLink(href=href, text=words) for href, words in list(found.items())[:_MAX_LINKS])
