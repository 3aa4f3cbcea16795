"""Why an incident is what it is: decisions with their reasons, and what its alerts did."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from functions.serve_api.shapes import Next, Shown
from leitplanke.domain.events import Severity
from leitplanke.table.alerts import Episode
from leitplanke.table.client import Row


class Reason(Shown):
    """One step of a decision."""

    rule: str
    text: str
    facts: Mapping[str, Any]


class Decision(Shown):
    """Why an incident has the priority, team and lane that it got at this revision."""

    revision: int
    at: AwareDatetime
    policy_version: int
    outcome: Annotated[Mapping[str, Any], Field(description="Everything that was decided.")]
    facts: Annotated[
        Mapping[str, Any], Field(description="What was known: service, severity, what was down.")
    ]
    reasons: tuple[Reason, ...]

    @classmethod
    def of(cls, row: Row) -> "Decision":
        """The decision that a row of the table holds."""
        outcome = dict(row.get("outcome", {}))
        reasons = outcome.pop("reasons", ())
        return cls(
            revision=row["revision"],
            at=row["at"],
            policy_version=row.get("policy", 0),
            outcome=outcome,
            facts=row.get("facts", {}),
            reasons=tuple(
                Reason(rule=one["rule"], text=one["text"], facts=one.get("facts", {})) for one in reasons
            ),
        )


class Decisions(Shown):
    """Decisions, the newest first: the first one explains the incident as it is."""

    decisions: tuple[Decision, ...]
    next: Next


class AlertEpisode(Shown):
    """What one alert did in the incident: from when to when, and who says that it ended."""

    alert_id: str
    episode: int
    title: str
    symptom: str
    severity: Severity
    fired_at: AwareDatetime
    resolved_at: Annotated[AwareDatetime | None, Field(description="null: it fires.")]
    resolved_by: Annotated[str | None, Field(description="source, timeout or human.")]

    @classmethod
    def of(cls, episode: Episode) -> "AlertEpisode":
        """The episode as callers see it."""
        return cls(
            alert_id=episode.alert_id,
            episode=episode.number,
            title=episode.title,
            symptom=episode.symptom,
            severity=Severity(episode.severity),
            fired_at=episode.fired_at,
            resolved_at=episode.resolved_at,
            resolved_by=episode.resolved_by,
        )


class AlertEpisodes(Shown):
    """What its alerts did, in a stable order."""

    alerts: tuple[AlertEpisode, ...]
    next: Next
