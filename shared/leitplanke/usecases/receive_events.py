"""The front door: let a sender in, read what it says, store it, and only then say yes.

    key? ──no──▶ refused         body readable? ──no──▶ quarantine, "unreadable"
     │yes                              │yes
     ▼                                 ▼
    authenticate ──▶ read by protocol ──▶ queue the good, quarantine the bad ──▶ the protocol's answer
                                              │ cannot be stored
                                              ▼
                                          "come again" (503)

A sender with a limit that it is beyond is told to wait.

A 2xx is a promise: everything in the request is either in the queue or in the quarantine.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leitplanke.domain.errors import InvalidInputError, UnavailableError
from leitplanke.domain.events import chunked
from leitplanke.domain.integrations import KEY_CHARS, Capability, Integration
from leitplanke.domain.silence import heard_again
from leitplanke.wire.answers import Answer
from leitplanke.wire.intake import (
    BAD_KEY_LENGTH,
    EXCERPT_CHARS,
    NO_CAPABILITY,
    NO_KEY,
    UNKNOWN_KEY,
    Call,
    Intake,
    Refusal,
    Rejected,
    Wire,
)
from leitplanke.wire.packing import unpacked

_ALL_EXCERPTS_CHARS = 1_000_000
"""Of one request: ten thousand refused items are still little more than a hundred rows of the quarantine."""
_LEAST_EXCERPT_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the door needs from outside. Each raises UnavailableError if it cannot do its part just now."""

    authenticate: Callable[[str, datetime], Integration | None]
    """The owner of a key, None if there is none (any more)."""
    within_limit: Callable[[Integration, datetime], bool]
    """Count one more request of this sender; whether it may send so many."""
    send: Callable[[Iterable[str]], int]
    """Store these messages in the event queue, all of them or raise; returns the number of calls made."""
    quarantine: Callable[[Integration, str, datetime, Sequence[Rejected]], None]
    """Keep these rejected items of this sender's protocol with their reasons."""
    heard_again: Callable[[Integration], None]
    """Note that a silent integration speaks again: that the silence which it shows is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request at the door. `key` is the one in front of the path; header names are lower-case."""

    wire: Wire
    body: bytes
    headers: Mapping[str, str]
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What came of it: the answer, and the figures for log and metrics."""

    answer: Answer
    integration_id: str | None = None
    events: int = 0
    rejected: int = 0
    queue_calls: int = 0
    limited: bool = False
    trouble: tuple[UnavailableError, ...] = field(default=(), repr=False)


def receive(delivery: Delivery, *, now: datetime, new_id: Callable[[], str], ports: Ports) -> Receipt:
    """Take in one request. Never raises for what a sender sends, nor for a service that is away."""
    wire = delivery.wire
    body, fault = _unpacked(delivery)
    key = key_of(delivery, body)
    if key is None:
        return Receipt(answer=wire.refused(NO_KEY))
    try:
        owner = _owner(key, now=now, ports=ports)
        if isinstance(owner, Refusal):
            return Receipt(answer=wire.refused(owner))
        if not ports.within_limit(owner, now):
            return Receipt(answer=wire.limited(), integration_id=owner.integration_id, limited=True)
        call = Call(
            body=body,
            headers=delivery.headers,
            received_at=now,
            integration_id=owner.integration_id,
            new_id=new_id,
        )
        intake = _unreadable(wire, call, fault) if fault else _read(wire, call)
        intake = _fit_to_keep(intake, key)
        return _store(intake, owner, call=call, wire=wire, ports=ports)
    except UnavailableError as error:
        return Receipt(answer=wire.unavailable(), trouble=(error,))


def _unpacked(delivery: Delivery) -> tuple[bytes, InvalidInputError | None]:
    """The body as the sender meant it, or why there is none; who sent it decides what is done about that."""
    try:
        return unpacked(delivery.body, delivery.headers), None
    except InvalidInputError as error:
        return b"", error


def key_of(delivery: Delivery, body: bytes) -> str | None:
    """The integration key, wherever this sender could put it; the first place that has one counts.

    In front of the path, `Authorization` (Bearer, GenieKey, or a Basic password), the body of protocols that
    carry it there, `X-Routing-Key`.
    """
    return (
        delivery.key
        or _authorization_key(delivery.headers.get("authorization", ""))
        or delivery.wire.key_in_body(body)
        or delivery.headers.get("x-routing-key", "").strip()
        or None
    )


def _authorization_key(value: str) -> str | None:
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() in ("bearer", "geniekey"):
        return rest or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest, validate=True).decode("utf-8").partition(":")[2] or None
    except (binascii.Error, ValueError):
        return None


def _owner(key: str, *, now: datetime, ports: Ports) -> Integration | Refusal:
    if len(key) != KEY_CHARS:
        return BAD_KEY_LENGTH
    integration = ports.authenticate(key, now)
    if integration is None:
        return UNKNOWN_KEY
    return integration if Capability.EVENTS in integration.capabilities else NO_CAPABILITY


def _read(wire: Wire, call: Call) -> Intake:
    try:
        return wire.read(call)
    except InvalidInputError as error:
        return _unreadable(wire, call, error)


def _unreadable(wire: Wire, call: Call, error: InvalidInputError) -> Intake:
    """A body that makes no sense at all is one rejected item."""
    excerpt = call.body[:EXCERPT_CHARS].decode("utf-8", "replace")
    return Intake(answer=wire.unreadable(error), rejected=(Rejected.because(error, excerpt=excerpt),))


def _fit_to_keep(intake: Intake, key: str) -> Intake:
    """What is refused as it may be stored: without the key, the excerpts short where there are many."""
    room = max(_LEAST_EXCERPT_CHARS, _ALL_EXCERPTS_CHARS // max(1, len(intake.rejected)))
    cleaned = (
        replace(
            item,
            field=item.field.replace(key, "[key]"),
            reason=item.reason.replace(key, "[key]"),
            excerpt=_without_key(item.excerpt, key)[:room],
        )
        for item in intake.rejected
    )
    return replace(intake, rejected=tuple(cleaned))


def _without_key(excerpt: str, key: str) -> str:
    """A key is never stored, not even its beginning where the excerpt was cut."""
    excerpt = excerpt.replace(key, "[key]")
    cut = next((length for length in range(len(key) - 1, 7, -1) if key[:length] in excerpt[-len(key) :]), 0)
    return excerpt[: excerpt.rindex(key[:cut])] if cut else excerpt


def _store(intake: Intake, owner: Integration, *, call: Call, wire: Wire, ports: Ports) -> Receipt:
    """Queue and quarantine; the answer is only given when both have everything."""
    silent_since = owner.silent_since if intake.answer.accepted else None
    said = [*intake.events]
    if silent_since is not None:
        said.append(heard_again(owner, since=silent_since, at=call.received_at))
    queue_calls = ports.send(chunked(said)) if said else 0
    if intake.rejected:
        ports.quarantine(owner, wire.name, call.received_at, intake.rejected)
    return Receipt(
        answer=intake.answer,
        integration_id=owner.integration_id,
        events=len(intake.events),
        rejected=len(intake.rejected),
        queue_calls=queue_calls,
        trouble=_clear_silence(owner, ports) if silent_since is not None else (),
    )


def _clear_silence(owner: Integration, ports: Ports) -> tuple[UnavailableError, ...]:
    """What it said is stored; that it is heard again can be noted with its next request if it fails now."""
    try:
        ports.heard_again(owner)
    except UnavailableError as error:
        return (error,)
    return ()
