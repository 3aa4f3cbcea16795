"""Whatever refuses or hangs behind the door, every sender is told to come again, and never "yes" too early.

What makes a sender come again: Alertmanager 5xx (429 it drops, notify/webhook/webhook.go); Prometheus nothing
at all, it sends what still fires after its resend delay; PagerDuty clients and CloudEvents webhooks 429 and
5xx. So it is 503 for all of them.
"""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.receive_events import handler as door
from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.edge import clients, clock
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from tests.support.stubborn import Fault, Stubborn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
PROMETHEUS_GIVES_UP_SECONDS = 10

ALERT = {"labels": {"alertname": "GatewayDown", "instance": "gw-1"}}
REQUESTS: dict[str, tuple[str, Any, str]] = {
    "prometheus": ("/api/v2/alerts", [ALERT], "application/json"),
    "alertmanager": ("/v1/events/alertmanager", {"alerts": [ALERT]}, "application/json"),
    "pagerduty": (
        "/v2/enqueue",
        {
            "routing_key": KEY,
            "event_action": "trigger",
            "dedup_key": "a",
            "payload": {"summary": "s", "source": "h", "severity": "error"},
        },
        "application/json",
    ),
    "json": ("/v1/events", {"alert_key": "a", "title": "A"}, "application/json"),
    "cloudevents": (
        "/v1/events",
        {"specversion": "1.0", "id": "1", "source": "s", "type": "t"},
        "application/cloudevents+json",
    ),
}
every_sender = pytest.mark.parametrize("sender", REQUESTS)


class Behind:
    """Table and queue behind the door; `table` and `queue` refuse what they are told to."""

    def __init__(self, dynamodb: "DynamoDBClient", sqs: "SQSClient", queue_url: str) -> None:
        self.sqs, self.queue_url = sqs, queue_url
        self.dynamodb_client: Any = dynamodb
        self.sqs_client: Any = sqs

    def table(self, **faults: Fault) -> Stubborn:
        self.dynamodb_client = made = Stubborn(self.dynamodb_client, **faults)
        door._ports.cache_clear()
        return made

    def queue(self, **faults: Fault) -> Stubborn:
        self.sqs_client = made = Stubborn(self.sqs, **faults)
        return made

    def arrived(self) -> list[Event]:
        found: list[Event] = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found += EventMessage.model_validate_json(message["Body"]).events
        return found


@pytest.fixture
def behind(
    dynamodb: "DynamoDBClient",
    sqs: "SQSClient",
    table_name: str,
    queue_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Behind]:
    Integrations(Table(dynamodb, table_name)).create(
        Integration(
            integration_id=integration_id(KEY),
            name="Prometheus, blue cluster",
            sender=None,
            capabilities=frozenset({Capability.EVENTS}),
            created_at=datetime.now(UTC),
            created_by="Ada Example",
        ),
        by=Actor(name="Ada Example"),
    )
    monkeypatch.setenv("TABLE_NAME", table_name)
    monkeypatch.setenv("EVENT_QUEUE_URL", queue_url)
    made = Behind(dynamodb, sqs, queue_url)
    monkeypatch.setattr(clients, "dynamodb", lambda *_: made.dynamodb_client)
    monkeypatch.setattr(clients, "sqs", lambda *_: made.sqs_client)
    settings.cache_clear()
    door._ports.cache_clear()
    yield made
    settings.cache_clear()
    door._ports.cache_clear()


def post(path: str, body: Any, content_type: str = "application/json") -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return door.handler(
        {
            "rawPath": path,
            "headers": {"authorization": f"Bearer {KEY}", "content-type": content_type},
            "requestContext": {"http": {"method": "POST", "path": path}, "requestId": "req-1"},
            "body": base64.b64encode(raw).decode(),
            "isBase64Encoded": True,
        },
        None,
    )


def says_come_again(answer: dict[str, Any], sender: str) -> bool:
    """503 in the sender's own form."""
    body = answer["body"]
    form = {
        "prometheus": lambda: "could not be stored" in json.loads(body),
        "pagerduty": lambda: json.loads(body)["status"] == "unavailable",
    }.get(sender, lambda: json.loads(body)["type"] == "urn:leitplanke:error:unavailable")
    return bool(answer["statusCode"] == 503 and form())


@every_sender
@pytest.mark.parametrize("status", [400, 503])
def test_a_queue_that_is_throttled_makes_it_come_again(sender: str, status: int, behind: Behind) -> None:
    behind.queue(send_message_batch=Stubborn.throttled("SendMessageBatch", status=status))
    assert says_come_again(post(*REQUESTS[sender]), sender)
    assert behind.arrived() == []


@every_sender
def test_a_table_that_is_throttled_while_the_key_is_unknown_makes_it_come_again(
    sender: str, behind: Behind
) -> None:
    behind.table(update_item=Stubborn.throttled("UpdateItem"))
    assert says_come_again(post(*REQUESTS[sender]), sender)
    assert behind.arrived() == []


@every_sender
def test_a_table_that_is_throttled_while_the_key_is_remembered_costs_nothing(
    sender: str, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled = [False]
    refuse = Stubborn.throttled("UpdateItem")

    def sometimes(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        return refuse(method, arguments) if throttled[0] else method(**arguments)

    table = behind.table(update_item=sometimes)
    assert 200 <= post(*REQUESTS[sender])["statusCode"] < 300
    throttled[0] = True
    later = datetime.now(UTC) + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    for _ in range(3):
        assert 200 <= post(*REQUESTS[sender])["statusCode"] < 300
    assert len(behind.arrived()) == 4
    assert table.made == ["update_item", "update_item"], "it is not asked for every request"


@every_sender
def test_what_is_wrong_and_cannot_be_kept_has_to_come_again(sender: str, behind: Behind) -> None:
    path, _, content_type = REQUESTS[sender]
    path = f"/i/{KEY}{path}"
    behind.table(put_item=Stubborn.throttled("PutItem"))
    assert says_come_again(post(path, b"nonsense", content_type), sender)


def test_good_items_beside_a_bad_one_that_cannot_be_kept_come_again_as_well(behind: Behind) -> None:
    behind.table(put_item=Stubborn.throttled("PutItem"))
    answer = post("/api/v2/alerts", [ALERT, {"labels": {}}])
    assert says_come_again(answer, "prometheus")
    assert len(behind.arrived()) == 1, "it comes twice then, which every consumer bears"


def many_alerts() -> list[dict[str, Any]]:
    """Enough for several messages of one call."""
    return [
        {
            "labels": {"alertname": "GatewayDown", "instance": f"gw-{n}"},
            "annotations": {"summary": "x" * 2_000},
        }
        for n in range(300)
    ]


def test_what_a_call_refuses_in_part_is_sent_again_and_nothing_else_is(behind: Behind) -> None:
    queue = behind.queue(send_message_batch=Stubborn.refuse_bodies('"gw-150"', times=1))
    assert post("/api/v2/alerts", many_alerts())["statusCode"] == 200
    found = [event.labels["instance"] for event in behind.arrived()]
    assert sorted(found) == sorted(f"gw-{n}" for n in range(300))
    assert len(queue.made) > 1


def test_what_stays_refused_in_part_is_never_answered_with_a_yes(behind: Behind) -> None:
    behind.queue(send_message_batch=Stubborn.refuse_bodies('"gw-150"'))
    assert says_come_again(post("/api/v2/alerts", many_alerts()), "prometheus")
    assert len(behind.arrived()) < 300


@pytest.fixture
def black_hole() -> Iterator[str]:
    """The URL of a server that takes connections and never says anything."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        kept: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def test_with_table_and_queue_hanging_prometheus_has_its_answer_before_it_gives_up(
    behind: Behind, black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": black_hole,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    hanging_table, hanging_queue = (
        clients._client(service, clients.Patience.DOOR) for service in ("dynamodb", "sqs")
    )
    hangs = [False]

    def update(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        return hanging_table.update_item(**arguments) if hangs[0] else method(**arguments)

    behind.table(update_item=update)
    assert post("/api/v2/alerts", [ALERT])["statusCode"] == 200  # the key is remembered from now on
    hangs[0] = True
    behind.sqs_client = hanging_queue
    later = datetime.now(UTC) + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    begun = time.monotonic()
    answer = post("/api/v2/alerts", [ALERT])

    assert time.monotonic() - begun < PROMETHEUS_GIVES_UP_SECONDS
    assert says_come_again(answer, "prometheus")
