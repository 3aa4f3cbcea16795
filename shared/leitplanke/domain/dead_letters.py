"""Dead letters: what each place of them holds, and what one message says to a person who looks at it.

queue ──ten tries──▶ dead letters ──redrive, once the cause is gone──▶ the queue
stream ──poison────▶ dead letters ──redrive──▶ a look at the subject, and the clocks publish what it owes
schedule ──failed──▶ dead letters ──redrive──▶ nothing: later rounds have done a tick's work
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from leitplanke.domain.events import EventMessage, bounded_text

EXCERPT_CHARS = 2_000
_ABOUT_CHARS = 300
_REASON_CHARS = 600


class Home(StrEnum):
    """What becomes of a message that is redriven."""

    QUEUE = "queue"
    LOOK = "look"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One place of dead letters. `holds` says what lies there; `reader` is the folder of the function."""

    holds: str
    reader: str
    home: Home = Home.QUEUE


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "event": Kind(holds="events that have not become alerts", reader="correlate_alerts"),
        "routing": Kind(holds="incidents to be routed again", reader="route_incidents"),
        "recurrence": Kind(holds="changes to be counted as recurrence", reader="detect_recurrence"),
        "expedite": Kind(holds="notifications, expedite lane", reader="notify_responders"),
        "standard": Kind(holds="notifications, standard lane", reader="notify_responders"),
        "backlog": Kind(holds="notifications, backlog lane", reader="notify_responders"),
        "problem": Kind(holds="notifications, problem lane", reader="notify_responders"),
        "clock": Kind(holds="due times that were handed out", reader="watch_clocks"),
        "board": Kind(holds="changes to be shown on the board", reader="update_board"),
        "stream": Kind(holds="changes not published at once", reader="publish_changes", home=Home.LOOK),
        "tick": Kind(holds="failed rounds of the clocks", reader="watch_clocks", home=Home.NOWHERE),
    }
)
"""By name: that of the place in template.yaml without "DeadLetters", and of its alarm, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message. `received` counts tries and looks alike: SQS has one counter. `handle` deletes it.

    `attributes`: what the bus adds to a message that it could not deliver (ERROR_CODE, ERROR_MESSAGE, ...).
    """

    message_id: str
    body: str
    received: int
    sent_at: datetime
    first_received_at: datetime | None
    handle: str = field(repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)


def excerpt(letter: DeadLetter) -> str:
    """The beginning of its body."""
    return bounded_text(letter.body, EXCERPT_CHARS)[0]


def about(name: str, letter: DeadLetter) -> str:
    """What the message is about, in a line; empty if it cannot be read."""
    try:
        said = _ABOUT[name](json.loads(letter.body))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        return ""
    return bounded_text(" ".join(said.split()), _ABOUT_CHARS)[0]


def reason(name: str, letter: DeadLetter) -> str:
    """Why it is here, as far as the message itself can tell; else where that is written."""
    said = _undelivered(letter) or _told(letter) or _unreadable(name, letter)
    if not said:
        said = (
            f"it failed each time it was tried; the log of {KINDS[name].reader} says why, "
            f"at message_id {letter.message_id}"
        )
    return bounded_text(" ".join(said.split()), _REASON_CHARS)[0]


def _undelivered(letter: DeadLetter) -> str:
    """EventBridge user guide, "Using dead-letter queues": why a rule's target did not take it."""
    code = letter.attributes.get("ERROR_CODE", "")
    words = letter.attributes.get("ERROR_MESSAGE", "")
    return f"it could not be delivered: {code} {words}" if code or words else ""


def _told(letter: DeadLetter) -> str:
    """Our own note beside a stream record, or Lambda's of a failed call (Lambda guide, destinations)."""
    try:
        body = json.loads(letter.body)
        if "error" in body and "record" in body:
            return f"it could not be published: {body['error']}"
        condition = body["requestContext"]["condition"]
        words = (body.get("responsePayload") or {}).get("errorMessage", "")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return ""
    return f"the call failed ({condition}) {words}"


def _unreadable(name: str, letter: DeadLetter) -> str:
    if name == "event":
        try:
            EventMessage.model_validate_json(letter.body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return f"it is not a message of events: {where} {first['msg']}".replace("  ", " ")
        return ""
    if KINDS[name].home is Home.QUEUE and not about(name, letter):
        return f"{KINDS[name].reader} cannot read it: it is not a message of ours"
    return ""


def _of_events(body: Any) -> str:
    events = body["events"]
    titles = "; ".join(str(event["title"]) for event in events[:3])
    return f"{len(events)} {'event' if len(events) == 1 else 'events'}: {titles}"


def _of_bus(body: Any) -> str:
    detail = body["detail"]
    revision = (detail.get("data") or {}).get("revision")
    number = "" if revision is None else f" revision {revision}"
    return f"{body.get('detail-type', detail.get('type', 'change'))} of {detail['subject']}{number}"


def _of_clock(body: Any) -> str:
    subjects = [str(look[1]) for look in body["looks"]]
    return f"{len(subjects)} due: {', '.join(subjects[:3])}"


def _of_stream(body: Any) -> str:
    if "DDBStreamBatchInfo" in body:
        return f"a batch of {body['DDBStreamBatchInfo']['batchSize']} changes"
    keys = body["record"]["dynamodb"]["Keys"]
    return f"a change of {keys['pk']['S']} {keys['sk']['S']}"


def _of_tick(body: Any) -> str:  # noqa: ARG001 - all of these look alike
    return "a minute's round"


_ABOUT: Mapping[str, Callable[[Any], str]] = {
    "event": _of_events,
    **dict.fromkeys(
        ("routing", "recurrence", "expedite", "standard", "backlog", "problem", "board"), _of_bus
    ),
    "clock": _of_clock,
    "stream": _of_stream,
    "tick": _of_tick,
}
