"""Hostile input at every route: the right answer in the sender's own words, and nothing good is lost."""

import pytest

from leitplanke.wire.senders import WIRES
from tests.hostile.body_attacks import BODY_ATTACKS, BodyAttack
from tests.hostile.cloud import Cloud
from tests.hostile.doors import WITHOUT_A_BODY, Door, doors, ingestion_routes
from tests.hostile.item_attacks import ITEM_ATTACKS, ItemAttack, fits
from tests.hostile.judging import faults_of
from tests.hostile.requests import request
from tests.hostile.senders import SENDERS

DOORS = doors()
ITEM_CASES = [
    pytest.param(door, attack, id=f"{door} {attack}")
    for door in DOORS
    for attack in ITEM_ATTACKS
    if fits(attack, door.sender)
]
BODY_CASES = [pytest.param(door, attack, id=f"{door} {attack}") for door in DOORS for attack in BODY_ATTACKS]


@pytest.fixture(scope="module")
def neighbours_keys(cloud: Cloud) -> dict[str, set[str]]:
    """The alert keys of the two good neighbours in a batch, by sender."""
    found: dict[str, set[str]] = {}
    for sender in SENDERS:
        body = sender.body([sender.good(1), sender.good(2)])
        answer = cloud.ask(request(f"/v1/events/{sender.wire}", body, sender.headers))
        found[sender.name] = {event.alert_key for event in answer.events} if sender.batch else set()
        assert len(found[sender.name]) == 2 * sender.batch
    return found


def test_every_ingestion_route_of_the_template_is_attacked() -> None:
    assert {door.route for door in DOORS} | WITHOUT_A_BODY == ingestion_routes()


def test_every_protocol_is_attacked_at_its_name_and_behind_a_key() -> None:
    for route in ("POST /v1/events/{sender}", "ANY /i/{key}/{proxy+}"):
        assert {door.sender.wire for door in DOORS if door.route == route} == {wire.name for wire in WIRES}


@pytest.mark.parametrize(("door", "attack"), ITEM_CASES)
def test_a_hostile_item_is_taken_or_refused_and_costs_no_neighbour(
    cloud: Cloud, neighbours_keys: dict[str, set[str]], door: Door, attack: ItemAttack
) -> None:
    sender = door.sender
    neighbours = [sender.good(1), sender.good(2)] if sender.batch else []
    items = [*neighbours[:1], sender.changed(attack.slot, attack.value()), *neighbours[1:]]
    answer = cloud.ask(request(door.path, sender.body(items), sender.headers))

    assert faults_of(answer, sender) == []
    refused = sender.name in attack.refused_by
    assert (len(answer.events), len(answer.refused)) == (len(items) - refused, int(refused))
    assert answer.status == (400 if refused and not neighbours else sender.ok)
    assert {event.alert_key for event in answer.events} >= neighbours_keys[sender.name]


@pytest.mark.parametrize(("door", "attack"), BODY_CASES)
def test_a_hostile_body_gets_the_answer_that_its_sender_understands(
    cloud: Cloud, door: Door, attack: BodyAttack
) -> None:
    answer = cloud.ask(_attacked(door, attack))

    assert faults_of(answer, door.sender) == []
    assert answer.status == attack.expected(door.sender)
    assert bool(answer.events) == answer.accepted


def _attacked(door: Door, attack: BodyAttack) -> dict[str, object]:
    headers = {**door.sender.headers, **attack.headers}
    if door.sender.wire == "cloudevents":
        headers["content-type"] = door.sender.headers["content-type"]  # it is what makes it a CloudEvent
    return request(door.path, attack.body(door.sender), headers)
