"""What `make crash` has found: each a defect that was there, told as the story that showed it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import ConflictError, UnavailableError
from leitplanke.domain.incidents import ALERTS_WITHIN, IncidentState
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from tests.support.world import START, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "k" * 32


@pytest.fixture
def table(dynamodb: "DynamoDBClient", table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def world(table: Table) -> World:
    return World(table)


def _dies(*_: Any, **__: Any) -> None:
    raise UnavailableError("the table is away")


def _integration(**fields: Any) -> Integration:
    given: dict[str, Any] = {
        "integration_id": integration_id(KEY),
        "name": "heartbeat",
        "sender": None,
        "capabilities": frozenset({Capability.EVENTS}),
        "created_at": START,
        "created_by": "Ada Example",
        "quiet_after_s": 600,
    }
    return Integration(**(given | fields))


def test_an_incident_waits_for_the_alert_that_opened_it_as_long_as_the_queue_for_its_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to be restored after a minute, told so, and reopened when the message came again."""
    event = world.event()
    with monkeypatch.context() as broken:
        broken.setattr(world.alerts, "note_episodes", _dies)
        with pytest.raises(UnavailableError):
            world.say(event)
    world.run()
    for _ in range(6):
        world.later(minutes=1)
        world.sweep()
    assert world.the_incident().state is IncidentState.OPEN
    world.tell(event)
    for _ in range(3):
        world.later(minutes=1)
        world.sweep()
    assert world.kinds(world.the_incident()) == ["opened", "routed"]
    assert world.the_incident().alerts_by is None


def test_an_incident_that_is_reopened_waits_for_its_alert_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tell(world.event())
    world.later(minutes=5)
    world.tell(world.event(action="resolve"))
    world.later(minutes=5)
    event = world.event()
    with monkeypatch.context() as broken:
        broken.setattr(world.alerts, "note_episodes", _dies)
        with pytest.raises(UnavailableError):
            world.say(event)
    world.run()
    for _ in range(6):
        world.later(minutes=1)
        world.sweep()
    world.tell(event)
    assert world.kinds(world.the_incident())[-1] == "reopened"


def test_an_incident_whose_alert_never_comes_is_restored_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(world.alerts, "note_episodes", _dies)
        with pytest.raises(UnavailableError):
            world.say(world.event())
    world.run()
    world.later(minutes=1)
    world.sweep()
    world.later(seconds=ALERTS_WITHIN.total_seconds())
    world.sweep()
    assert world.the_incident().state is IncidentState.RESTORED


def test_a_review_that_died_half_way_marks_the_other_incidents_when_it_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It used to mark its own incident first, and to take that for the sign that all were marked."""
    world.tell(world.event())
    world.tell(world.event(action="resolve"))
    world.later(hours=2)
    world.sweep()
    world.say(world.event())
    second = world.the_incident()
    marked = 0
    commit = world.incidents.commit

    def die_after_the_first(*given: Any, **named: Any) -> Any:
        nonlocal marked
        done = commit(*given, **named)
        marked += 1
        if marked == 1:
            raise UnavailableError("stored, but nobody said so")
        return done

    with monkeypatch.context() as broken:
        broken.setattr(world.incidents, "commit", die_after_the_first)
        with pytest.raises(UnavailableError):
            world.recurrence.review(second.incident_id, now=world.now)
    world.recurrence.review(second.incident_id, now=world.now)
    assert {incident.problem_id for incident in world.all_incidents()} == {world.all_problems()[0].problem_id}


def test_creating_an_integration_again_because_no_answer_came_is_no_conflict(table: Table) -> None:
    """The client library asks again by itself, and used to meet its own row as somebody else's."""
    integrations = Integrations(table)
    integrations.create(_integration(), by=Actor(name="Ada Example"))
    integrations.create(_integration(), by=Actor(name="Ada Example"))
    with pytest.raises(ConflictError):
        integrations.create(_integration(name="another one"), by=Actor(name="Ada Example"))


def test_a_sender_that_spoke_once_is_found_silent_again_though_nobody_noted_that_it_spoke(
    table: Table,
) -> None:
    integrations = Integrations(table)
    integrations.create(_integration(), by=Actor(name="Ada Example"))
    assert integrations.fell_silent(integration_id(KEY), START + timedelta(minutes=20), unheard_since=START)
    heard = integrations.authenticate(KEY, START + timedelta(minutes=30))
    assert heard is not None
    assert not heard.is_silent
    assert integrations.fell_silent(
        integration_id(KEY), START + timedelta(minutes=50), unheard_since=heard.heard_at
    )
    assert integrations.get(integration_id(KEY)).is_silent
