"""What the door took goes on: every accepted event ends as an alert, or in the quarantine with a reason."""

import json

import pytest

from leitplanke.domain.events import MAX_BAG_CHARS, MAX_LABELS, EventMessage
from tests.hostile.body_attacks import BODY_ATTACKS, TAKEN, BodyAttack
from tests.hostile.cloud import Cloud
from tests.hostile.item_attacks import ITEM_ATTACKS, ItemAttack, fits
from tests.hostile.judging import faults_of_correlation
from tests.hostile.limits import dynamodb_refuses
from tests.hostile.requests import request
from tests.hostile.senders import JSON, SENDERS, Sender

ITEM_CASES = [
    pytest.param(sender, attack, id=f"{sender.name} {attack}")
    for sender in SENDERS
    for attack in ITEM_ATTACKS
    if fits(attack, sender) and sender.name not in attack.refused_by
]
BODY_CASES = [
    pytest.param(sender, attack, id=f"{sender.name} {attack}")
    for sender in SENDERS
    for attack in BODY_ATTACKS
    if TAKEN in (attack.status, attack.otherwise.get(sender.name))
]


@pytest.mark.parametrize(("sender", "attack"), ITEM_CASES)
def test_a_hostile_item_that_was_taken_becomes_an_alert(
    cloud: Cloud, sender: Sender, attack: ItemAttack
) -> None:
    body = sender.body([sender.changed(attack.slot, attack.value())])
    _goes_through(cloud, sender, body)


@pytest.mark.parametrize(("sender", "attack"), BODY_CASES)
def test_a_hostile_body_that_was_taken_becomes_alerts(
    cloud: Cloud, sender: Sender, attack: BodyAttack
) -> None:
    _goes_through(cloud, sender, attack.body(sender), **attack.headers)


def _goes_through(cloud: Cloud, sender: Sender, body: bytes, **headers: str) -> None:
    headers = {**headers, **sender.headers}
    answer = cloud.ask(request(f"/v1/events/{sender.wire}", body, headers))
    assert answer.accepted
    found = cloud.correlate(answer.messages)
    assert answer.events
    assert faults_of_correlation(answer.events, found) == []
    assert len(found.alerts) == len({event.alert_key for event in answer.events})


def test_what_is_stored_by_then_is_what_dynamodb_takes(cloud: Cloud) -> None:
    """Stands after the others on purpose: it looks at all that they left in the table."""
    _goes_through(cloud, JSON, _largest())
    assert [fault for row in cloud.rows() for fault in dynamodb_refuses(row)] == []


def test_the_largest_event_that_a_sender_can_make_is_a_message_and_a_row(cloud: Cloud) -> None:
    answer = cloud.ask(request("/v1/events", _largest()))
    (event,) = answer.events
    assert sum(map(len, event.labels.values())) > MAX_BAG_CHARS * 0.9
    assert len(event.links) == 10
    _goes_through(cloud, JSON, _largest())


def _largest() -> bytes:
    """Everything as long as it may be, in characters of four bytes."""
    wide = "\U00020000"
    bag = {f"{number}": wide * 1_000 for number in range(MAX_LABELS)}
    item = {
        "alert_key": wide * 1_024,
        "title": wide * 2_000,
        "symptom": wide * 2_000,
        "labels": bag,
        "annotations": bag,
        "links": [
            {"href": f"https://{number}.example/" + wide * 2_000, "text": wide * 300} for number in range(20)
        ],
        "by": wide * 300,
    }
    return json.dumps([item], ensure_ascii=False).encode()


def test_keys_that_look_alike_once_printed_stay_different_alerts(cloud: Cloud) -> None:
    keys = ["a\x01", "a\x02", "a ", "a\u200b", "a\ufffe", "a\uffff", "a\u202e", "A", "a\u0301", "\u00e1"]
    body = json.dumps([{"alert_key": f"{key}|", "title": "t", "service": "s"} for key in keys]).encode()
    answer = cloud.ask(request("/v1/events", body))
    found = cloud.correlate(answer.messages)
    assert {alert.alert_key for alert in found.alerts.values()} == {f"{key}|" for key in keys}


def test_a_stranger_in_the_queue_comes_again_and_its_neighbour_does_not(cloud: Cloud) -> None:
    answer = cloud.ask(request("/v1/events", JSON.body([JSON.good(1)])))
    found = cloud.correlate_beside(answer.messages, ["[" * 100_000, "\ufeff{}", "{}", '{"events": [{}]}'])
    assert list(found.failed) == ["m1", "m2", "m3", "m4"]
    assert faults_of_correlation(EventMessage.model_validate_json(answer.messages[0]).events, found)[4:] == []
    assert len(found.alerts) == 1
