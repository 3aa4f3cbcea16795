"""A drill each minute through clocks, queue and correlation; an outside watcher hears if one came through."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from functions.correlate_alerts import handler as correlate
from functions.watch_clocks import handler as clocks
from infra.local.aws import Aws
from leitplanke.domain.drills import drill
from leitplanke.domain.events import EventMessage
from leitplanke.edge import clients, clock
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.drills import Drills

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Watcher:
    """An outside watcher: counts who calls, and answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[str] = []
        watcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watcher.heard.append(self.path)
                self.send_response(watcher.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/very-secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Minutes:
    """Time, and what happens in a minute."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self.now = NOW
        self._sqs, self._queue_url = sqs, queue_url

    def tick(self) -> None:
        """The clocks' round."""
        clocks.handler({"tick": True}, None)

    def deliver(self) -> int:
        """What waits in the event queue is correlated; how many messages it was."""
        found = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1"}
        records = [{"messageId": m["MessageId"], "body": m["Body"], "attributes": attributes} for m in found]
        if records:
            assert correlate.handler({"Records": records}, None) == {"batchItemFailures": []}
        for message in found:
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(found)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher()
    yield made
    made.stop()


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    def forgotten() -> None:
        clients.forget_clients()
        for cached in (settings, correlate._correlator, correlate._drills, clocks._secrets):
            cached.cache_clear()

    forgotten()
    yield forgotten
    forgotten()


@pytest.fixture
def minutes(
    aws: Aws,
    sqs: "SQSClient",
    table_name: str,
    queue_url: str,
    watcher: Watcher,
    forget: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Minutes:
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": table_name,
        "BUS_NAME": "bus",
        "EVENT_QUEUE_URL": queue_url,
        "CLOCK_QUEUE_URL": queue_url,
        "HEARTBEAT": "env:WATCHER",
        "WATCHER": watcher.url,
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    made = Minutes(sqs, queue_url)
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def rows_of(dynamodb: "DynamoDBClient", table_name: str) -> list[str]:
    return [item["type"]["S"] for item in dynamodb.scan(TableName=table_name)["Items"]]


def test_the_watcher_hears_of_a_drill_a_minute_after_it_came_through(
    minutes: Minutes, watcher: Watcher
) -> None:
    minutes.tick()
    assert watcher.heard == [], "none came through yet"
    assert minutes.deliver() == 1
    minutes.later(minutes=1)
    minutes.tick()
    assert watcher.heard == ["/ping/very-secret"]


def test_a_drill_opens_nothing_and_costs_a_row_that_is_written_once_a_minute(
    minutes: Minutes, dynamodb: "DynamoDBClient", table_name: str
) -> None:
    made: Counter[str] = Counter()
    for _ in range(3):
        for client in (clients.dynamodb(), clients.sqs()):
            client.meta.events.register(
                "before-call.*.*", lambda model, **_: made.update([model.name]), unique_id="count"
            )
        minutes.tick()
        minutes.deliver()
        minutes.later(minutes=1)
    assert rows_of(dynamodb, table_name) == ["drill"]
    assert made["PutItem"] == made["SendMessageBatch"] == 3
    assert made["GetItem"] == 6, "the last drill, and correlation's question which policy is in force"


def test_with_the_path_broken_the_watcher_hears_nothing_after_three_minutes(
    minutes: Minutes, watcher: Watcher
) -> None:
    minutes.tick()
    minutes.deliver()
    for _ in range(6):
        minutes.later(minutes=1)
        minutes.tick()
    assert len(watcher.heard) == 3
    minutes.deliver()
    minutes.tick()
    assert len(watcher.heard) == 4, "all is well again"


@pytest.mark.parametrize("answer", [500, None])
def test_a_watcher_that_is_away_disturbs_nobody_and_its_address_is_not_logged(
    minutes: Minutes, watcher: Watcher, answer: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    minutes.tick()
    minutes.deliver()
    if answer is None:
        watcher.server.server_close()
    else:
        watcher.status = answer
    minutes.later(minutes=1)
    minutes.tick()
    assert "the outside watcher was not told" in caplog.text
    assert "very-secret" not in caplog.text
    assert minutes.deliver() == 1


def test_without_an_address_there_are_no_drills(
    minutes: Minutes, monkeypatch: pytest.MonkeyPatch, dynamodb: "DynamoDBClient", table_name: str
) -> None:
    monkeypatch.setenv("HEARTBEAT", "")
    settings.cache_clear()
    minutes.tick()
    assert minutes.deliver() == 0
    assert rows_of(dynamodb, table_name) == []


def test_a_drill_that_cannot_be_noted_brings_none_of_its_neighbours_back(
    minutes: Minutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leitplanke.domain.errors import UnavailableError

    def away(*_: object, **__: object) -> None:
        raise UnavailableError("the table is away")

    monkeypatch.setattr(Drills, "came_through", away)
    minutes.tick()
    assert minutes.deliver() == 1


def test_a_drill_that_comes_late_does_not_take_the_place_of_a_newer_one(
    dynamodb: "DynamoDBClient", table_name: str
) -> None:
    drills = Drills(Table(dynamodb, table_name))
    assert drills.last() is None
    drills.came_through(NOW, at=NOW)
    drills.came_through(NOW - timedelta(minutes=1), at=NOW)
    assert drills.last() == NOW


def test_a_drill_is_an_event_like_any_other_on_the_queue() -> None:
    message = EventMessage(events=(drill("e1", NOW),))
    assert EventMessage.model_validate_json(message.model_dump_json()) == message
    assert json.loads(message.model_dump_json())["events"][0]["alert_key"] == "drill"
