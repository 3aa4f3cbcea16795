"""PagerDuty's official Python client talks to our door and notices nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pagerduty
import pytest

from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.events import Action, Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.usecases.receive_events import Delivery, Ports, receive
from leitplanke.wire.senders import wire_for

KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
OWNER = Integration(
    integration_id="int-1",
    name="Deployment scripts",
    sender="pagerduty",
    capabilities=frozenset({Capability.EVENTS}),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    created_by="Ada Example",
)


class Door:
    """The use case in place of the network; `refusals` is how often the queue is away before it is not."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.refusals = 0
        self.answered: list[int] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        wire = wire_for(request.url.path, headers)
        assert wire is not None
        ports = Ports(
            authenticate=lambda key, _: OWNER if key == KEY else None,
            within_limit=lambda *_: True,
            send=self.store,
            quarantine=lambda *_: None,
            heard_again=lambda _: None,
        )
        answer = receive(
            Delivery(wire=wire, body=request.read(), headers=headers),
            now=datetime.now(UTC),
            new_id=lambda: uuid4().hex,
            ports=ports,
        ).answer
        self.answered.append(answer.status)
        return httpx2.Response(answer.status, headers=dict(answer.headers), text=answer.body)

    def store(self, bodies: Iterable[str]) -> int:
        if self.refusals:
            self.refusals -= 1
            raise UnavailableError("throttled")
        for body in bodies:
            self.events += EventMessage.model_validate_json(body).events
        return 1


@pytest.fixture
def door() -> Door:
    return Door()


def _client(door: Door, key: str = KEY) -> pagerduty.EventsApiV2Client:
    transport = httpx2.MockTransport(door)
    client = pagerduty.EventsApiV2Client(key, base_url="https://leitplanke.example", transport=transport)
    client.sleep_timer = 0.001
    return client


def test_an_alert_lives_from_trigger_over_acknowledge_to_resolve(door: Door) -> None:
    client = _client(door)
    key = client.trigger(
        "Gateway gw-1 is down",
        "gw-1.example",
        severity="error",
        custom_details={"loss": "50 %"},
        links=[{"href": "https://wiki.example/gw", "text": "How to"}],
    )
    assert client.acknowledge(key) == key
    assert client.resolve(key) == key
    assert [(event.action, event.alert_key) for event in door.events] == [
        (Action.TRIGGER, key),
        (Action.ACKNOWLEDGE, key),
        (Action.RESOLVE, key),
    ]
    assert door.events[0].labels["loss"] == "50 %"


def test_a_dedup_key_of_ones_own_comes_back(door: Door) -> None:
    assert _client(door).trigger("Gateway gw-1 is down", "gw-1.example", dedup_key="gw-1") == "gw-1"


def test_the_client_tries_again_until_the_event_is_stored(door: Door) -> None:
    door.refusals = 2
    assert _client(door).trigger("Gateway gw-1 is down", "gw-1.example", dedup_key="gw-1") == "gw-1"
    assert door.answered == [503, 503, 202]
    assert len(door.events) == 1


def test_a_wrong_key_is_the_error_the_client_knows(door: Door) -> None:
    with pytest.raises(pagerduty.HttpError) as caught:
        _client(door, "x" * 32).trigger("Gateway gw-1 is down", "gw-1.example")
    response = caught.value.response
    assert response is not None
    assert (response.status_code, response.json()["errors"]) == (400, ["Invalid routing key"])
