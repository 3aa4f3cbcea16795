"""The contract between the door and the wire modules.

A wire module is one sender's protocol: it says where its requests arrive, reads one request into events, and
words every answer as that sender expects it. It is pure: the clock, the ids and the key's owner come in with
the Call, and nothing is sent or stored here. To add a sender, write a module that ends in
`WIRE = Wire(...)`, name it in `leitplanke.wire.senders`, and test it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Event, bounded_text
from leitplanke.wire.answers import Answer

MAX_ITEMS = 10_000
"""Items of one request. Prometheus sends 256; ten thousand are 35 messages and about a second of work."""
MAX_BODY_BYTES = 6_291_456
"""6 MiB, unpacked: what a synchronous Lambda call can carry (AWS Lambda quotas)."""
EXCERPT_CHARS = 2_000


class TooLargeError(InvalidInputError):
    """More than one request may carry, in bytes or in items."""


class UnsupportedError(InvalidInputError):
    """A content encoding or a format that we do not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request as a wire module sees it. Header names are lower-case."""

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    integration_id: str
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One item that could not become an event: where, why, and what to send instead.

    `position` is its place in the request, None if the body could not be read at all. `excerpt` is for the
    person who looks into the quarantine; it never holds a key.
    """

    field: str
    reason: str
    remedy: str
    excerpt: str
    position: int | None = None

    @classmethod
    def because(cls, error: InvalidInputError, *, excerpt: str, position: int | None = None) -> "Rejected":
        """From the error that says why, everything bounded."""
        return cls(
            field=bounded_text(error.field, 200)[0],
            reason=bounded_text(error.message, 500)[0],
            remedy=bounded_text(error.remedy, 500)[0],
            excerpt=bounded_text(excerpt, EXCERPT_CHARS)[0],
            position=position,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one request came to: events to store, items for the quarantine, the answer once both are safe."""

    answer: Answer
    events: tuple[Event, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One sender's protocol."""

    name: str
    """Also its address: every sender can be reached under /v1/events/<name>."""
    paths: tuple[str, ...]
    """Where its own protocol puts it, for senders that can only be given a base URL."""
    read: Callable[[Call], Intake]
    """One request as events and an answer. Raises InvalidInputError if the body as a whole is unreadable."""
    unreadable: Callable[[InvalidInputError], Answer]
    """The body makes no sense (or is too large, or badly packed)."""
    refused: Callable[["Refusal"], Answer]
    """The key is missing, wrong, or may not send events."""
    unavailable: Callable[[], Answer]
    """We cannot store it now; worded so that this sender comes again if it ever does."""
    limited: Callable[[], Answer]
    """It speaks more often than its integration allows; worded so that this sender waits and comes again."""
    key_in_body: Callable[[bytes], str | None] = lambda _: None
    """The key, where the protocol puts it into the body."""
    claims: Callable[[Mapping[str, str]], bool] = lambda _: True
    """Whether a request with these headers is this protocol, where several share a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a key does not open the door."""

    status: int
    """401: no key, or none that we know; 403: a key that may do other things."""
    reason: str
    remedy: str


NO_KEY = Refusal(
    status=401,
    reason="no integration key",
    remedy="send the key as 'Authorization: Bearer <key>' or put /i/<key> in front of the path",
)
BAD_KEY_LENGTH = Refusal(
    status=401,
    reason="an integration key has 32 characters",
    remedy="copy the key again, without spaces or quotes",
)
UNKNOWN_KEY = Refusal(
    status=401,
    reason="unknown or revoked integration key",
    remedy="create an integration (POST /v1/integrations) and use its key",
)
NO_CAPABILITY = Refusal(
    status=403,
    reason="this integration may not send events",
    remedy="create an integration with the capability 'events'",
)
