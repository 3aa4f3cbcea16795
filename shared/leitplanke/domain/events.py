"""Event: one thing that one sender said, in our words, whatever protocol it came in.

Wire modules make Events, the event queue carries them, correlation folds them into alerts.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_LABELS = 64
MAX_LABEL_CHARS = 1_024
MAX_TEXT_CHARS = 1_024
MAX_BAG_CHARS = 12_000
"""All labels, or all annotations, of one event together. Far above what senders use; keeps rows small."""


MAX_MESSAGE_BYTES = 200_000
"""Of one message on the event queue: below SQS's 256 KiB with room for one last large event."""


class Action(StrEnum):
    """What the sender wants to happen to the alert."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Severity(StrEnum):
    """The sender's technical opinion in PagerDuty's four words (Events API v2). Never the priority."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting by rank puts the worst first."""
        return _RANKS[self]


_RANKS = {Severity.CRITICAL: 0, Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 3}


class Link(BaseModel):
    """Somewhere to look further."""

    model_config = ConfigDict(frozen=True)

    href: Annotated[str, StringConstraints(max_length=2_048)]
    text: Annotated[str, StringConstraints(max_length=256)] = ""


class Event(BaseModel):
    """One thing a sender said about one alert.

    `state_time` orders news about the same alert: the sender's own state time where its protocol has one,
    else `received_at`; never later than `received_at` (design, section 2, "Which news wins?").
    `expires_at` is set where the sender promised to say more before then (Alertmanager API `endsAt`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    event_id: str
    """Unique per thing said, made at the door; a redelivered message carries the same one."""
    integration_id: str
    sender: str
    """The protocol it came in: "alertmanager", "prometheus", "pagerduty", "json", "cloudevents"."""
    alert_key: Annotated[str, StringConstraints(min_length=1, max_length=1_024)]
    action: Action
    title: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
    symptom: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS)]
    """What is wrong, without where: an alert name, a check name. The signature is made from it."""
    severity: Severity = Severity.ERROR
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    links: tuple[Link, ...] = ()
    received_at: AwareDatetime
    occurred_at: AwareDatetime
    state_time: AwareDatetime
    expires_at: AwareDatetime | None = None
    by: str | None = None
    """Who, when a person acknowledged or resolved in the sender's tool."""
    flags: tuple[str, ...] = ()
    """Integrity marks: "truncated", "clock_skew", "incomplete"."""
    repeats: bool = False
    """Its sender says it again and again with the same time: a trigger that arrives now says "still"."""

    @property
    def began_at(self) -> datetime:
        """When it began by the sender's clock, which may be ahead of ours but not of our receiving it."""
        return min(self.occurred_at, self.received_at)


class EventMessage(BaseModel):
    """What one message on the event queue holds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    schema_version: int = Field(default=1, alias="schema")
    events: tuple[Event, ...]


def bounded_text(value: object, limit: int = MAX_TEXT_CHARS) -> tuple[str, bool]:
    """`value` as printable text of at most `limit` characters, and whether something was cut or replaced.

    Control characters other than newline and tab become spaces: they have no business in a pager message.
    Lone surrogates (legal in JSON escapes, not in UTF-8) become the replacement character.
    """
    whole = value if isinstance(value, str) else str(value)
    raw = whole[: limit + 1]  # every step replaces one character by one: what is cut need not be looked at
    clean = raw.encode("utf-8", "replace").decode("utf-8") if not raw.isascii() else raw
    if not clean.isprintable():
        clean = "".join(c if c.isprintable() or c in "\n\t" else " " for c in clean)
    if len(clean) <= limit:
        return clean, clean != raw
    return clean[: limit - 1] + "…", True


def bounded_bag(items: Iterable[tuple[str, Any]]) -> tuple[dict[str, str], bool]:
    """Labels or annotations within the limits of this module, and whether something was cut."""
    bag: dict[str, str] = {}
    cut = False
    room = MAX_BAG_CHARS
    for key, value in items:
        name, name_cut = bounded_text(key, 128)
        text, text_cut = bounded_text(value, MAX_LABEL_CHARS)
        room -= len(name) + len(text)
        if len(bag) == MAX_LABELS or room < 0:
            return bag, True
        bag[name] = text
        cut = cut or name_cut or text_cut
    return bag, cut


def state_time(claimed: datetime | None, received_at: datetime) -> tuple[datetime, bool]:
    """The time that orders this news, and whether the sender's clock runs so far ahead that it shows.

    A sender's clock may be wrong; news from the future would beat all later news for ever, so it is
    cut to the moment we received it. Five minutes ahead is reported as skew.
    """
    if claimed is None:
        return received_at, False
    if claimed <= received_at:
        return claimed, False
    return received_at, claimed - received_at > timedelta(minutes=5)


def chunked(events: Iterable[Event], *, max_bytes: int = MAX_MESSAGE_BYTES) -> Iterator[str]:
    """Event messages as JSON, each below `max_bytes`, in order. An event alone always fits.

    U+FFFE and U+FFFF are escaped: JSON may hold them, a message may not (SQS API reference, SendMessage).
    """
    head, tail = '{"schema":1,"events":[', "]}"
    parts: list[str] = []
    size = len(head) + len(tail)
    for event in events:
        text = event.model_dump_json(exclude_defaults=True)
        text = text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        cost = len(text.encode()) + 1
        if parts and size + cost > max_bytes:
            yield head + ",".join(parts) + tail
            parts, size = [], len(head) + len(tail)
        parts.append(text)
        size += cost
    if parts:
        yield head + ",".join(parts) + tail
