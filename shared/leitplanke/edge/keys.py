"""Integration keys remembered for a minute, so that a busy sender costs one table call per minute.

Revoking a key therefore takes up to that long. If the table is away, a key that was good a short while ago
stays good: what a sender says is worth more than a revocation that is not yet seen.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Generic, TypeVar

from leitplanke.domain.errors import UnavailableError

OwnerT = TypeVar("OwnerT")

KNOWN_FOR = timedelta(seconds=60)
UNKNOWN_FOR = timedelta(seconds=10)
"""A wrong key is asked about at most this often: guessing must not cost us a write each time."""
USABLE_WITHOUT_TABLE = timedelta(minutes=15)
MAX_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class _Seen(Generic[OwnerT]):
    owner: OwnerT | None
    at: datetime


class RememberedKeys(Generic[OwnerT]):
    """A memory in front of `ask`, which finds the owner of a key or None. Keys are kept as hashes only."""

    def __init__(self, ask: Callable[[str, datetime], OwnerT | None]) -> None:
        self._ask = ask
        self._seen: OrderedDict[bytes, _Seen[OwnerT]] = OrderedDict()

    def authenticate(self, key: str, now: datetime) -> OwnerT | None:
        """The owner, asked for or remembered. Raises UnavailableError if neither is possible."""
        name = sha256(key.encode("utf-8", "surrogatepass")).digest()
        seen = self._seen.get(name)
        if seen and now - seen.at < (UNKNOWN_FOR if seen.owner is None else KNOWN_FOR):
            return seen.owner
        try:
            owner = self._ask(key, now)
        except UnavailableError:
            if seen and seen.owner is not None and now - seen.at < USABLE_WITHOUT_TABLE:
                return seen.owner
            raise
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
