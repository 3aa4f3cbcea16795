"""What the domain bus hears: changes of incidents, problems and services as CloudEvents 1.0.

The id is subject and revision, so that a subscriber can tell a repetition (CloudEvents 1.0, "id").
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from leitplanke.domain.incidents import SYSTEM, Change, Incident
from leitplanke.domain.problems import Problem

SOURCE = "leitplanke"
ALERTS_CHANGED = "incident.alerts_changed"
WAKES_ROUTING = frozenset({"incident.opened", "incident.reopened", ALERTS_CHANGED})
"""Kinds after which routing decides about a live incident as it is then: see the rule in template.yaml."""

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


def alerts_changed(incident: Incident, *, at: datetime, reason: str) -> Announcement:
    """An incident's alerts changed: routing shall look again. It is not in the timeline.

    A pulse that is announced again, later, for another reason is another event with another id.
    """
    change = Change(kind=ALERTS_CHANGED, at=at, by=SYSTEM, data={"reason": reason})
    data = {"service": incident.service, "pulse": incident.pulse}
    subject = f"incident/{incident.incident_id}"
    event = _announcement(subject, incident.revision, change, data)
    return {**event, "id": f"{subject}/pulse/{incident.pulse}/{_text(at)}"}


def dependency_flipped(incident_id: str, service: str, *, at: datetime) -> Announcement:
    """What an incident's impact depends on went down or came back: routing shall look again."""
    change = Change(kind=ALERTS_CHANGED, at=at, by=SYSTEM, data={"reason": f"{service} flipped"})
    subject = f"incident/{incident_id}"
    event = _announcement(subject, None, change, {})
    return {**event, "id": f"{subject}/flip/{service}/{_text(at)}"}


def _announcement(
    subject: str, revision: int | None, change: Change, data: Mapping[str, Any]
) -> Announcement:
    return {
        "specversion": "1.0",
        "id": f"{subject}/{revision}",
        "source": SOURCE,
        "type": change.kind,
        "subject": subject,
        "time": _text(change.at),
        "datacontenttype": "application/json",
        "data": {
            "revision": revision,
            "loud": change.loud,
            "lane": None,
            "team": None,
            "priority": None,
            "service": None,
            "signature": None,
            "by": change.by,
            "change": dict(change.data),
            **data,
        },
    }


def _text(moment: datetime) -> str:
    """RFC 3339, as CloudEvents wants it."""
    return moment.astimezone(UTC).isoformat()
