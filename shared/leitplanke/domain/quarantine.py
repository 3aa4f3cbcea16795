"""Quarantine: what a sender said and we could not use, kept with the reason so that somebody can mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

MEMORY = timedelta(days=30)
"""How long refused items are kept: long enough to notice a sender that is wrong since its last release."""


class Refused(Protocol):
    """One item that could not be used: where, why, what to send instead, and a piece of it."""

    @property
    def field(self) -> str:
        """Dotted path of what is wrong."""

    @property
    def reason(self) -> str:
        """What is wrong with it."""

    @property
    def remedy(self) -> str:
        """What to send instead."""

    @property
    def excerpt(self) -> str:
        """A bounded piece of the item, without keys."""

    @property
    def position(self) -> int | None:
        """Its place in the request; None if the request as a whole could not be read."""


class Sender(Protocol):
    """Whose items they are."""

    @property
    def integration_id(self) -> str:
        """Stable name of the integration."""

    @property
    def name(self) -> str:
        """What people call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedItem:
    """One refused item as it is kept."""

    field: str
    reason: str
    remedy: str
    excerpt: str
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineEntry:
    """Refused items of one request (or a part of them, if they were very many), oldest position first.

    `times`: how often the same was said within the hour, last at `last_at`. May count a retry of ours.
    """

    entry_id: str
    received_at: datetime
    last_at: datetime
    integration_id: str
    integration_name: str
    sender: str
    items: Sequence[RefusedItem]
    times: int = 1
