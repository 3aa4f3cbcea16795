"""An index tells the past (the local engine's does not): whatever it hides is found within minutes.

A consumer works with a client whose indexes stand still. The clocks look when a look is due, and only then;
the incident is published and routed, so that no other deadline wakes them.
"""

from datetime import timedelta
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.events import Action
from leitplanke.domain.incidents import Incident, IncidentState
from tests.support.clients import Lagging, own_client
from tests.support.desk import Desk
from tests.support.events import minutes

TRIGGER, RESOLVE = Action.TRIGGER, Action.RESOLVE


@pytest.fixture(scope="module")
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def table_name(shared_table_name: str) -> str:
    """Every run keeps to its own alerts and services."""
    return shared_table_name


@pytest.fixture
def desk(client: Any, table_name: str) -> Desk:
    return Desk(client, client, table_name)


def the_incident(desk: Desk) -> Incident:
    (incident,) = desk.all_incidents()
    return incident


def lagging(desk: Desk, client: Any, incident: Incident) -> Any:
    """A consumer that goes on seeing what the index says now."""
    still = Lagging(client)
    desk.alerts_with(still).worst_firing(incident.incident_id)
    return desk.correlator_with(still)


def wait(desk: Desk, state: IncidentState) -> timedelta:
    """Let the clocks look whenever a look is due, until the incident is in this state; how long that took."""
    began = desk.now
    for _ in range(10):
        incident = the_incident(desk)
        if incident.state is state:
            return desk.now - began
        assert incident.look_at is not None, "nobody will ever look again"
        desk.now = max(desk.now, incident.look_at)
        desk.publish_and_route()
        desk.look_at_what_is_due()
    raise AssertionError(f"still {incident.state}")


@pytest.mark.parametrize("resolved_at", [2, 2.5, 2.9, 4])
def test_two_consumers_that_each_take_the_others_alert_for_firing_restore_it_a_minute_later(
    desk: Desk, client: Any, resolved_at: float
) -> None:
    desk.minute(2)
    desk.say([desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b")])
    one, other = (lagging(desk, client, the_incident(desk)) for _ in range(2))
    desk.publish_and_route()
    desk.minute(resolved_at)

    one.correlate([desk.event(RESOLVE, 2, "a")], now=desk.now)
    other.correlate([desk.event(RESOLVE, 2, "b")], now=desk.now)

    assert the_incident(desk).is_live
    assert wait(desk, IncidentState.RESTORED) <= timedelta(minutes=2)
    assert desk.faults() == []


def test_a_consumer_that_does_not_see_an_alert_yet_restores_wrongly_and_it_reopens_a_minute_later(
    desk: Desk, client: Any
) -> None:
    desk.say([desk.event(TRIGGER, 1, "a")])
    desk.say([desk.event(RESOLVE, 2, "a")])
    blind = lagging(desk, client, the_incident(desk))
    desk.minute(3)
    desk.say([desk.event(TRIGGER, 3, "b"), desk.event(TRIGGER, 3, "c")])

    blind.correlate([desk.event(RESOLVE, 4, "c")], now=desk.now)

    assert the_incident(desk).state is IncidentState.RESTORED
    assert wait(desk, IncidentState.OPEN) <= timedelta(minutes=2)
    assert desk.faults() == []
    assert desk.outcome()["firing"] == ["b"]


def test_it_is_not_closed_while_something_fires_however_it_came_to_that(desk: Desk, client: Any) -> None:
    desk.say([desk.event(TRIGGER, 1, "a")])
    desk.say([desk.event(RESOLVE, 2, "a")])
    blind = lagging(desk, client, the_incident(desk))
    desk.say([desk.event(TRIGGER, 3, "b"), desk.event(TRIGGER, 3, "c")])
    blind.correlate([desk.event(RESOLVE, 4, "c")], now=desk.now)

    desk.now = minutes(24 * 60)
    desk.look_at_all()

    assert the_incident(desk).state is not IncidentState.CLOSED
