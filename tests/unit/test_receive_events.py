import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.events import Action, Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.usecases.receive_events import Delivery, Ports, Receipt, key_of, receive
from leitplanke.wire.intake import MAX_BODY_BYTES, Rejected, Wire
from leitplanke.wire.senders import WIRES, wire_for

NOW = datetime(2026, 3, 11, 12, 0, 0, tzinfo=UTC)
KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
OWNER = Integration(
    integration_id="int-1",
    name="Prometheus of the data centre",
    sender=None,
    capabilities=frozenset({Capability.EVENTS}),
    created_at=NOW - timedelta(days=10),
    created_by="sam@example.org",
)
WIRE_BY_NAME = {wire.name: wire for wire in WIRES}
PROMETHEUS = WIRE_BY_NAME["prometheus"]
PAGERDUTY = WIRE_BY_NAME["pagerduty"]


@dataclass
class World:
    """Table and queue as the door sees them; whatever is named in `away` is not available."""

    owner: Integration | None = OWNER
    limited: bool = False
    away: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    kept: list[tuple[str, str, datetime, Sequence[Rejected]]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def authenticate(self, key: str, _: datetime) -> Integration | None:
        self._step("authenticate")
        self.asked.append(key)
        return self.owner if key == KEY else None

    def within_limit(self, _owner: Integration, _now: datetime) -> bool:
        return not self.limited

    def send(self, bodies: Iterable[str]) -> int:
        bodies = list(bodies)
        self._step("send")
        self.sent += bodies
        return (len(bodies) + 9) // 10

    def quarantine(self, owner: Integration, sender: str, at: datetime, items: Sequence[Rejected]) -> None:
        self._step("quarantine")
        self.kept.append((owner.integration_id, sender, at, items))

    def heard_again(self, owner: Integration) -> None:
        self._step("heard_again")
        self.heard.append(owner.integration_id)

    def _step(self, name: str) -> None:
        if name in self.away:
            raise UnavailableError(f"{name} is away")
        self.steps.append(name)

    @property
    def events(self) -> list[Event]:
        return [event for body in self.sent for event in EventMessage.model_validate_json(body).events]


def _receive(world: World, wire: Wire, body: Any, key: str | None = KEY, **headers: str) -> Receipt:
    numbers = count(1)
    delivery = Delivery(
        wire=wire,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers=headers,
        key=key,
    )
    ports = Ports(
        authenticate=world.authenticate,
        within_limit=world.within_limit,
        send=world.send,
        quarantine=world.quarantine,
        heard_again=world.heard_again,
    )
    return receive(delivery, now=NOW, new_id=lambda: f"id-{next(numbers)}", ports=ports)


def _alerts(number: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "labels": {"alertname": "GatewayDown", "instance": f"gw-{n}", "severity": "critical"},
            "annotations": {"summary": "x" * 100},
            "startsAt": "2026-03-11T11:50:00Z",
            "endsAt": "2026-03-11T12:04:00Z",
            **changes,
        }
        for n in range(number)
    ]


def test_good_events_are_in_the_queue_before_the_sender_hears_yes() -> None:
    world = World()
    receipt = _receive(world, PROMETHEUS, _alerts(3))
    assert receipt.answer.status == 200
    assert (receipt.events, receipt.rejected, receipt.integration_id) == (3, 0, "int-1")
    assert [event.labels["instance"] for event in world.events] == ["gw-0", "gw-1", "gw-2"]
    assert all(event.integration_id == "int-1" for event in world.events)
    assert world.steps == ["authenticate", "send"]


def test_a_prometheus_batch_of_256_costs_one_question_and_one_call_to_the_queue() -> None:
    world = World()
    receipt = _receive(world, PROMETHEUS, _alerts(256))
    assert receipt.events == 256
    assert world.steps == ["authenticate", "send"]
    assert len(world.sent) == 1
    assert receipt.queue_calls == 1


def test_more_than_a_message_holds_is_cut_into_messages_below_the_limit() -> None:
    world = World()
    _receive(world, PROMETHEUS, _alerts(2_000))
    sizes = [len(body.encode()) for body in world.sent]
    total = sum(sizes)
    assert len(sizes) == -(-total // 200_000)
    assert max(sizes) <= 200_000
    assert len(world.events) == 2_000


def test_an_empty_batch_touches_neither_queue_nor_quarantine() -> None:
    world = World()
    assert _receive(world, PROMETHEUS, []).answer.status == 200
    assert world.steps == ["authenticate"]


def test_the_bad_item_is_kept_with_its_reason_and_its_neighbours_go_through() -> None:
    world = World()
    receipt = _receive(world, PROMETHEUS, [*_alerts(1), {"labels": {}}, *_alerts(1)])
    assert receipt.answer.status == 200
    assert (receipt.events, receipt.rejected) == (2, 1)
    integration, sender, at, items = world.kept[0]
    assert (integration, sender, at) == ("int-1", "prometheus", NOW)
    assert [(item.position, item.field) for item in items] == [(1, "alerts[1].labels")]
    assert world.steps == ["authenticate", "send", "quarantine"]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_a_body_that_makes_no_sense_is_answered_by_the_protocol_and_kept(wire: Wire) -> None:
    world = World()
    receipt = _receive(world, wire, b"\x00nonsense\xff" + b"x" * 5_000, **_HEADERS.get(wire.name, {}))
    assert receipt.answer.status == 400
    item = world.kept[0][3][0]
    assert item.position is None
    assert item.excerpt.startswith(" nonsense\ufffdxx")
    assert len(item.excerpt) <= 2_000
    assert world.sent == []


_HEADERS = {"cloudevents": {"content-type": "application/cloudevents+json"}}


def test_a_packed_body_is_unpacked() -> None:
    world = World()
    receipt = _receive(world, PROMETHEUS, gzip.compress(json.dumps(_alerts(2)).encode()), **_GZIP)
    assert receipt.events == 2


_GZIP = {"content-encoding": "gzip"}


def test_a_packed_body_carries_its_key_inside_too() -> None:
    world = World()
    body = {"routing_key": KEY, "event_action": "resolve", "dedup_key": "a"}
    receipt = _receive(world, PAGERDUTY, gzip.compress(json.dumps(body).encode()), key=None, **_GZIP)
    assert receipt.answer.status == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [(gzip.compress(b"\0" * (MAX_BODY_BYTES + 1)), 413), (b"not gzip", 400)],
    ids=["bomb", "broken"],
)
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_a_body_that_cannot_be_unpacked_is_answered_by_the_protocol_and_kept(
    wire: Wire, body: bytes, status: int
) -> None:
    world = World()
    receipt = _receive(world, wire, body, **_GZIP)
    assert receipt.answer.status == status
    assert len(world.kept) == 1


def test_a_stranger_leaves_nothing_behind() -> None:
    world = World()
    receipt = _receive(world, PROMETHEUS, b"nonsense", key="x" * 32)
    assert receipt.answer.status == 401
    assert world.steps == ["authenticate"]


@pytest.mark.parametrize(("wire", "status"), [(w, 400 if w is PAGERDUTY else 401) for w in WIRES], ids=str)
@pytest.mark.parametrize("key", [None, "short", "x" * 32], ids=["none", "short", "unknown"])
def test_without_a_valid_key_the_protocol_refuses(wire: Wire, status: int, key: str | None) -> None:
    world = World()
    assert _receive(world, wire, [], key=key).answer.status == status
    assert world.sent == []


def test_what_cannot_be_a_key_is_not_worth_a_question() -> None:
    world = World()
    _receive(world, PROMETHEUS, [], key="short")
    _receive(world, PROMETHEUS, [], key=None)
    assert world.asked == []


def test_a_key_without_the_capability_sends_no_events() -> None:
    world = World(owner=replace(OWNER, capabilities=frozenset({Capability.READ})))
    assert _receive(world, PROMETHEUS, _alerts(1)).answer.status == 403
    assert world.sent == []


_GOOD: dict[str, Any] = {
    "prometheus": _alerts(1),
    "alertmanager": {"alerts": [{"labels": {"alertname": "A"}}]},
    "json": {"alert_key": "a", "title": "A"},
    "cloudevents": {"specversion": "1.0", "id": "1", "source": "s", "type": "t"},
    "pagerduty": {"event_action": "resolve", "dedup_key": "a"},
}


@pytest.mark.parametrize("away", ["authenticate", "send"])
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_what_could_not_be_stored_is_never_answered_with_a_yes(wire: Wire, away: str) -> None:
    world = World(away={away})
    receipt = _receive(world, wire, _GOOD[wire.name], **_HEADERS.get(wire.name, {}))
    assert receipt.answer == wire.unavailable()
    assert [str(error) for error in receipt.trouble] == [f"{away} is away"]
    world.away.clear()
    assert _receive(world, wire, _GOOD[wire.name], **_HEADERS.get(wire.name, {})).answer.accepted


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_what_could_not_be_kept_in_quarantine_has_to_come_again(wire: Wire) -> None:
    receipt = _receive(World(away={"quarantine"}), wire, b"nonsense", **_HEADERS.get(wire.name, {}))
    assert receipt.answer == wire.unavailable()


@pytest.mark.parametrize(
    ("sender", "status"),
    [("prometheus", 429), ("alertmanager", 503), ("pagerduty", 429), ("cloudevents", 429), ("json", 429)],
)
def test_who_speaks_too_often_is_told_in_a_way_that_it_waits_for_and_nothing_is_stored(
    sender: str, status: int
) -> None:
    world = World(limited=True)
    receipt = _receive(world, WIRE_BY_NAME[sender], _alerts(3))
    assert (receipt.answer.status, receipt.limited, world.sent, world.kept) == (status, True, [], [])
    assert receipt.integration_id == "int-1"
    if sender != "prometheus":  # which reads no headers and sends what still fires again by itself
        assert receipt.answer.headers["retry-after"] == "60"
    assert "limit_per_minute" in receipt.answer.body


def test_a_sender_that_was_silent_is_reported_as_heard_again_after_its_events() -> None:
    world = World(owner=replace(OWNER, silent_since=NOW - timedelta(hours=1)))
    receipt = _receive(world, PROMETHEUS, _alerts(2))
    assert (receipt.answer.status, receipt.events) == (200, 2)
    last = world.events[-1]
    assert (last.integration_id, last.sender, last.alert_key) == (
        "leitplanke",
        "leitplanke",
        "sender-silent/int-1",
    )
    assert (last.action, last.state_time) == (Action.RESOLVE, NOW)
    assert last.title == "Sender Prometheus of the data centre is heard again"
    assert len(world.sent) == 1
    assert world.steps == ["authenticate", "send", "heard_again"]


def test_even_an_empty_batch_is_a_sign_of_life() -> None:
    world = World(owner=replace(OWNER, silent_since=NOW))
    _receive(world, PROMETHEUS, [])
    assert [event.alert_key for event in world.events] == ["sender-silent/int-1"]
    assert world.heard == ["int-1"]


def test_nonsense_is_no_sign_of_health() -> None:
    world = World(owner=replace(OWNER, silent_since=NOW))
    _receive(world, PROMETHEUS, b"nonsense")
    assert (world.sent, world.heard) == ([], [])


def test_if_that_cannot_be_noted_the_events_still_count_and_it_is_noted_next_time() -> None:
    world = World(owner=replace(OWNER, silent_since=NOW), away={"heard_again"})
    receipt = _receive(world, PROMETHEUS, _alerts(1))
    assert receipt.answer.status == 200
    assert len(receipt.trouble) == 1


def test_no_silence_is_cleared_for_events_that_were_not_stored() -> None:
    world = World(owner=replace(OWNER, silent_since=NOW), away={"send"})
    _receive(world, PROMETHEUS, _alerts(1))
    assert world.heard == []


def test_the_key_is_never_stored_in_the_quarantine() -> None:
    world = World()
    _receive(world, PROMETHEUS, json.dumps({"oops": KEY}).encode())
    assert world.kept[0][3][0].excerpt == '{"oops": "[key]"}'


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY} "},
        {"authorization": f"GenieKey {KEY}"},
        {"authorization": _basic(f"anybody:{KEY}")},
        {"authorization": _basic(f":{KEY}")},
        {"x-routing-key": KEY},
    ],
)
def test_the_key_is_found_wherever_a_sender_can_put_it(headers: dict[str, str]) -> None:
    assert key_of(Delivery(wire=PROMETHEUS, body=b"[]", headers=headers), b"[]") == KEY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": KEY},
        {"authorization": "Basic !!!"},
        {"authorization": _basic("anybody:")},
        {"authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        {"authorization": "Digest username=x"},
    ],
)
def test_where_there_is_no_key_none_is_found(headers: dict[str, str]) -> None:
    assert key_of(Delivery(wire=PROMETHEUS, body=b"[]", headers=headers), b"[]") is None


def test_the_first_place_that_has_a_key_counts() -> None:
    body = b'{"routing_key": "in the body"}'
    headers = {"authorization": "Bearer in the header", "x-routing-key": "in its own header"}
    assert (
        key_of(Delivery(wire=PAGERDUTY, body=body, headers=headers, key="in the path"), body) == "in the path"
    )
    assert key_of(Delivery(wire=PAGERDUTY, body=body, headers=headers), body) == "in the header"
    del headers["authorization"]
    assert key_of(Delivery(wire=PAGERDUTY, body=body, headers=headers), body) == "in the body"
    assert key_of(Delivery(wire=PAGERDUTY, body=b"{}", headers=headers), b"{}") == "in its own header"


@given(
    wire=st.sampled_from(WIRES),
    body=st.binary(max_size=300),
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "content-type", "content-encoding", "x-routing-key", "ce-specversion"]
        ),
        st.one_of(st.text(max_size=50), st.sampled_from(["gzip", "Bearer " + KEY, "application/json"])),
    ),
    key=st.one_of(st.none(), st.just(KEY), st.text(max_size=40)),
)
def test_no_request_whatever_it_holds_makes_the_door_raise(
    wire: Wire, body: bytes, headers: dict[str, str], key: str | None
) -> None:
    world = World()
    receipt = _receive(world, wire_for("/v1/events", headers) or wire, body, key, **headers)
    assert 200 <= receipt.answer.status < 500
    assert receipt.answer.accepted or not world.sent
