"""The stream shows a row as it was; meanwhile its timeline may have grown. Both on a real table."""

from typing import Any

import pytest

from leitplanke.table.client import Table
from tests.support.world import World


@pytest.fixture
def world(dynamodb: Any, table_name: str) -> World:
    return World(Table(dynamodb, table_name))


def test_a_change_is_never_announced_with_the_lane_of_an_older_row(world: World) -> None:
    world.say(world.event())
    as_the_stream_showed_it = world.the_incident()
    assert as_the_stream_showed_it.lane is None
    world.router.route(as_the_stream_showed_it.incident_id, now=world.now)
    routed = world.the_incident()
    assert routed.revision > as_the_stream_showed_it.revision

    world.publisher.incident(as_the_stream_showed_it)

    assert [event["type"] for event in world.bus] == ["incident.opened"]
    world.publisher.incident(world.the_incident())
    loud = [event for event in world.bus if event["type"] == "incident.routed"]
    assert [event["data"]["lane"] for event in loud] == [routed.lane]
    assert world.the_incident().published_revision == routed.revision
