"""Quiet is not well: who has gone silent is told once, whoever dies on the way, and taken back once."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.clocks import LOOK_AGAIN
from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.events import Action, Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations, subject
from leitplanke.table.looks import Looks
from leitplanke.usecases.manage_integrations import NewIntegration, create_integration
from leitplanke.usecases.watch_senders import SenderWatch
from tests.support.incidents import NOW

KEY = "k" * 32
IDENT = integration_id(KEY)
LATER = NOW + timedelta(minutes=10)


class Front:
    """Takes events, or refuses to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.refuses = False

    def __call__(self, bodies: Iterable[str]) -> None:
        if self.refuses:
            raise UnavailableError("the queue is away")
        self.events += [one for body in bodies for one in EventMessage.model_validate_json(body).events]

    @property
    def said(self) -> list[Action]:
        return [event.action for event in self.events]


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def table(dynamodb: Any, table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def watch(table: Table, front: Front) -> Callable[[], SenderWatch]:
    """A sweep's, as each sweep has its own."""
    Integrations(table).create(
        Integration(
            integration_id=IDENT,
            name="blue cluster",
            sender="alertmanager",
            capabilities=frozenset({Capability.EVENTS}),
            created_at=NOW,
            created_by="Ada Example",
            quiet_after_s=60,
        ),
        by=Actor(name="Ada Example"),
    )
    return lambda: SenderWatch(
        integrations=Integrations(table), looks=Looks(table), backlog=lambda: 0, send=front
    )


def test_a_sender_that_says_nothing_is_told_once(
    watch: Callable[[], SenderWatch], front: Front, table: Table
) -> None:
    for minute in range(3):
        watch().look(IDENT, now=LATER + timedelta(minutes=minute))
    assert front.said == [Action.TRIGGER]
    assert Integrations(table).get(IDENT).silence_told


def test_a_silence_that_could_not_be_told_is_told_by_the_next_look(
    watch: Callable[[], SenderWatch], front: Front
) -> None:
    front.refuses = True
    with pytest.raises(UnavailableError):
        watch().look(IDENT, now=LATER)
    front.refuses = False
    watch().look(IDENT, now=LATER + timedelta(minutes=1))
    assert front.said == [Action.TRIGGER]


def test_a_sender_is_looked_at_again_as_long_as_it_has_to_speak(
    watch: Callable[[], SenderWatch], table: Table
) -> None:
    watch().look(IDENT, now=LATER)
    (look,) = Looks(table).due(LATER + timedelta(days=1))
    assert look.subject == subject(IDENT)
    assert LATER < look.due <= LATER + LOOK_AGAIN


@pytest.mark.parametrize("by", ["look", "heard_since"])
def test_the_silence_of_a_sender_that_was_put_out_ends_once(
    watch: Callable[[], SenderWatch], front: Front, table: Table, by: str
) -> None:
    watch().look(IDENT, now=LATER)
    Integrations(table).revoke(IDENT, by=Actor(name="Ada Example"), at=LATER)
    for minute in range(1, 4):
        now = LATER + timedelta(minutes=minute)
        if by == "look":
            watch().look(IDENT, now=now)
        else:
            assert watch().heard_since(IDENT, LATER, now=now)
    assert front.said == [Action.TRIGGER, Action.RESOLVE]
    assert Integrations(table).get(IDENT).silent_since is None


def test_the_end_of_a_silence_that_could_not_be_told_is_told_by_the_next_look(
    watch: Callable[[], SenderWatch], front: Front, table: Table
) -> None:
    watch().look(IDENT, now=LATER)
    Integrations(table).revoke(IDENT, by=Actor(name="Ada Example"), at=LATER)
    front.refuses = True
    with pytest.raises(UnavailableError):
        watch().look(IDENT, now=LATER)
    front.refuses = False
    watch().look(IDENT, now=LATER)
    assert front.said == [Action.TRIGGER, Action.RESOLVE]


def test_who_must_speak_is_watched_before_the_key_is_good(table: Table) -> None:
    class NoLooks(Looks):
        def arm(self, *_: Any, **__: Any) -> None:
            raise UnavailableError("the table refuses")

    with pytest.raises(UnavailableError):
        create_integration(
            NewIntegration(name="blue cluster", quiet_after_s=60),
            by=Actor(name="Ada Example"),
            now=NOW,
            pick=lambda _: 0,
            integrations=Integrations(table),
            looks=NoLooks(table),
        )
    assert Integrations(table).listed(limit=9).items == ()
