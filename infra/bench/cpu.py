"""CPU per alert of the door and of correlation, with services that answer at once.

A batch runs once against the local engine while botocore's answers are kept; then again and again with those
answers instead of a network. All of botocore but the socket is in the figure: serialising, signing, parsing.
"""

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from functions.correlate_alerts import handler as correlate_alerts
from functions.receive_events import handler as receive_events
from infra.bench.alerts import prometheus_body
from infra.local.aws import Aws
from infra.local.template import load_template, table_definition
from leitplanke.domain.attempts import Actor
from leitplanke.domain.events import MAX_MESSAGE_BYTES, chunked
from leitplanke.edge import clients, clock
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from leitplanke.usecases.manage_integrations import NewIntegration, create_integration
from leitplanke.wire import prometheus
from leitplanke.wire.intake import Call

TABLE = "leitplanke-bench"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ALERTS = 1_000
_ROUNDS = 5
"""The best counts: whatever else the machine does only ever makes a round slower."""
_Session: Any = URLLib3Session
_SEND: Any = URLLib3Session.send


class Cpu:
    """Microseconds of CPU per alert. Changes this process's environment: use it in a program of its own."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._now = NOW
        aws.client("dynamodb").create_table(TableName=TABLE, **table_definition(load_template()))
        queue = aws.client("sqs").create_queue(QueueName=TABLE)["QueueUrl"]
        os.environ.update(
            {
                "AWS_ENDPOINT_URL": aws.url,
                "AWS_DEFAULT_REGION": "eu-central-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "TABLE_NAME": TABLE,
                "EVENT_QUEUE_URL": queue,
            }
        )
        clients.forget_clients()
        settings.cache_clear()
        clock.now = lambda: self._now
        table = Table(aws.client("dynamodb"), TABLE)
        _, self._key = create_integration(
            NewIntegration(name="bench"),
            by=Actor(name="bench"),
            now=NOW,
            pick=lambda _: 0,
            integrations=Integrations(table),
            looks=Looks(table),
        )

    def door(self, *, per_request: int) -> float:
        """Requests of so many alerts each."""
        request = self._request(range(per_request))
        _quietly(receive_events.handler, request)  # the key is known from now on
        with _Answers() as answers:
            _quietly(receive_events.handler, request)
            answers.play()
            rounds = [self._requests(request, answers, ALERTS // per_request) for _ in range(_ROUNDS)]
        return min(rounds) / ALERTS * 1e6

    def _requests(self, request: Mapping[str, Any], answers: "_Answers", count: int) -> float:
        begun = time.process_time()
        for _ in range(count):
            answers.again()
            _quietly(receive_events.handler, request)
        return time.process_time() - begun

    def correlate(self, hosts: range) -> float:
        """A batch of ALERTS alerts: one for each host, or repeats if there are fewer hosts."""
        event = self._batch(hosts)
        with _Answers() as answers:
            _quietly(correlate_alerts.handler, event)
            answers.play()
            rounds: list[float] = []
            for _ in range(_ROUNDS):
                answers.again()
                begun = time.process_time()
                _quietly(correlate_alerts.handler, event)
                rounds.append(time.process_time() - begun)
        return min(rounds) / ALERTS * 1e6

    def open_incident(self) -> None:
        """The incident that later batches belong to; its first alert is host 0."""
        _quietly(correlate_alerts.handler, self._batch(range(1), times=1))
        self._now += timedelta(seconds=5)

    def _batch(self, hosts: range, times: int = 0) -> dict[str, Any]:
        """What the door puts into the queue for requests of one alert each."""
        numbers = range(times or ALERTS)
        bodies = [self._message(hosts[number % len(hosts)], number) for number in numbers]
        return {"Records": [_record(number, body) for number, body in enumerate(bodies)]}

    def _message(self, host: int, number: int) -> str:
        call = Call(
            body=json.dumps(prometheus_body(range(host, host + 1), now=self._now)).encode(),
            headers={},
            received_at=self._now,
            integration_id="bench",
            new_id=lambda: f"{number:032d}",
        )
        (body,) = chunked(prometheus.read(call).events, max_bytes=MAX_MESSAGE_BYTES)
        return body

    def _request(self, hosts: range) -> dict[str, Any]:
        path = "/api/v2/alerts"
        return {
            "version": "2.0",
            "rawPath": path,
            "headers": {"authorization": f"Bearer {self._key}", "content-type": "application/json"},
            "requestContext": {"requestId": "bench", "http": {"method": "POST", "path": path}},
            "isBase64Encoded": False,
            "body": json.dumps(prometheus_body(hosts, now=self._now)),
        }


class _Answers:
    """Keeps what botocore is answered; after `play`, gives the same answers in the same order."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, Any, bytes]] = []
        self._rest: Iterator[tuple[int, Any, bytes]] = iter(())

    def __enter__(self) -> "_Answers":
        def keep(session: Any, request: AWSPreparedRequest) -> AWSResponse:
            answer: AWSResponse = _SEND(session, request)
            self._kept.append((answer.status_code, answer.headers, answer.content))
            return answer

        _Session.send = keep
        return self

    def __exit__(self, *_: object) -> None:
        _Session.send = _SEND

    def play(self) -> None:
        """From now on nothing is sent."""

        def answer(_session: Any, request: AWSPreparedRequest) -> AWSResponse:
            status, headers, body = next(self._rest)
            return AWSResponse(request.url, status, headers, _Raw(body))

        _Session.send = answer

    def again(self) -> None:
        """From the first answer."""
        self._rest = iter(self._kept)


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _quietly(handler: Any, event: Mapping[str, Any]) -> None:
    """Call it without its metrics on the screen. Raises RuntimeError if it does not do its work."""
    with contextlib.redirect_stdout(io.StringIO()):
        answer = handler(event, None)
    if answer.get("batchItemFailures") or answer.get("statusCode", 200) >= 300:  # noqa: PLR2004 - HTTP's own
        raise RuntimeError(f"the handler failed: {answer}")


def _record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1770000000000"},
    }
