"""What people report is an event like any other: its integration is "people", its sender a person.

So it joins the incident that there is for its group, or opens one. Nobody sends its end: it fires until a
person restores its incident or closes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leitplanke.domain.alerts import Alert
from leitplanke.domain.events import Action, Event, Severity, bounded_bag, bounded_text
from leitplanke.domain.policy import Policy

PEOPLE = "people"
"""The integration of what people report. Ids of other integrations have ten characters."""
_SENDER = "person"
_SERVICE_LABEL = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a person says. `symptom` is what is wrong without where; the title unless said otherwise."""

    title: str
    service: str | None = None
    symptom: str | None = None
    severity: Severity = Severity.ERROR
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


def event_of(report: Report, *, ident: str, by: str, at: datetime, policy: Policy) -> Event:
    """The report as an event; the label from which the policy reads the service names it."""
    labels = dict(report.labels)
    if report.service is not None:
        name = next(iter(policy.grouping.service_from), _SERVICE_LABEL)
        labels[name] = report.service
    bag, cut = bounded_bag(labels.items())
    annotations, _ = bounded_bag([("description", report.description)] if report.description else [])
    return Event(
        event_id=ident,
        integration_id=PEOPLE,
        sender=_SENDER,
        alert_key=ident,
        action=Action.TRIGGER,
        title=bounded_text(report.title)[0],
        symptom=bounded_text(report.symptom or report.title)[0],
        severity=report.severity,
        labels=bag,
        annotations=annotations,
        received_at=at,
        occurred_at=at,
        state_time=at,
        by=by,
        flags=("truncated",) if cut else (),
    )


def is_report(alert: Alert) -> bool:
    """Whether a person reported it."""
    return alert.integration_id == PEOPLE
