"""What correlation costs: calls, write units and keys, for the batches that a storm is made of."""

from collections import Counter
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.events import Action, Event
from leitplanke.table.client import Table, encode_row
from leitplanke.table.keys import alert, alert_id
from tests.support.clients import own_client
from tests.support.costs import Costs, Target, item_bytes
from tests.support.storms import prometheus_alerts
from tests.support.world import World

KEY_LIMIT = 1_000
"""Write units per second that one partition key takes, in the table and in an index alike."""
TABLE_LIMIT = 4_000
"""Write units per second of a new table; each index has as many again."""


OPENING = Counter(
    {
        "GROUP": 2,
        "INCIDENT": 2 + 2 + 1,  # the incident and its first line in a transaction, then the pulse
        "LOOK": 2,
        "gsi1/INCIDENTS": 1,
        "gsi2/SERVICE": 1,
    }
)
"""What it costs to open an incident: 11 units."""


@pytest.fixture(scope="module")
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(Table(client, table_name))


def per_second(costs: Costs, *, batch: int, storm: int = 100_000, seconds: int = 60) -> Counter[Target]:
    """Units per second and partition if batches like this one made up the whole storm.

    Rows of single alerts are other rows in each batch, so that these are not multiplied.
    """
    factor = storm / batch / seconds
    return Counter(
        {
            target: round(units if target.kind == "ALERT" else units * factor)
            for target, units in costs.by_key().items()
        }
    )


def repeats(world: World, count: int) -> list[Event]:
    (event,) = prometheus_alerts(range(1), now=world.now)
    return [event.model_copy(update={"event_id": f"repeat-{number}"}) for number in range(count)]


def test_a_thousand_repeats_in_one_batch_cost_one_write_unit_and_two_calls(
    world: World, client: Any, dynamodb: Any
) -> None:
    world.tell(*prometheus_alerts(range(1), now=world.now))
    before = world.the_incident("checkout")
    world.later(minutes=1)

    with Costs.of(client, dynamodb) as costs:
        world.say(*repeats(world, 1_000))

    assert costs.by_kind() == {"ALERT": 1}
    assert costs.calls == {"BatchGetItem": 1, "BatchExecuteStatement": 1}
    assert costs.read_units == 1
    assert world.the_incident("checkout") == before


def test_a_first_alert_costs_one_incident_and_its_announcement(
    world: World, client: Any, dynamodb: Any
) -> None:
    with Costs.of(client, dynamodb) as costs:
        world.say(*prometheus_alerts(range(1), now=world.now))

    assert costs.by_kind() == OPENING + Counter({"ALERT": 1, "EPISODES": 1, "gsi1/FIRING": 1})
    assert costs.calls == {
        "BatchGetItem": 2,  # the alert, its group's pointer
        "TransactWriteItems": 1,
        "BatchExecuteStatement": 2,  # the episode, the alert
        "UpdateItem": 1,
    }


def test_a_thousand_distinct_alerts_open_one_incident_and_go_again_for_three_units_each_way(
    world: World, client: Any, dynamodb: Any
) -> None:
    with Costs.of(client, dynamodb) as opening:
        world.say(*prometheus_alerts(range(1_000), now=world.now))
    assert len(world.live()) == 1
    assert world.the_incident("checkout").pulse == 2
    world.later(minutes=9)
    with Costs.of(client, dynamodb) as resolving:
        world.say(*prometheus_alerts(range(1_000), now=world.now, resolved=True))
    assert world.live() == []

    assert opening.by_kind() == OPENING + Counter({"ALERT": 1_000, "EPISODES": 1_000, "gsi1/FIRING": 1_000})
    assert resolving.by_kind() == {
        "ALERT": 1_000,
        "EPISODES": 1_000,
        "gsi1/FIRING": 1_000,
        "INCIDENT": 2 + 2,  # the incident and its line
        "gsi1/INCIDENTS": 2,
        "gsi2/SERVICE": 2,
    }
    assert resolving.calls["Query"] == 4  # does anything fire? one a shard
    assert max(opening.write_units, resolving.write_units) <= 4 * 1_000


def test_the_row_of_an_everyday_alert_is_below_one_kilobyte_in_all_its_states(
    world: World,
) -> None:
    (event,) = prometheus_alerts(range(1), now=world.now)
    key = alert(alert_id(event.integration_id, event.alert_key))
    sizes: list[int] = []
    for at, news in (
        (0, event),
        (1, event.model_copy(update={"action": Action.ACKNOWLEDGE, "by": "Ada Example of the night shift"})),
        (2, event.model_copy(update={"action": Action.RESOLVE, "state_time": world.now})),
    ):
        world.later(minutes=at)
        world.say(news.model_copy(update={"event_id": f"event-{at:05d}"}))
        row = world.table.get(key)
        assert row is not None
        sizes.append(item_bytes(encode_row(row)))

    assert sizes[0] < 950
    assert max(sizes) <= 1_024


def test_news_that_is_old_costs_no_write_at_all(world: World, client: Any, dynamodb: Any) -> None:
    """Prometheus sends what is resolved for fifteen more minutes."""
    world.say(*prometheus_alerts(range(100), now=world.now))
    world.later(minutes=5)
    ends = prometheus_alerts(range(100), now=world.now, resolved=True)
    world.say(*ends)
    world.later(minutes=1)
    again = [event.model_copy(update={"event_id": f"again-{n}"}) for n, event in enumerate(ends)]

    with Costs.of(client, dynamodb) as costs:
        world.say(*again)

    assert costs.write_units == 0
    assert costs.calls == {"BatchGetItem": 1}


def test_a_hundred_thousand_distinct_alerts_in_a_minute_overheat_no_key_and_no_new_table(
    world: World, client: Any, dynamodb: Any
) -> None:
    """Counted for one batch of a thousand in the middle of the storm; there are a hundred of them."""
    world.say(*prometheus_alerts(range(1), now=world.now))
    pulse = world.the_incident("checkout").pulse

    with Costs.of(client, dynamodb) as costs:
        world.say(*prometheus_alerts(range(1, 1_001), now=world.now))

    assert world.the_incident("checkout").pulse == pulse + 1
    assert costs.by_kind() == {"ALERT": 1_000, "EPISODES": 1_000, "gsi1/FIRING": 1_000, "INCIDENT": 1}
    assert costs.calls == {
        "BatchGetItem": 10 + 1 + 1,  # alerts, the pointer, the incident
        "BatchExecuteStatement": 40 + 40,
        "UpdateItem": 1,
    }
    rates = per_second(costs, batch=1_000)
    assert max(rates.values()) < KEY_LIMIT / 2
    hottest = {
        kind: max(rate for target, rate in rates.items() if target.kind == kind) for kind in costs.by_kind()
    }
    assert hottest["ALERT"] == 1
    assert hottest["INCIDENT"] == 2
    assert 417 <= hottest["EPISODES"] < 500
    assert 417 <= hottest["gsi1/FIRING"] < 500
    in_the_table = sum(units for target, units in costs.by_key().items() if not target.index)
    assert in_the_table * 100 / 60 < TABLE_LIMIT


def test_a_hundred_thousand_identical_alerts_in_a_minute_are_two_units_a_second(
    world: World, client: Any, dynamodb: Any
) -> None:
    world.say(*prometheus_alerts(range(1), now=world.now))
    world.later(minutes=1)

    with Costs.of(client, dynamodb) as costs:
        world.say(*repeats(world, 1_000))

    assert costs.write_units * 100 / 60 < 2
    assert set(costs.by_kind()) == {"ALERT"}


def test_a_thousand_services_at_once_are_a_thousand_incidents_that_share_no_hot_key(
    world: World, client: Any, dynamodb: Any
) -> None:
    events = [world.event(f"gw-{n}", service=f"service-{n}") for n in range(100)]

    with Costs.of(client, dynamodb) as costs:
        world.say(*events)

    assert len(world.live()) == 100
    shared = {target: units for target, units in costs.by_key().items() if units > 10}
    assert {target.kind for target in shared} == {"LOOK", "gsi1/INCIDENTS"}
    assert max(shared.values()) <= 2 * 100 / 4 * 1.5
