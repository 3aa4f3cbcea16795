"""Milestones of incidents and problems as metrics, counted where they are told to the bus.

Whoever tells it counts it under the same dimension (the stream's function; the clocks, for what the stream
missed), so that a dashboard has one line each. What is told twice after a crash is counted twice: the exact
figures are in the table.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from leitplanke.edge.logs import count

SERVICE = "publish_changes"

MILESTONES: Mapping[str, str] = {
    "incident.acknowledged": "IncidentsAcknowledged",
    "incident.escalated": "IncidentsEscalated",
    "incident.restored": "IncidentsRestored",
    "incident.reopened": "IncidentsReopened",
    "incident.closed": "IncidentsClosed",
    "problem.opened": "ProblemsOpened",
    "problem.accepted": "ProblemsAccepted",
    "problem.declined": "ProblemsDeclined",
    "service.flipped": "ServicesFlipped",
}
"""The metric of each kind of change. What opens incidents counts them itself (`IncidentsOpened`)."""
OVERRIDES = "GuardrailsOverridden"
"""How many guardrails people went past in what they did."""


def milestones_of(events: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
    """What these domain events say, as figures."""
    figures: Counter[str] = Counter()
    for event in events:
        if event["type"] in MILESTONES:
            figures[MILESTONES[event["type"]]] += 1
        figures[OVERRIDES] += len(event["data"]["change"].get("overrides", ()))
    return figures


def count_milestones(events: Iterable[Mapping[str, Any]]) -> None:
    """Count what these domain events say; where they say nothing of that, no line is written."""
    count(SERVICE, milestones_of(events))
