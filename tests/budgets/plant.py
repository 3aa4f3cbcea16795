"""All functions as AWS would run them, their calls counted by function.

Real are the handlers, botocore, and the table (the local engine's). Played are what carries messages between
functions (queues, bus, stream: as the template wires them, everything once and in order), the clock, the
source of ids and the last step to a channel. So the same scenario makes the same calls every time.
"""

import contextlib
import functools
import io
import json
import types
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.loaders
import pytest

from infra.local.aws import Aws
from leitplanke.edge import clients
from tests.budgets.functions import (
    HANDLERS,
    Context,
    forget_all,
    http_request,
    replace,
    set_environment,
    sqs_record,
)
from tests.crash.wiring import Source, Wiring
from tests.support.costs import Call, Costs, Recorder

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
RULES = "bus"
"""Not a function: what the bus's rules put into queues is billed like anybody else's messages."""
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
        self._recorder = Recorder(self._note, aws.client("dynamodb"))
        set_environment(patch, url=aws.url, table_name=table_name)
        replace(patch, now=lambda: self.now, told=lambda: self._note(Call("(channel)")), seed=20_270_301)
        self.restart()

    def restart(self) -> None:
        """Every process ends; the next ones know nothing."""
        forget_all()
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
        event = http_request("POST", path, headers, json.dumps(body, separators=(",", ":")))
        answer: dict[str, Any] = self.call("receive_events", event)
        if answer["statusCode"] >= 300:
            raise AssertionError(f"{path}: {answer['statusCode']} {answer['body']}")
        return answer

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A request to the API by somebody who may do everything; it must succeed. Returns JSON or text."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        kind = "application/yaml" if isinstance(body, str) else "application/json"
        event = http_request(method, path, {"content-type": kind}, text)
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
                return HANDLERS[function].handler(event, Context())
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
        records = [sqs_record(f"m-{number}", body, self.now) for number, body in enumerate(bodies)]
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


@contextmanager
def running(aws: Aws, table_name: str) -> Iterator[Plant]:
    """An installation on this table; everything replaced is put back at the end."""
    with pytest.MonkeyPatch.context() as patch:
        plant = Plant(aws, table_name, patch)
        yield plant
    forget_all()
