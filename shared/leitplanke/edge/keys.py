"""Integration keys remembered for a minute, so that a busy sender costs one table call per minute.

Revoking a key therefore takes up to that long. If the table is away, a key that was good a short while ago
stays good: what a sender says is worth more than a revocation that is not yet seen.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Generic, TypeVar

from leitplanke.domain.errors import UnavailableError

OwnerT = TypeVar("OwnerT")

KNOWN_FOR = timedelta(seconds=60)
UNKNOWN_FOR = timedelta(seconds=10)
"""A wrong key is asked about at most this often: guessing must not cost us a write each time."""
USABLE_WITHOUT_TABLE = timedelta(minutes=15)
ASKED_AGAIN_AFTER = timedelta(seconds=10)
"""While the table is away: not every request shall wait until it is known again that it is."""
MAX_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class _Seen(Generic[OwnerT]):
    owner: OwnerT | None
    at: datetime
    away_at: datetime | None = None
    """When the table was last found to be away since then."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether nobody needs to be asked."""
        if self.away_at and now - self.away_at < ASKED_AGAIN_AFTER and self.is_usable(now):
            return True
        return now - self.at < (UNKNOWN_FOR if self.owner is None else KNOWN_FOR)

    def is_usable(self, now: datetime) -> bool:
        """Whether it counts while nobody can be asked."""
        return self.owner is not None and now - self.at < USABLE_WITHOUT_TABLE


class RememberedKeys(Generic[OwnerT]):
    """A memory in front of `ask`, which finds the owner of a key or None. Keys are kept as hashes only."""

    def __init__(self, ask: Callable[[str, datetime], OwnerT | None]) -> None:
        self._ask = ask
        self._seen: OrderedDict[bytes, _Seen[OwnerT]] = OrderedDict()

    def authenticate(self, key: str, now: datetime) -> OwnerT | None:
        """The owner, asked for or remembered. Raises UnavailableError if neither is possible."""
        name = sha256(key.encode("utf-8", "surrogatepass")).digest()
        seen = self._seen.get(name)
        if seen and seen.is_fresh(now):
            return seen.owner
        try:
            owner = self._ask(key, now)
        except UnavailableError:
            if seen is None or not seen.is_usable(now):
                raise
            self._remember(name, replace(seen, away_at=now))
            return seen.owner
        self._remember(name, _Seen(owner, now))
        return owner

    def forget(self, owner: OwnerT) -> None:
        """Ask again for this owner's key: something about it has changed."""
        for name in [name for name, seen in self._seen.items() if seen.owner == owner]:
            del self._seen[name]

    def _remember(self, name: bytes, seen: _Seen[OwnerT]) -> None:
        self._seen[name] = seen
        self._seen.move_to_end(name)
        while len(self._seen) > MAX_KEYS:
            self._seen.popitem(last=False)
