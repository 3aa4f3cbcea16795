"""/v1/dead-letters: what nobody could handle, and the way home."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from functions.serve_api import handler as function
from infra.local.template import load_template
from leitplanke.domain.dead_letters import KINDS, Home
from leitplanke.edge import clients
from leitplanke.edge.dead_letters import HIDDEN_SECONDS
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.looks import Looks
from tests.component.serve_api.conftest import NOW, Api
from tests.support.places import Places
from tests.support.stubborn import Stubborn

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ROUTED = {"detail-type": "incident.opened", "detail": {"subject": "incident/abc", "data": {"revision": 4}}}


@pytest.fixture
def places(sqs: "SQSClient", api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    made = Places(sqs, ["event", "routing", "stream", "tick"])
    monkeypatch.setenv("DEAD_LETTERS", json.dumps(made.urls))
    monkeypatch.setattr(clients, "sqs", lambda *_: sqs)
    settings.cache_clear()
    function._stores.cache_clear()
    yield made
    made.delete()


@pytest.fixture
def refuse(places: Places, sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch) -> Callable[..., Stubborn]:
    """Make calls of SQS fail: `refuse(send_message_batch=...)`."""

    def made(**faults: Any) -> Stubborn:
        stubborn = Stubborn(sqs, **faults)
        monkeypatch.setattr(clients, "sqs", lambda *_: stubborn)
        return stubborn

    return made


def test_every_place_is_counted_also_the_empty_ones(api: Api, places: Places) -> None:
    places.fill("routing", ROUTED, ROUTED)
    answer = api.get("/v1/dead-letters")
    assert answer.status == 200
    found = {place["id"]: place for place in answer.json["dead_letters"]}
    assert list(found) == ["event", "routing", "stream", "tick"]
    assert (found["event"]["messages"], found["event"]["oldest_at"]) == (0, None)
    assert (found["routing"]["messages"], found["routing"]["home"]) == (2, "queue")
    assert found["routing"]["oldest_at"] is not None
    assert found["routing"]["reader"] == "route_incidents"


def test_looking_leaves_everything_where_it_is(api: Api, places: Places) -> None:
    places.fill("routing", *[ROUTED] * 13)
    for _ in range(2):
        answer = api.get("/v1/dead-letters/routing", limit="50").json
        assert (answer["messages"], answer["in_work"], len(answer["letters"])) == (13, 0, 13)
    assert len({letter["message_id"] for letter in answer["letters"]}) == 13


def test_a_message_says_what_it_is_and_why_it_is_here(api: Api, places: Places) -> None:
    places.fill("routing", ROUTED)
    (letter,) = api.get("/v1/dead-letters/routing").json["letters"]
    assert letter["about"] == "incident.opened of incident/abc revision 4"
    assert letter["reason"].startswith(
        "it failed each time it was tried; the log of route_incidents says why"
    )
    assert letter["message_id"] in letter["reason"]
    assert json.loads(letter["excerpt"]) == ROUTED


def test_a_redrive_brings_messages_home_as_they_were(api: Api, places: Places) -> None:
    bodies = [json.dumps({"number": number}) for number in range(23)]
    places.fill("routing", *bodies)
    answer = api.post("/v1/dead-letters/routing/redrive")
    assert answer.status == 200
    assert answer.json == {
        "id": "routing",
        "moved": 23,
        "looks": 0,
        "dropped": 0,
        "kept": 0,
        "left": 0,
        "empty": True,
    }
    assert sorted(places.arrived("routing")) == sorted(bodies)


def test_a_redrive_takes_no_more_than_it_is_told_and_says_how_many_are_left(api: Api, places: Places) -> None:
    places.fill("routing", *[ROUTED] * 14)
    answer = api.post("/v1/dead-letters/routing/redrive", {"at_most": 12}).json
    assert (answer["moved"], answer["left"], answer["empty"]) == (12, 2, False)


def test_what_the_queue_refuses_stays_and_its_neighbours_go(
    api: Api, places: Places, refuse: Callable[..., Stubborn]
) -> None:
    places.fill("routing", "first", "second", "third")
    refuse(send_message_batch=Stubborn.refuse_bodies("second"))
    answer = api.post("/v1/dead-letters/routing/redrive", {"at_most": 3}).json
    assert (answer["moved"], answer["kept"], answer["left"]) == (2, 1, 1)
    assert sorted(places.arrived("routing")) == ["first", "third"]
    (left,) = api.get("/v1/dead-letters/routing").json["letters"]
    assert left["excerpt"] == "second"


def test_a_queue_that_cannot_be_reached_costs_nothing(
    api: Api, places: Places, refuse: Callable[..., Stubborn]
) -> None:
    places.fill("routing", "first")
    refuse(send_message_batch=Stubborn.throttled("SendMessageBatch"))
    answer = api.post("/v1/dead-letters/routing/redrive")
    assert (answer.status, answer.json["type"]) == (503, "urn:leitplanke:error:unavailable")
    assert places.arrived("routing") == []
    assert api.get("/v1/dead-letters/routing").json["in_work"] == 1, f"it is back in {HIDDEN_SECONDS} s"


def test_a_crash_between_storing_and_deleting_doubles_and_does_not_lose(
    api: Api, places: Places, refuse: Callable[..., Stubborn]
) -> None:
    places.fill("routing", "first")
    stubborn = refuse(delete_message_batch=Stubborn.throttled("DeleteMessageBatch"))
    api.post("/v1/dead-letters/routing/redrive")
    assert stubborn.made == ["receive_message", "send_message_batch", "delete_message_batch"]
    assert places.arrived("routing") == ["first"]
    answer = api.get("/v1/dead-letters/routing").json
    assert answer["messages"] + answer["in_work"] == 1


def test_a_change_that_could_not_be_published_becomes_a_look_at_its_subject(
    api: Api, places: Places, table: Table
) -> None:
    record = {
        "eventID": "e1",
        "dynamodb": {"Keys": {"pk": {"S": "INCIDENT#abc"}, "sk": {"S": "INCIDENT"}}},
    }
    places.fill("stream", {"error": "KeyError: 'state'", "record": record})
    (letter,) = api.get("/v1/dead-letters/stream").json["letters"]
    assert letter["reason"] == "it could not be published: KeyError: 'state'"
    answer = api.post("/v1/dead-letters/stream/redrive").json
    assert (answer["moved"], answer["looks"], answer["dropped"], answer["left"]) == (0, 1, 0, 0)
    (look,) = Looks(table).due(NOW.replace(year=2100))
    assert look.subject == "incident/abc"


def test_lambdas_own_note_about_a_batch_is_dropped_because_the_clocks_have_its_changes(
    api: Api, places: Places
) -> None:
    places.fill(
        "stream",
        {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {"batchSize": 7}},
    )
    (letter,) = api.get("/v1/dead-letters/stream").json["letters"]
    assert letter["about"] == "a batch of 7 changes"
    assert letter["reason"] == "the call failed (RetryAttemptsExhausted)"
    answer = api.post("/v1/dead-letters/stream/redrive").json
    assert (answer["looks"], answer["dropped"]) == (0, 1)


def test_a_failed_round_of_the_clocks_is_dropped(api: Api, places: Places) -> None:
    places.fill("tick", {"tick": True})
    answer = api.post("/v1/dead-letters/tick/redrive").json
    assert (answer["moved"], answer["dropped"], answer["left"]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not json", "it is not a message of events: "),
        ({"schema": 1}, "it is not a message of events: events Field required"),
    ],
)
def test_a_message_that_nobody_can_read_says_so(api: Api, places: Places, body: object, reason: str) -> None:
    places.fill("event", body)
    (letter,) = api.get("/v1/dead-letters/event").json["letters"]
    assert letter["about"] == ""
    assert letter["reason"].startswith(reason)


def test_an_event_that_the_bus_could_not_deliver_has_the_bus_reason(api: Api, places: Places) -> None:
    places.fill("routing", ROUTED, ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="not allowed to send")
    (letter,) = api.get("/v1/dead-letters/routing").json["letters"]
    assert letter["reason"] == "it could not be delivered: NO_PERMISSIONS not allowed to send"


def test_a_place_that_there_is_not_is_not_found(api: Api, places: Places) -> None:
    for answer in (api.get("/v1/dead-letters/nowhere"), api.post("/v1/dead-letters/nowhere/redrive")):
        assert (answer.status, answer.json["detail"]) == (404, "no place of dead letters 'nowhere'")


def test_the_template_names_every_place_of_dead_letters_and_its_queue() -> None:
    resources = load_template()["Resources"]
    told = resources["ServeApi"]["Properties"]["Environment"]["Variables"]["DEAD_LETTERS"]["Fn::Sub"]
    named = json.loads(told.replace("${", "").replace('}"', '"'))
    queues = {name for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue"}
    assert {name: urls[0] for name, urls in named.items()} == {
        name.removesuffix("DeadLetters").lower(): name for name in queues if name.endswith("DeadLetters")
    }
    for urls in named.values():
        for queue in urls[1:]:
            policy = resources[queue]["Properties"]["RedrivePolicy"]
            assert policy["deadLetterTargetArn"] == {"Fn::GetAtt": [urls[0], "Arn"]}
    assert {name for name, urls in named.items() if len(urls) == 2} == {
        name for name, kind in KINDS.items() if kind.home is Home.QUEUE
    }
