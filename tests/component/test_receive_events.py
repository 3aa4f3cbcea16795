"""The front door with its real table and queue: requests in payload format 2.0, as API Gateway sends them."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from functions.receive_events import handler as door
from infra.local.aws import Aws
from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.quarantine import Quarantine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
Answer = dict[str, Any]
Drain = Callable[[], list[Event]]


@pytest.fixture
def integrations(dynamodb: "DynamoDBClient", table_name: str) -> Integrations:
    found = Integrations(Table(dynamodb, table_name))
    found.create(
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
    return found


@pytest.fixture(autouse=True)
def calls(
    aws: Aws,
    table_name: str,
    queue_url: str,
    integrations: Integrations,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Counter[str]]:
    """The function's environment; counts the AWS calls it makes, by operation."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": table_name,
        "EVENT_QUEUE_URL": queue_url,
    }.items():
        monkeypatch.setenv(name, value)
    _forget()
    made: Counter[str] = Counter()
    for client in (clients.dynamodb(clients.Patience.DOOR), clients.sqs(clients.Patience.DOOR)):
        client.meta.events.register("before-call.*.*", lambda model, **_: made.update([model.name]))
    yield made
    _forget()


def _forget() -> None:
    clients.forget_clients()
    settings.cache_clear()
    door._ports.cache_clear()


@pytest.fixture
def drain(sqs: "SQSClient", queue_url: str) -> Drain:
    """All events that wait in the queue."""

    def drained() -> list[Event]:
        found: list[Event] = []
        while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found += EventMessage.model_validate_json(message["Body"]).events
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return drained


def _post(path: str, body: object = None, *, method: str = "POST", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "req-1"},
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
    }
    return door.handler(event, None)


def _bearer(key: str = KEY) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _alerts(number: int) -> list[dict[str, Any]]:
    return [{"labels": {"alertname": "GatewayDown", "instance": f"gw-{n}"}} for n in range(number)]


def test_prometheus_with_the_key_in_its_path_prefix_is_heard(drain: Drain) -> None:
    answer = _post(f"/i/{KEY}/api/v2/alerts", _alerts(3), content_type="application/json")
    assert (answer["statusCode"], answer["body"]) == (200, "")
    events = drain()
    assert {event.labels["instance"] for event in events} == {"gw-0", "gw-1", "gw-2"}
    assert {event.integration_id for event in events} == {integration_id(KEY)}
    assert len({event.event_id for event in events}) == 3


def test_ten_requests_of_256_alerts_cost_one_question_and_ten_calls_to_the_queue(
    calls: Counter[str], drain: Drain
) -> None:
    for _ in range(10):
        assert _post("/api/v2/alerts", _alerts(256), **_bearer())["statusCode"] == 200
    assert calls == {"UpdateItem": 1, "SendMessageBatch": 10}
    assert len(drain()) == 2_560


def test_a_request_of_ten_thousand_alerts_loses_none(calls: Counter[str], drain: Drain) -> None:
    assert _post("/api/v2/alerts", _alerts(10_000), **_bearer())["statusCode"] == 200
    assert calls["SendMessageBatch"] < 30
    assert len({event.labels["instance"] for event in drain()}) == 10_000


def test_every_protocol_finds_its_address(drain: Drain) -> None:
    json_type = "application/json"
    assert _post("/v1/events/alertmanager", {"alerts": _alerts(1)}, **_bearer())["statusCode"] == 200
    trigger = {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "a",
        "payload": {"summary": "s", "source": "h", "severity": "error"},
    }
    assert _post("/v2/enqueue", trigger, content_type=json_type)["statusCode"] == 202
    plain = {"alert_key": "a", "title": "A"}
    assert _post("/v1/events", plain, content_type=json_type, **_bearer())["statusCode"] == 202
    envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
    structured = {"content_type": "application/cloudevents+json"}
    assert _post("/v1/events/", envelope, **structured, **_bearer())["statusCode"] == 202
    assert Counter(event.sender for event in drain()) == dict.fromkeys(
        ("alertmanager", "pagerduty", "json", "cloudevents"), 1
    )


def test_a_packed_body_is_read(drain: Drain) -> None:
    packed = gzip.compress(json.dumps(_alerts(5)).encode())
    assert _post("/api/v2/alerts", packed, content_encoding="gzip", **_bearer())["statusCode"] == 200
    assert len(drain()) == 5


def test_a_bad_item_is_found_in_the_quarantine_with_its_reason(
    dynamodb: "DynamoDBClient", table_name: str, drain: Drain
) -> None:
    assert _post("/api/v2/alerts", [*_alerts(1), {"labels": {}}], **_bearer())["statusCode"] == 200
    entries = Quarantine(Table(dynamodb, table_name)).listed(datetime.now(UTC), limit=10).items
    assert [(entry.sender, entry.integration_name) for entry in entries] == [
        ("prometheus", "Prometheus, blue cluster")
    ]
    assert entries[0].items[0].field == "alerts[1].labels"
    assert len(drain()) == 1


def test_a_stranger_is_refused_and_leaves_nothing_behind(
    calls: Counter[str], dynamodb: "DynamoDBClient", table_name: str, drain: Drain
) -> None:
    assert _post("/api/v2/alerts", b"nonsense", **_bearer("x" * 32))["statusCode"] == 401
    assert _post("/api/v2/alerts", _alerts(1), **_bearer("x" * 32))["statusCode"] == 401
    assert _post("/api/v2/alerts", _alerts(1))["statusCode"] == 401
    assert calls == {"UpdateItem": 1}
    rows = dynamodb.scan(TableName=table_name)["Items"]
    assert {row["type"]["S"] for row in rows} == {"integration", "audit"}  # of the one that was let in
    assert drain() == []


def test_a_revoked_key_is_refused(integrations: Integrations) -> None:
    integrations.revoke(integration_id(KEY), by=Actor(name="Ada Example"), at=datetime.now(UTC))
    assert _post("/api/v2/alerts", _alerts(1), **_bearer())["statusCode"] == 401
    body = {"routing_key": KEY, "event_action": "resolve", "dedup_key": "a"}
    answer = _post("/v2/enqueue", body)
    assert (answer["statusCode"], json.loads(answer["body"])["errors"]) == (400, ["Invalid routing key"])


def test_a_silent_sender_is_heard_again_once(
    integrations: Integrations, calls: Counter[str], drain: Drain
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    assert integrations.fell_silent(integration_id(KEY), later)
    for _ in range(3):
        assert _post("/api/v2/alerts", [], **_bearer())["statusCode"] == 200
    events = drain()
    assert [(event.integration_id, event.alert_key) for event in events] == [
        ("leitplanke", f"sender-silent/{integration_id(KEY)}")
    ]
    assert integrations.get(integration_id(KEY)).silent_since is None
    assert calls == {"UpdateItem": 3, "SendMessageBatch": 1}  # asked, noted, asked again


def test_a_queue_that_is_gone_makes_the_sender_come_again(
    sqs: "SQSClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = sqs.create_queue(QueueName="gone")["QueueUrl"]
    sqs.delete_queue(QueueUrl=gone)
    monkeypatch.setenv("EVENT_QUEUE_URL", gone)
    settings.cache_clear()
    door._ports.cache_clear()
    answer = _post("/v1/events/alertmanager", {"alerts": _alerts(1)}, **_bearer())
    assert answer["statusCode"] == 503


def test_an_unknown_sender_is_told_the_known_ones() -> None:
    answer = _post("/v1/events/pigeon", {}, **_bearer())
    assert answer["statusCode"] == 404
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert "/v1/events/alertmanager" in json.loads(answer["body"])["known"]


@pytest.mark.parametrize("path", ["/i", "/i/", f"/i/{KEY}", f"/i/{KEY}/", f"/i/{KEY}/v1/incidents", "/"])
def test_nothing_else_lives_behind_the_door(path: str) -> None:
    assert _post(path, [])["statusCode"] == 404


def test_other_methods_are_told_which_one() -> None:
    answer = _post("/api/v2/alerts", method="GET", **_bearer())
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST, OPTIONS")


@pytest.mark.parametrize("path", ["/v1/events", f"/i/{KEY}/v1/events"])
def test_the_handshake_of_cloudevents_is_answered(path: str) -> None:
    answer = _post(path, method="OPTIONS", webhook_request_origin="emitter.example.com")
    assert answer["statusCode"] == 200
    assert answer["headers"]["webhook-allowed-origin"] == "emitter.example.com"
    assert answer["headers"]["webhook-allowed-rate"] == "*"


def test_what_had_to_be_refused_is_logged_without_the_key(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    _post(f"/i/{KEY}/api/v2/alerts", [{"labels": {}}])
    _post("/i/" + "x" * 32 + "/api/v2/alerts", [])
    assert [vars(record)["status"] for record in caplog.records] == [400, 401]
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line.get("ItemsRejected") for line in figures] == [[1.0], None]
    assert [line.get("RequestsRefused") for line in figures] == [None, [1.0]]
    written = str([vars(record) for record in caplog.records]) + str(figures)
    assert KEY not in written
    assert "x" * 32 not in written


def test_who_has_a_limit_is_told_to_wait_beyond_it_and_costs_no_further_call(
    integrations: Integrations, calls: Counter[str], drain: Drain
) -> None:
    limited = "L" * 32
    integrations.create(
        Integration(
            integration_id=integration_id(limited),
            name="a test bench",
            sender=None,
            capabilities=frozenset({Capability.EVENTS}),
            created_at=datetime.now(UTC),
            created_by="Ada Example",
            limit_per_minute=3,
        ),
        by=Actor(name="Ada Example"),
    )
    calls.clear()
    answers = [_post("/v2/enqueue", _trigger(limited, f"a-{n}")) for n in range(5)]
    assert [answer["statusCode"] for answer in answers] == [202, 202, 202, 429, 429]
    assert answers[-1]["headers"]["retry-after"] == "60"
    assert calls == {"UpdateItem": 1, "SendMessageBatch": 3}
    assert [event.alert_key for event in drain()] == ["a-0", "a-1", "a-2"]


def _trigger(key: str, dedup_key: str) -> dict[str, Any]:
    payload = {"summary": "x", "source": "bench", "severity": "info"}
    return {"routing_key": key, "event_action": "trigger", "dedup_key": dedup_key, "payload": payload}
