"""What the domain bus hears: changes of incidents, problems and services as CloudEvents 1.0.

The id is subject and revision, so that a subscriber can tell a repetition (CloudEvents 1.0, "id").
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leitplanke.domain.incidents import Change, Incident
from leitplanke.domain.problems import Problem

SOURCE = "leitplanke"

Announcement = Mapping[str, Any]
"""A CloudEvent in its structured JSON form."""


def about_incident(incident: Incident, revision: int, change: Change) -> Announcement:
    """One line of an incident's timeline, with what subscribers filter by."""
    data = {
        "lane": incident.lane,
        "team": incident.team,
        "priority": incident.priority,
        "service": incident.service,
        "signature": incident.signature,
        "state": incident.state.value,
    }
    return _announcement(f"incident/{incident.incident_id}", revision, change, data)


def about_problem(problem: Problem, revision: int, change: Change) -> Announcement:
    """One line of a problem's timeline."""
    data = {
        "lane": "problem",
        "team": problem.team,
        "service": problem.service,
        "signature": problem.signature,
        "state": problem.state.value,
    }
    return _announcement(f"problem/{problem.problem_id}", revision, change, data)


def about_service(service: str, revision: int, change: Change) -> Announcement:
    """A flip of a service's state."""
    return _announcement(f"service/{service}", revision, change, {"service": service})


def alerts_changed(incident_id: str, pulse: int, *, at: datetime, reason: str) -> Announcement:
    """An incident's alerts changed, or what it depends on: routing shall look again. Has no revision."""
    change = Change(kind="incident.alerts_changed", at=at, by=SOURCE, data={"reason": reason})
    event = dict(_announcement(f"incident/{incident_id}", pulse, change, {}))
    return event | {"id": f"incident/{incident_id}/pulse/{pulse}"}


def _announcement(subject: str, revision: int, change: Change, data: Mapping[str, Any]) -> Announcement:
    return {
        "specversion": "1.0",
        "id": f"{subject}/{revision}",
        "source": SOURCE,
        "type": change.kind,
        "subject": subject,
        "time": change.at.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "revision": revision,
            "loud": change.loud,
            "by": change.by,
            "change": dict(change.data),
            **data,
        },
    }
