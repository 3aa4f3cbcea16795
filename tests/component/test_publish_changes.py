"""The stream's records through the real function: each change once, with where it is now, in order."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from functions.publish_changes import handler as function
from leitplanke.domain.handling import note
from leitplanke.domain.incidents import Incident
from leitplanke.edge import bus as edge_bus
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from tests.model.engine import TableEngine
from tests.model.turns import ProcessDiedError
from tests.support.world import World

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Record = dict[str, Any]


class Bus:
    """EventBridge. `refuse` gives the error code for an entry; `die`: nobody lives to hear the answer."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.calls = 0
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda event: None
        self.die = False

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        events = [json.loads(entry["Detail"]) for entry in Entries]
        codes = [self.refuse(event) for event in events]
        self.heard += [event for event, code in zip(events, codes, strict=True) if code is None]
        if self.die:
            raise ProcessDiedError
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "e"} for code in codes]}

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.heard]

    def ids(self) -> list[str]:
        return [event["id"] for event in self.heard]


@pytest.fixture(scope="module")
def near() -> TableEngine:
    return TableEngine()


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def world(
    near: TableEngine, bus: Bus, sqs: "SQSClient", queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """What the function works on; its poison goes to `queue_url`."""
    name = near.new_table()
    monkeypatch.setenv("TABLE_NAME", name)
    monkeypatch.setenv("BUS_NAME", "the-bus")
    monkeypatch.setenv("STREAM_DEAD_LETTERS_URL", queue_url)
    for service, client in (("dynamodb", near.client), ("events", bus), ("sqs", sqs)):
        monkeypatch.setattr(clients, service, lambda client=client: client)
    monkeypatch.setattr(edge_bus, "_FIRST_PAUSE_SECONDS", 0.0)
    settings.cache_clear()
    function._publisher.cache_clear()
    yield World(Table(near.client, name))
    near.drop(name)
    settings.cache_clear()
    function._publisher.cache_clear()


class Stream:
    """The table's stream, from where it was read last."""

    def __init__(self, near: TableEngine, world: World) -> None:
        self._near, self._world, self._read = near, world, 0

    def fresh(self) -> list[Record]:
        """What the filter in template.yaml lets through."""
        found = self._near.records(self._world.table.name, self._read)
        self._read += len(found)
        wanted = ("incident", "problem", "service")
        images = ((one, one["dynamodb"].get("NewImage", {})) for one in found)
        return [dict(one) for one, image in images if image.get("type", {}).get("S") in wanted]


@pytest.fixture
def stream(near: TableEngine, world: World) -> Stream:
    return Stream(near, world)


def publish(records: list[Record]) -> list[str]:
    """Sequence numbers from which on records come again."""
    answer = function.handler({"Records": records}, None)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def remark(world: World, incident: Incident, text: str) -> Incident:
    changed = note(incident, text=text, by="Ada Example", at=world.now)
    return world.incidents.commit(incident, changed)


def set_aside(sqs: "SQSClient", queue_url: str) -> list[Mapping[str, Any]]:
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(one["Body"]) for one in messages]


def test_what_happens_to_an_incident_is_heard_once_and_noted(world: World, stream: Stream, bus: Bus) -> None:
    world.say(world.event())
    assert publish(stream.fresh()) == []
    world.router.route(world.the_incident().incident_id, now=world.now)
    assert publish(stream.fresh()) == []
    assert publish(stream.fresh()) == []

    incident = world.the_incident()
    assert sorted(bus.kinds()) == ["incident.opened", "incident.routed", "service.flipped"]
    assert [event["subject"] for event in bus.heard if event["type"] != "service.flipped"] == [
        f"incident/{incident.incident_id}"
    ] * 2
    assert incident.published_revision == incident.revision
    state = world.services.get("vpn-gateway-1")
    assert state is not None
    assert state.published_revision == 1


def test_several_revisions_of_one_row_in_a_batch_are_heard_in_order_in_one_call(
    world: World, stream: Stream, bus: Bus
) -> None:
    world.say(world.event())
    incident = world.the_incident()
    for number in range(1, 4):
        incident = remark(world, incident, f"remark {number}")

    publish(stream.fresh())

    assert bus.ids() == [f"incident/{incident.incident_id}/{revision}" for revision in range(1, 5)]
    assert bus.calls == 1
    assert world.the_incident().published_revision == 4


def test_one_after_the_other_each_record_is_heard_once_though_it_shows_nothing_as_published(
    world: World, stream: Stream, bus: Bus
) -> None:
    world.say(world.event())
    incident = remark(world, remark(world, world.the_incident(), "one"), "two")

    for record in stream.fresh():
        publish([record])

    assert [one for one in bus.ids() if "/pulse/" not in one] == [
        f"incident/{incident.incident_id}/{revision}" for revision in (1, 2, 3)
    ]
    assert world.the_incident().published_revision == 3


def test_rows_of_a_batch_go_to_the_bus_together(world: World, stream: Stream, bus: Bus) -> None:
    for number in range(12):
        world.say(world.event(f"a-{number}", service=f"service-{number}"))

    publish(stream.fresh())

    assert (len(bus.heard), bus.calls) == (12, 2)


def test_flips_of_two_services_in_a_batch_are_both_heard(world: World, stream: Stream, bus: Bus) -> None:
    """They lie in one partition; one of them used to hide the other."""
    for gateway in ("vpn-gateway-1", "vpn-gateway-2"):
        world.say(world.event(gateway, service=gateway))
    for incident in world.all_incidents():
        world.router.route(incident.incident_id, now=world.now)

    publish(stream.fresh())

    flips = {event["subject"] for event in bus.heard if event["type"] == "service.flipped"}
    assert flips == {"service/vpn-gateway-1", "service/vpn-gateway-2"}


def test_a_change_is_never_announced_with_the_lane_of_an_older_row(
    world: World, stream: Stream, bus: Bus
) -> None:
    """The stream shows a row as it was; its timeline may have grown since."""
    world.say(world.event())
    opened = stream.fresh()
    world.router.route(world.the_incident().incident_id, now=world.now)

    publish(opened)
    assert bus.kinds() == ["incident.opened"]
    publish(stream.fresh())

    (routed,) = (event for event in bus.heard if event["type"] == "incident.routed")
    assert (routed["data"]["lane"], routed["data"]["loud"]) == ("standard", True)
    assert world.the_incident().published_revision == world.the_incident().revision


class TestPulses:
    def test_a_pulse_wakes_routing(self, world: World, stream: Stream, bus: Bus) -> None:
        world.say(world.event())
        world.router.route(world.the_incident().incident_id, now=world.now)
        publish(stream.fresh())
        bus.heard.clear()
        world.say(world.event("another"))
        world.say(world.event("one more"))

        publish(stream.fresh())

        assert bus.kinds() == ["incident.alerts_changed"]

    def test_opening_and_reopening_wake_it_by_themselves(
        self, world: World, stream: Stream, bus: Bus
    ) -> None:
        world.say(world.event())
        publish(stream.fresh())
        world.router.route(world.the_incident().incident_id, now=world.now)
        world.later(minutes=1)
        world.say(world.event(action="resolve"))
        publish(stream.fresh())
        world.later(minutes=1)
        bus.heard.clear()

        world.say(world.event())
        publish(stream.fresh())

        assert bus.kinds() == ["incident.reopened"]

    def test_what_routing_has_seen_already_wakes_nobody(self, world: World, stream: Stream, bus: Bus) -> None:
        world.say(world.event())
        world.say(world.event("another"))
        world.router.route(world.the_incident().incident_id, now=world.now)

        publish(stream.fresh())

        assert "incident.alerts_changed" not in bus.kinds()


class TestTrouble:
    def test_poison_is_set_aside_with_its_reason_and_its_neighbours_pass(
        self, world: World, stream: Stream, bus: Bus, sqs: "SQSClient", queue_url: str
    ) -> None:
        for service in ("mail", "vpn", "dns"):
            world.say(world.event(service, service=service))
        good, bad, other = (one for one in stream.fresh() if "OldImage" not in one["dynamodb"])
        bad["dynamodb"]["NewImage"]["state"] = {"S": "dancing"}
        unreadable = {"eventID": "e-9", "dynamodb": {"SequenceNumber": "9", "NewImage": {"pk": {"Q": "?"}}}}

        assert publish([good, bad, unreadable, other]) == []

        assert bus.kinds() == ["incident.opened", "incident.opened"]
        first, second = sorted(set_aside(sqs, queue_url), key=lambda one: one["error"])
        assert ("Q" in first["error"], first["record"]) == (True, unreadable)
        assert "'dancing' is not a valid IncidentState" in second["error"]
        assert second["record"] == bad

    def test_an_event_that_the_bus_never_takes_is_set_aside_alone(
        self, world: World, stream: Stream, bus: Bus, sqs: "SQSClient", queue_url: str
    ) -> None:
        for service in ("mail", "vpn", "dns"):
            world.say(world.event(service, service=service))
        bus.refuse = lambda event: "MalformedDetail" if event["data"]["service"] == "vpn" else None

        assert publish(stream.fresh()) == []

        published = {one.service: one.published_revision for one in world.all_incidents()}
        assert published == {"mail": 1, "vpn": 0, "dns": 1}
        letters = set_aside(sqs, queue_url)
        assert {letter["error"].partition(":")[0] for letter in letters} == {"EventRefusedError"}
        assert {letter["record"]["dynamodb"]["NewImage"]["service"]["S"] for letter in letters} == {"vpn"}

    def test_a_bus_that_is_busy_brings_all_of_it_again_and_nothing_is_noted(
        self, world: World, stream: Stream, bus: Bus
    ) -> None:
        for service in ("mail", "vpn"):
            world.say(world.event(service, service=service))
        records = stream.fresh()
        bus.refuse = lambda event: "ThrottlingException"

        assert publish(records) == [records[0]["dynamodb"]["SequenceNumber"]]
        assert [one.published_revision for one in world.all_incidents()] == [0, 0]

        bus.refuse = lambda event: None
        assert publish(records) == []
        assert [one.published_revision for one in world.all_incidents()] == [1, 1]

    def test_only_what_the_bus_refused_is_sent_again(self, world: World, stream: Stream, bus: Bus) -> None:
        for service in ("mail", "vpn", "dns"):
            world.say(world.event(service, service=service))
        tries = itertools.count(1)

        def busy(event: dict[str, Any]) -> str | None:
            return "ThrottlingException" if event["data"]["service"] == "vpn" and next(tries) < 3 else None

        bus.refuse = busy

        assert publish(stream.fresh()) == []
        assert sorted(event["data"]["service"] for event in bus.heard) == ["dns", "mail", "vpn"]
        assert bus.calls == 3

    def test_a_death_between_telling_and_noting_tells_twice_with_the_same_ids(
        self, world: World, stream: Stream, bus: Bus
    ) -> None:
        world.say(world.event())
        remark(world, world.the_incident(), "one")
        records = stream.fresh()
        bus.die = True
        with pytest.raises(ProcessDiedError):
            publish(records)
        assert world.the_incident().published_revision == 0
        bus.die = False

        publish(records)

        assert bus.ids() == [f"incident/{world.the_incident().incident_id}/{n}" for n in (1, 2, 1, 2)]
        assert world.the_incident().published_revision == 2

    def test_what_was_told_and_could_not_be_noted_is_left_to_the_clocks(
        self, world: World, stream: Stream, bus: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.say(world.event())
        records = stream.fresh()
        with monkeypatch.context() as broken:
            broken.setattr(function._publisher().incidents, "published", _throttled)
            assert publish(records) == []
        assert bus.kinds() == ["incident.opened"]
        assert world.the_incident().published_revision == 0

        world.later(minutes=1)
        world.sweep()

        assert world.the_incident().published_revision == world.the_incident().revision

    def test_a_revision_that_the_stream_lost_is_not_taken_for_published_when_the_next_one_is(
        self, world: World, stream: Stream, bus: Bus
    ) -> None:
        world.say(world.event())
        stream.fresh()
        remark(world, world.the_incident(), "one")

        publish(stream.fresh())
        assert bus.kinds() == ["incident.noted"]
        assert world.the_incident().published_revision == 0
        world.later(minutes=1)
        world.sweep()

        assert [event["type"] for event in world.bus if event["type"] != "incident.routed"][:2] == [
            "incident.opened",
            "incident.noted",
        ]
        assert world.the_incident().published_revision == world.the_incident().revision

    def test_a_row_that_is_gone_says_nothing(self, world: World, bus: Bus) -> None:
        assert publish([{"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "1", "OldImage": {}}}]) == []
        assert bus.calls == 0


def _throttled(*_: Any, **__: Any) -> None:
    from leitplanke.domain.errors import UnavailableError

    raise UnavailableError("the table refuses for now")
