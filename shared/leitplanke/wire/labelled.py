"""What the Prometheus family has in common: an alert is a set of labels with annotations around it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Severity
from leitplanke.domain.ids import stable_hash
from leitplanke.wire import reading

_TITLE_ANNOTATIONS = ("summary", "title", "message")
_LINK_ANNOTATIONS = {
    "runbook_url": "runbook",
    "runbook": "runbook",
    "dashboard_url": "dashboard",
    "dashboard": "dashboard",
}


def identity(labels: Mapping[str, str]) -> str:
    """The alert's name made from its full label set, whatever order the labels came in."""
    return stable_hash(*(part for pair in sorted(labels.items()) for part in pair))


def title(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """The first of: summary, title, message, alert name, description, the labels themselves."""
    for name in _TITLE_ANNOTATIONS:
        if name in annotations:
            return annotations[name]
    if "alertname" in labels:
        return labels["alertname"]
    return annotations.get("description") or ", ".join(f"{k}={v}" for k, v in sorted(labels.items()))


def symptom(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """What is wrong, without where: the alert name; the title where a sender has none."""
    return labels.get("alertname") or title(labels, annotations)


def severity(labels: Mapping[str, str]) -> Severity | None:
    """From the label `severity`, by convention; `priority` where there is none."""
    return reading.severity(labels.get("severity") or labels.get("priority"))


def links(alert: Mapping[str, Any], annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Runbook and dashboard first, then where the alert was computed."""
    for name, shown in _LINK_ANNOTATIONS.items():
        if name in annotations:
            yield annotations[name], shown
    yield reading.text(alert.get("generatorURL")), "source"


def required_labels(alert: Mapping[str, Any], where: str) -> dict[str, str]:
    """The labels; raises InvalidInputError unless one of them has a value (API v2, alert validation)."""
    found = reading.labels(alert.get("labels"), f"{where}.labels")
    if not found:
        raise InvalidInputError(
            "an alert needs at least one label with a value",
            field=f"{where}.labels",
            remedy='send labels, for instance {"alertname": "GatewayDown", "service": "vpn"}',
        )
    return found


def readable_moment(value: object) -> tuple[datetime | None, bool]:
    """A time that is nice to have, and whether it was there but made no sense."""
    try:
        return reading.moment(value, "time"), False
    except InvalidInputError:
        return None, True
