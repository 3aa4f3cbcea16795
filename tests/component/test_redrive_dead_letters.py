"""Receive, store, delete, in that order: whatever fails in between doubles a message and loses none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from leitplanke.domain.dead_letters import DeadLetter, Home
from leitplanke.domain.errors import UnavailableError
from leitplanke.usecases.redrive_dead_letters import redrive

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RECORD = '{"record": {"dynamodb": {"Keys": {"pk": {"S": "INCIDENT#abc"}, "sk": {"S": "INCIDENT"}}}}}'


class Box:
    """A place with some letters; notes what is done in what order."""

    def __init__(self, *bodies: str) -> None:
        self.letters = [_letter(number, body) for number, body in enumerate(bodies)]
        self.done: list[str] = []

    def receive(self, at_most: int) -> list[DeadLetter]:
        return self.letters[:at_most]

    def send_home(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        self.done.append("stored")
        return list(letters)

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        self.done.append("deleted")
        self.letters = [one for one in self.letters if one not in letters]

    def release(self, letters: Sequence[DeadLetter]) -> None:  # noqa: ARG002
        self.done.append("released")


def _letter(number: int, body: str) -> DeadLetter:
    return DeadLetter(
        message_id=f"m-{number}",
        body=body,
        received=1,
        sent_at=NOW,
        first_received_at=None,
        handle=f"r-{number}",
    )


def go(box: Box, home: Home, *, arm: Any = None) -> Any:
    return redrive(
        box, home, at_most=10, arm=arm or (lambda *_: None), now=NOW, time_left=lambda: bool(box.letters)
    )


def test_a_look_is_armed_before_its_letter_is_gone() -> None:
    box = Box(RECORD)
    order: list[str] = []

    def arm(_: datetime, subject: str) -> None:
        order.append(subject)
        assert len(box.letters) == 1

    assert go(box, Home.LOOK, arm=arm).looks == 1
    assert (order, box.letters) == (["incident/abc"], [])


def test_a_letter_whose_look_cannot_be_armed_stays() -> None:
    box = Box(RECORD)

    def arm(*_: Any) -> None:
        raise UnavailableError("the table refuses")

    with pytest.raises(UnavailableError):
        go(box, Home.LOOK, arm=arm)
    assert len(box.letters) == 1
    assert box.done == []


def test_what_has_no_home_any_more_is_deleted() -> None:
    box = Box("{}", "{}")
    assert go(box, Home.NOWHERE).dropped == 2
    assert box.letters == []


def test_what_goes_to_its_queue_is_stored_before_it_is_deleted() -> None:
    box = Box("{}")
    assert go(box, Home.QUEUE).moved == 1
    assert box.done == ["stored", "deleted"]
