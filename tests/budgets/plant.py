"""All functions as AWS would run them, their calls counted by function.

Real are the handlers, botocore, and the table (the local engine's). Played are what carries messages between
functions (queues, bus, stream: as the template wires them, everything once and in order), the clock, the
source of ids and the last step to a channel. So the same scenario makes the same calls every time.
"""

import contextlib
import functools
import io
import json
import random
import types
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import botocore.loaders
import pytest

from functions.correlate_alerts import handler as correlate_alerts
from functions.detect_recurrence import handler as detect_recurrence
from functions.notify_responders import handler as notify_responders
from functions.publish_changes import handler as publish_changes
from functions.receive_events import handler as receive_events
from functions.route_incidents import handler as route_incidents
from functions.serve_api import handler as serve_api
from functions.serve_api import integrations as api_integrations
from functions.watch_clocks import handler as watch_clocks
from infra.local.aws import Aws
from leitplanke.domain.notifications import Message
from leitplanke.edge import clients, clock, ids
from leitplanke.edge.settings import settings
from leitplanke.usecases import notify_responders as telling
from tests.crash.wiring import Source, Wiring
from tests.support.costs import Call, Costs, Recorder

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
HANDLERS: Mapping[str, types.ModuleType] = {
    "receive_events": receive_events,
    "correlate_alerts": correlate_alerts,
    "publish_changes": publish_changes,
    "route_incidents": route_incidents,
    "detect_recurrence": detect_recurrence,
    "notify_responders": notify_responders,
    "watch_clocks": watch_clocks,
    "serve_api": serve_api,
}
BUS = "leitplanke"
RULES = "bus"
"""Not a function: what the bus's rules put into queues is billed like anybody else's messages."""
_QUEUES = {
    "EVENT_QUEUE_URL": "EventQueue",
    "ROUTING_QUEUE_URL": "RoutingQueue",
    "CLOCK_QUEUE_URL": "ClockQueue",
    "STREAM_DEAD_LETTERS_URL": "StreamDeadLetters",
}
_LOADER = botocore.loaders.create_loader()
_OK = {"ResponseMetadata": {"HTTPStatusCode": 200}}


@functools.cache
def wiring() -> Wiring:
    """Who gets what, by the template."""
    return Wiring()


class Plant:
    """One installation on one table. Make it with `running`."""

    def __init__(self, aws: Aws, table_name: str, patch: pytest.MonkeyPatch) -> None:
        self.now = START
        self._queues: dict[str, deque[str]] = defaultdict(deque)
        self._stream: deque[dict[str, Any]] = deque()
        self._function: str | None = None
        self._costs: dict[str, Costs] | None = None
        self.invocations: Counter[str] = Counter()
        self.logged: Counter[str] = Counter()
        self._records = 0
        self._patch = patch
        self._recorder = Recorder(self._note, aws.client("dynamodb"))
        self._set_environment(aws.url, table_name)
        self._replace(random.Random(20_270_301))
        self.restart()

    def restart(self) -> None:
        """Every process ends; the next ones know nothing."""
        for module in HANDLERS.values():
            for name, value in vars(module).items():
                if name.startswith("_") and hasattr(value, "cache_clear"):
                    value.cache_clear()
        watch_clocks._POLICIES.clear()
        settings.cache_clear()
        clients.forget_clients()
        session: Any = clients._session()
        session.register_component("data_loader", _LOADER)
        session.register("before-call", self._play)
        self._recorder.attach(session)

    @contextmanager
    def measured(self) -> Iterator[dict[str, Costs]]:
        """Count what happens in this block, by function."""
        self._costs = defaultdict(Costs)
        self.invocations.clear()
        self.logged.clear()
        costs = self._costs
        try:
            yield costs
        finally:
            self._costs = None

    # --- from outside -------------------------------------------------------------------------------------

    def post(self, path: str, body: Any, *, key: str, kind: str = "application/json") -> dict[str, Any]:
        """A sender's request at the door, of this content type; it must be accepted."""
        headers = {"authorization": f"Bearer {key}", "content-type": kind}
        event = _request("POST", path, headers, json.dumps(body, separators=(",", ":")))
        answer: dict[str, Any] = self.call("receive_events", event)
        if answer["statusCode"] >= 300:
            raise AssertionError(f"{path}: {answer['statusCode']} {answer['body']}")
        return answer

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A request to the API by somebody who may do everything; it must succeed. Returns JSON or text."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        kind = "application/yaml" if isinstance(body, str) else "application/json"
        event = _request(method, path, {"content-type": kind}, text)
        if query:
            event["queryStringParameters"] = query
        claims = {"sub": "u-1", "name": "Ada Example", "scope": "read respond manage admin"}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        answer = self.call("serve_api", event)
        if answer["statusCode"] >= 300:
            raise AssertionError(f"{method} {path}: {answer['statusCode']} {answer['body']}")
        said = str(answer["body"])
        return json.loads(said) if said.startswith(("{", "[")) else said

    def tick(self) -> None:
        """A minute passes and the schedule sweeps."""
        self.now += timedelta(minutes=1)
        self.call("watch_clocks", {"source": "aws.scheduler"})
        self.run()

    def later(self, **span: float) -> None:
        """Time passes (`minutes=5`), minute by minute, with all that follows."""
        until = self.now + timedelta(**span)
        while self.now < until:
            self.tick()

    # --- what AWS does ------------------------------------------------------------------------------------

    def call(self, function: str, event: Mapping[str, Any]) -> Any:
        """One invocation."""
        self._function = function
        self.invocations[function] += 1
        lines = io.StringIO()
        try:
            with contextlib.redirect_stdout(lines):
                return HANDLERS[function].handler(event, _Context())
        finally:
            self._function = None
            self.logged[function] += len(lines.getvalue().encode())

    def run(self, *, but: str = "") -> None:
        """Deliver whatever waits until nothing does; `but` names a function whose messages go on waiting."""
        for _ in range(1_000):
            ready = [
                source for source in wiring().sources if source.function != but and self._queues[source.queue]
            ]
            if self._stream:
                self._deliver_stream()
            elif ready:
                self._deliver(ready[0])
            else:
                return
        raise AssertionError("the flow does not come to rest")

    def _deliver_stream(self) -> None:
        size = min(wiring().stream_batch, len(self._stream))
        batch = [self._stream.popleft() for _ in range(size)]
        failed = self.call("publish_changes", {"Records": batch})["batchItemFailures"]
        if failed:
            raise AssertionError(f"the stream stops at {failed}")

    def _deliver(self, source: Source) -> None:
        queue = self._queues[source.queue]
        bodies = [queue.popleft() for _ in range(min(source.batch_size, len(queue)))]
        records = [_record(f"m-{number}", body, self.now) for number, body in enumerate(bodies)]
        failed = self.call(source.function, {"Records": records})["batchItemFailures"]
        if failed:
            raise AssertionError(f"{source.function} fails with {bodies[0][:500]}")

    def _note(self, call: Call) -> None:
        if self._costs is not None and self._function is not None:
            self._costs[self._function].recorded.append(call)
        for before, after in call.changes:
            self._records += 1
            images = {"OldImage": before, "NewImage": after}
            record = {
                "eventID": f"s-{self._records}",
                "dynamodb": {
                    "SequenceNumber": f"{self._records:021d}",
                    **{name: image for name, image in images.items() if image is not None},
                },
            }
            if wiring().wanted(record):
                self._stream.append(record)

    def _play(self, model: Any, context: Mapping[str, Any], **_: Any) -> Any:
        """Queues and bus answer here; None sends a call on its way to the engine."""
        arguments = context["costs"][0]
        match model.name:
            case "SendMessageBatch":
                self._queues[arguments["QueueUrl"].rsplit("/", 1)[1]].extend(
                    entry["MessageBody"] for entry in arguments["Entries"]
                )
                answer: dict[str, Any] = {"Successful": [], "Failed": []}
            case "GetQueueAttributes":
                answer = {"Attributes": dict.fromkeys(arguments["AttributeNames"], "0")}
            case "PutEvents":
                answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in arguments["Entries"]]}
                for entry in arguments["Entries"]:
                    self._announce(entry)
            case _:
                return None
        return types.SimpleNamespace(status_code=200), answer | _OK

    def _announce(self, entry: Mapping[str, Any]) -> None:
        event = {
            "version": "0",
            "id": "8a6f4c1e-0000-4000-8000-000000000000",
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": "000000000000",
            "time": "2027-03-01T09:00:00Z",
            "region": "eu-central-1",
            "resources": entry["Resources"],
            "detail": json.loads(entry["Detail"]),
        }
        body = json.dumps(event, separators=(",", ":"))
        for queue in wiring().queues_for(event):
            self._queues[queue].append(body)
            if self._costs is not None:
                call = Call("(rule)", sent=Counter({queue: 1}), chunks=1, bytes=len(body.encode()))
                self._costs[RULES].recorded.append(call)

    # --- what is replaced ---------------------------------------------------------------------------------

    def _set_environment(self, url: str, table_name: str) -> None:
        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TABLE_NAME": table_name,
            "BUS_NAME": BUS,
            "PUBLIC_URL": "https://leitplanke.example",
            "LOG_LEVEL": "CRITICAL",
            **{name: f"https://sqs.example/000000000000/{queue}" for name, queue in _QUEUES.items()},
        }.items():
            self._patch.setenv(name, value)

    def _replace(self, dice: random.Random) -> None:
        chance = types.SimpleNamespace(choice=dice.choice, randbelow=dice.randrange)

        def uuid4() -> UUID:
            return UUID(int=dice.getrandbits(128), version=4)

        self._patch.setattr(clock, "now", lambda: self.now)
        self._patch.setattr(ids, "secrets", chance)
        self._patch.setattr(api_integrations, "secrets", chance)
        self._patch.setattr(receive_events, "uuid4", uuid4)
        self._patch.setattr(watch_clocks, "uuid4", uuid4)
        self._patch.setattr(telling, "ThreadPoolExecutor", _OneByOne)
        plant = self

        class Channels:
            """Resolves the address as the real one does; the call itself is only counted."""

            def __init__(self, secrets: Any) -> None:
                self._secrets = secrets

            def send(self, reference: str, _message: Message) -> None:
                self._secrets.resolve(reference)
                plant._note(Call("(channel)"))

        self._patch.setattr(notify_responders, "Channels", Channels)


@contextmanager
def running(aws: Aws, table_name: str) -> Iterator[Plant]:
    """An installation on this table; everything replaced is put back at the end."""
    with pytest.MonkeyPatch.context() as patch:
        plant = Plant(aws, table_name, patch)
        yield plant
        plant.restart()
    settings.cache_clear()
    clients.forget_clients()


class _Context:
    """What Lambda says about an invocation."""

    function_name = memory_limit_in_mb = aws_request_id = invoked_function_arn = "budget"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class _OneByOne:
    """A pool of one: the recorder is exact for one thread."""

    def __init__(self, _workers: int) -> None: ...

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Any, items: Any) -> list[Any]:
        """As the real one does, in this thread."""
        return [work(item) for item in items]

    def submit(self, work: Any, *given: Any) -> "Future[Any]":
        """As the real one does, in this thread."""
        done: Future[Any] = Future()
        done.set_result(work(*given))
        return done


def _record(ident: str, body: str, sent_at: datetime) -> dict[str, Any]:
    return {
        "messageId": ident,
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(sent_at.timestamp() * 1000)),
        },
    }


def _request(method: str, path: str, headers: Mapping[str, str], body: str | None) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": dict(headers),
        "requestContext": {
            "stage": "$default",
            "requestId": "r-1",
            "http": {"method": method, "path": path},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    return event
