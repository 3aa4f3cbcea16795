"""Incidents as the API gives them."""

from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime

from leitplanke_client.answers import Answer, Link, Page


class CutOffCustomer(Answer):
    """A customer who cannot work, and how many people that is."""

    name: str
    heads: int


class Suppression(Answer):
    """Until when nobody is told (None: until somebody ends it), who wants it so, and why."""

    until: AwareDatetime | None
    by: str
    reason: str


class Incident(Answer):
    """One incident. `revision` counts what people can see; as `if_match` it says what you decided on."""

    id: str
    revision: int
    state: str
    title: str
    service: str
    severity: str
    priority: str | None = None
    impact: int | None = None
    urgency: int | None = None
    lane: str | None = None
    team: str | None = None
    also: tuple[str, ...] = ()
    cut_off: tuple[CutOffCustomer, ...] = ()
    cut_off_count: int = 0
    heads: int = 0
    assignee: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: AwareDatetime | None = None
    escalated: bool = False
    began_at: AwareDatetime
    opened_at: AwareDatetime
    restored_at: AwareDatetime | None = None
    restored_by: str | None = None
    closed_at: AwareDatetime | None = None
    reopened: int = 0
    problem_id: str | None = None
    reported_by: str | None = None
    hand_overs: int = 0
    overridden: int = 0
    priority_set: bool = False
    team_set: bool = False
    suppressed: Suppression | None = None

    @property
    def is_live(self) -> bool:
        """Whether customers may still be without service."""
        return self.state in ("open", "acknowledged")


class Incidents(Page):
    """One page of incidents, newest first."""

    incidents: tuple[Incident, ...]


class FiringAlert(Answer):
    """One symptom at one place that is there now."""

    id: str
    title: str
    severity: str
    since: AwareDatetime
    last_seen_at: AwareDatetime
    occurrences: int
    sender: str
    integration_id: str = ""
    key: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    flags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class WorkedBefore(Answer):
    """What restored an incident of the same kind, how often it was used and how often it worked."""

    text: str
    incident_id: str
    used: int
    worked: int
    last_at: AwareDatetime


class ForeseenGuardrail(Answer):
    """A guardrail (by its id) that an action would meet: `always`, or depending on what is said."""

    action: str
    guardrail: str
    purpose: str
    level: str
    always: bool
    reason_required: bool = True
    may_override: tuple[str, ...] = ()

    @property
    def is_hard(self) -> bool:
        """Whether only its roles may go past it."""
        return self.level == "hard"


class IncidentCard(Incident):
    """One incident with what a tired person needs."""

    headline: str
    worked_last_time: WorkedBefore | None = None
    firing: tuple[FiringAlert, ...] = ()
    more_firing: bool = False
    guardrails: tuple[ForeseenGuardrail, ...] = ()
    symptom: str = ""
    signature: str = ""
    labels: Mapping[str, str] = {}
    policy_version: int = 0
    workaround: str | None = None
    workaround_helped: bool | None = None
    closed_by: str | None = None
    acknowledge_by: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    look_further: tuple[Link, ...] = ()
    links: Mapping[str, str] = {}


class ActedOn(Incident):
    """The incident after somebody acted on it."""

    changed: bool
    notice: str | None = None


class Reported(Incident):
    """The incident that has a report: `joined` if it was there already."""

    joined: bool


class TimelineLine(Answer):
    """One thing that happened. Its number is the record's revision from then on."""

    revision: int
    at: AwareDatetime
    by: str
    by_id: str = ""
    kind: str
    loud: bool = False
    data: Mapping[str, Any] = {}


class Timeline(Page):
    """One page of a story, oldest line first."""

    timeline: tuple[TimelineLine, ...]


class Reason(Answer):
    """One step of a decision."""

    rule: str
    text: str
    facts: Mapping[str, Any] = {}


class Decision(Answer):
    """Why an incident has the priority, team and lane that it got at this revision."""

    revision: int
    at: AwareDatetime
    policy_version: int
    outcome: Mapping[str, Any] = {}
    facts: Mapping[str, Any] = {}
    reasons: tuple[Reason, ...] = ()


class Decisions(Page):
    """One page of decisions, the newest first: the first one explains the incident as it is."""

    decisions: tuple[Decision, ...]


class AlertEpisode(Answer):
    """What one alert did in the incident: from when to when."""

    alert_id: str
    episode: int
    title: str
    symptom: str
    severity: str
    fired_at: AwareDatetime
    resolved_at: AwareDatetime | None = None
    resolved_by: str | None = None


class AlertEpisodes(Page):
    """One page of what its alerts did."""

    alerts: tuple[AlertEpisode, ...]
