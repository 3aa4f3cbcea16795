"""The policy: read any version, put a new one. What does not load is not stored."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.policy import load_policy
from leitplanke.table.policies import Policies

_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """One version's text; version 0 is the emptiness before the first."""

    version: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutPolicy:
    """The version in force afterwards; `changed` is False if the text was in force already."""

    version: int
    changed: bool


def stored_policy(policies: Policies, version: int | None) -> StoredPolicy:
    """A version, or the one in force. Raises NotFoundError for one that never was."""
    number = policies.active() if version is None else version
    if number == 0:
        return StoredPolicy(version=0, text="")
    return StoredPolicy(version=number, text=policies.text(number))


def put_policy(policies: Policies, text: str, *, expected: int | None, by: Actor, at: datetime) -> PutPolicy:
    """Check `text` as a whole, then put it in force.

    Raises PolicyError with every fault, StaleRevisionError if another version than `expected` is in force.
    """
    load_policy(text)
    for _ in range(_TRIES):
        try:
            version, changed = policies.put(text, expected=expected, by=by, at=at)
        except LostRaceError:
            continue
        return PutPolicy(version=version, changed=changed)
    raise LostRaceError("the policy changes all the time")
