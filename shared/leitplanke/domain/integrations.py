"""Integration: one sender that may speak to us, known by its key.

A key is shown once, when it is made, and never stored. The integration's id is made from it one-way, so a
key leads to its row in one call and a row leads to no key: 190 random bits cannot be tried out.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leitplanke.domain.ids import stable_hash

KEY_CHARS = 32
"""What PagerDuty's clients accept as a routing key (Events API v2)."""

_ALPHABET = string.ascii_letters + string.digits
_FIRST = _ALPHABET.replace("R", "")
"""A routing key that starts with R means an event orchestration to PagerDuty's clients."""


class Capability(StrEnum):
    """What a key may be used for."""

    EVENTS = "events"
    SILENCES = "silences"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One sender. `sender` is a hint which protocol it speaks; any protocol is understood with any key.

    `heard_at` is exact to about a minute. `quiet_after_s`: seconds without a word after which the sender
    counts as silent; None for senders that only speak when something is wrong. `silent_since`: when its
    silence was noted, until it is heard again; `silence_told`: and is an alert of ours. `limit_per_minute`:
    requests, None for no limit, which is what a sender in a storm needs; `requests` counts them while there
    is one (leitplanke.domain.rates).
    """

    integration_id: str
    name: str
    sender: str | None
    capabilities: frozenset[Capability]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    heard_at: datetime | None = None
    silent_since: datetime | None = None
    silence_told: bool = False
    quiet_after_s: int | None = None
    limit_per_minute: int | None = None
    requests: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether it was found silent and has not spoken since. That it has may not be noted yet."""
        return self.silent_since is not None and (self.heard_at is None or self.heard_at <= self.silent_since)


def new_key(pick: Callable[[int], int]) -> str:
    """A fresh key; `pick(n)` gives a random number below n that nobody can guess (`secrets.randbelow`)."""
    first = _FIRST[pick(len(_FIRST))]
    return first + "".join(_ALPHABET[pick(len(_ALPHABET))] for _ in range(KEY_CHARS - 1))


def looks_like_key(text: str) -> bool:
    """Whether this could be a key at all; what could not is not worth a question to the table."""
    return len(text) == KEY_CHARS and text.isascii() and text.isalnum() and not text.startswith("R")


def integration_id(key: str) -> str:
    """The id of the integration that this key belongs to. One-way."""
    return stable_hash("integration key", key)
