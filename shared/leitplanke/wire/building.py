"""From what a sender said to an Event: limits kept, times in order, every cut marked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from leitplanke.domain.events import (
    MAX_BAG_CHARS,
    MAX_LABELS,
    Action,
    Event,
    Link,
    Severity,
    bounded_bag,
    bounded_text,
    state_time,
)
from leitplanke.wire.intake import Call
from leitplanke.wire.reading import invalid_event

MAX_LINKS = 10
_MAX_HREF_CHARS = 2_048  # domain.events.Link
_KEPT_FIRST = (
    *("alertname", "service", "severity", "team", "component", "class", "group", "source"),
    *("job", "instance", "host", "namespace", "cluster", "environment", "region"),
)
"""When there are too many or too long labels, the ones that name, route and locate survive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One item of a request, read but not yet bounded.

    `orders` is the time that orders news about the alert where the protocol has one, `occurred_at` what the
    sender's clock showed when it happened; both may be wrong or missing.
    """

    alert_key: str
    action: Action
    title: str
    symptom: str
    severity: Severity | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    links: Iterable[tuple[str, str]] = ()
    occurred_at: datetime | None = None
    orders: datetime | None = None
    expires_at: datetime | None = None
    by: str | None = None
    flags: tuple[str, ...] = ()
    repeats: bool = False
    event_id: str | None = None


def event(call: Call, said: Said, *, sender: str, where: str) -> Event:
    """The event. Raises InvalidInputError at `where` if not even cutting makes it fit."""
    title, title_cut = bounded_text(said.title)
    symptom, symptom_cut = bounded_text(said.symptom)
    kept, labels_cut = bounded_bag(_most_useful_first(said.labels).items())
    notes, notes_cut = bounded_bag(said.annotations.items())
    ordered_at, skewed = state_time(said.orders, call.received_at)
    truncated = title_cut or symptom_cut or labels_cut or notes_cut
    flags = (*said.flags, *(["truncated"] if truncated else []), *(["clock_skew"] if skewed else []))
    try:
        return Event(
            event_id=said.event_id or call.new_id(),
            integration_id=call.integration_id,
            sender=sender,
            alert_key=said.alert_key,
            action=said.action,
            title=title,
            symptom=symptom,
            severity=said.severity or Severity.ERROR,
            labels=kept,
            annotations=notes,
            links=_links(said.links),
            received_at=call.received_at,
            occurred_at=said.occurred_at or call.received_at,
            state_time=ordered_at,
            expires_at=said.expires_at,
            by=bounded_text(said.by, 256)[0] if said.by else None,
            flags=flags,
            repeats=said.repeats,
        )
    except ValidationError as error:
        raise invalid_event(error, where) from error


def _most_useful_first(labels: Mapping[str, str]) -> Mapping[str, str]:
    if len(labels) <= MAX_LABELS and sum(map(len, labels.values())) < MAX_BAG_CHARS // 2:
        return labels
    first = {name: labels[name] for name in _KEPT_FIRST if name in labels}
    return {**first, **labels}


def _links(found: Iterable[tuple[str, str]]) -> tuple[Link, ...]:
    """The first few that a person may follow: http or https, not absurdly long, each address once."""
    links: dict[str, Link] = {}
    for href, shown in found:
        usable = (
            href.startswith(("https://", "http://")) and len(href) <= _MAX_HREF_CHARS and href.isprintable()
        )
        if usable and href not in links and len(links) < MAX_LINKS:
            links[href] = Link(href=href, text=bounded_text(shown, 256)[0])
    return tuple(links.values())
