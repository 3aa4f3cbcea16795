"""Dead letters go home: to their queue, or as a look at the subject that they speak of.

Receive, store, delete, in that order: a crash in between doubles a message, which every consumer bears, and
loses none.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leitplanke.domain.dead_letters import DeadLetter, Home
from leitplanke.domain.errors import UnavailableError
from leitplanke.table import keys

_ONE_CALL = 10


class Box(Protocol):
    """One place of dead letters. Each method raises UnavailableError if it cannot do its part just now."""

    def receive(self, at_most: int) -> list[DeadLetter]:
        """Up to so many messages (at most 10), hidden from others for a while; none: there are no more."""
        ...

    def send_home(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Store them in their queue; returns those that are stored."""
        ...

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """They are no longer needed here."""
        ...

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Others may see them again, at once if possible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """What was done: sent to the queue, turned into looks, dropped because nothing is left to do, kept."""

    moved: int = 0
    looks: int = 0
    dropped: int = 0
    kept: int = 0
    empty: bool = False
    """Whether nothing was left to receive."""

    @property
    def done(self) -> int:
        """Messages that are no longer dead letters."""
        return self.moved + self.looks + self.dropped


def redrive(  # noqa: PLR0913 - keyword-only
    box: Box,
    home: Home,
    *,
    at_most: int,
    arm: Callable[[datetime, str], None],
    now: datetime,
    time_left: Callable[[], bool],
) -> Redriven:
    """Up to `at_most` messages, as long as there is time. `arm` stores a look at a subject.

    Raises UnavailableError only if nothing at all was done; later trouble ends the work, and what is left
    counts as kept.
    """
    total = Redriven()
    while total.done + total.kept < at_most and time_left():
        try:
            letters = box.receive(min(_ONE_CALL, at_most - total.done - total.kept))
            if not letters:
                return _plus(total, Redriven(empty=True))
            total = _plus(total, _take_home(box, home, letters, arm=arm, now=now))
        except UnavailableError:
            if not total.done:
                raise
            return total
    return total


def _take_home(
    box: Box,
    home: Home,
    letters: Sequence[DeadLetter],
    *,
    arm: Callable[[datetime, str], None],
    now: datetime,
) -> Redriven:
    if home is not Home.QUEUE:
        subjects = subjects_of(letters) if home is Home.LOOK else set()
        for subject in sorted(subjects):
            arm(now, subject)
        box.delete(letters)
        looks = sum(subject_of(letter) is not None for letter in letters) if home is Home.LOOK else 0
        return Redriven(looks=looks, dropped=len(letters) - looks)
    stored = box.send_home(letters)
    if stored:
        box.delete(stored)
    here = {letter.message_id for letter in stored}
    kept = [letter for letter in letters if letter.message_id not in here]
    if kept:
        box.release(kept)
    return Redriven(moved=len(stored), kept=len(kept))


def subjects_of(letters: Iterable[DeadLetter]) -> set[str]:
    """Whom these stream records speak of."""
    return {subject for letter in letters if (subject := subject_of(letter)) is not None}


def subject_of(letter: DeadLetter) -> str | None:
    """Whom a stream record speaks of.

    None for Lambda's own note about a batch, which holds no record: every change was stored together with a
    look (`publish_by`), so the clocks have published it by now, or will.
    """
    try:
        found = json.loads(letter.body)["record"]["dynamodb"]["Keys"]
        return keys.subject_of(keys.Key(found["pk"]["S"], found["sk"]["S"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _plus(one: Redriven, other: Redriven) -> Redriven:
    return Redriven(
        moved=one.moved + other.moved,
        looks=one.looks + other.looks,
        dropped=one.dropped + other.dropped,
        kept=one.kept + other.kept,
        empty=one.empty or other.empty,
    )
