"""AWS as the functions see it, played on the real table: queues, bus, stream, schedule, gateway and time.

As long as nothing has gone wrong, everything comes once and in order. After the first fault it comes as AWS
promises and no better: at least once, in any order (the stream: in order), regrouped in other batches.
"""

import json
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.notifications import Message
from leitplanke.table import keys
from tests.crash.calls import Recorder
from tests.crash.engine import Engine
from tests.crash.faults import Fault, ProcessDiedError
from tests.crash.processes import SESSION_KEY, Processes
from tests.crash.wiring import Source, Wiring

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_PATIENCE = 90
"""Minutes until what does not come to rest counts as never coming to rest."""
_REPEATS = 12
"""How often a client asks again before it gives up."""


@dataclass(slots=True)
class Queued:
    """A message in a queue."""

    ident: str
    body: str
    sent_at: datetime
    visible_at: datetime
    tries: int = 0
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A message that arrived at a channel. `again`: the one before was not known to have arrived."""

    channel: str
    title: str
    body: str
    allowed_again: bool


@dataclass
class Cloud:
    """All of it."""

    seed: int
    now: datetime = START
    stream_is_lost: bool = False
    told: list[Told] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    queues: dict[str, list[Queued]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = Engine()
        self.wiring = Wiring()
        self.recorder = Recorder(self._serve)
        self.processes = Processes(self.recorder, now=lambda: self.now, send=self._tell, seed=self.seed)
        self.dice: random.Random | None = None
        self._stream: deque[dict[str, Any]] = deque()
        self._numbers = 0
        self._unrecorded: set[tuple[str, str]] = set()
        self._last_told: tuple[str, str] | None = None
        self.queues = {source.queue: [] for source in self.wiring.sources}

    # --- what a scenario does -----------------------------------------------------------------------------

    def request(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """A client that asks until it is answered: after a minute again if it is told so, or told nothing."""
        for _ in range(_REPEATS):
            answer = self._ask(function, event)
            if answer is not None and answer["statusCode"] < 500 and answer["statusCode"] != 429:
                return answer
            self.minute()
        raise AssertionError(f"{function} does not answer")

    def settle(self, minutes: int = 2) -> None:
        """Everything that follows, happens; then some minutes more; and until nothing is under way."""
        self._run()
        for _ in range(minutes):
            self.minute()
        if self.dice is None:
            self._expect_rest()
            return
        for _ in range(_PATIENCE):
            if self._at_rest():
                break
            self.minute()
        self._expect_rest()
        for _ in range(3):  # the reconciler's
            self.minute()

    def later(self, span: timedelta) -> None:
        """Time passes and the schedule rests meanwhile; then it sweeps again."""
        self.now += span
        self.settle(minutes=2)

    def minute(self) -> None:
        """A minute passes, the schedule sweeps, and all that follows happens."""
        self.now += MINUTE
        if self.dice is None or self.engine.has_due(f"{keys.time_text(self.now)}~"):
            self._invoke("watch_clocks", {"source": "aws.scheduler"})
        self._run()

    def misbehave(self, dice: random.Random) -> None:
        """From now on messages come as badly as they may."""
        self.dice = dice

    # --- what AWS does ------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Deliver whatever is there until nothing is."""
        while True:
            self._stream.extend(
                record
                for record in self.engine.new_records()
                if self.wiring.wanted(record) and not self.stream_is_lost
            )
            ready = [source for source in self.wiring.sources if self._visible(source.queue)]
            from_stream = bool(self._stream) and self._stream[0].get("visible_at", self.now) <= self.now
            if not ready and not from_stream:
                return
            if from_stream and (not ready or self.dice is None or self.dice.random() < 0.5):
                self._deliver_stream()
            else:
                self._deliver(ready[0] if self.dice is None else self.dice.choice(ready))

    def _visible(self, queue: str) -> list[Queued]:
        return [one for one in self.queues[queue] if one.visible_at <= self.now]

    def _at_rest(self) -> bool:
        return not self._stream and not any(self.queues.values())

    def _expect_rest(self) -> None:
        if not self._at_rest():
            left = {name: len(queue) for name, queue in self.queues.items() if queue}
            raise AssertionError(f"does not come to rest: {left}, stream {len(self._stream)}")

    def _deliver(self, source: Source) -> None:
        messages = self._visible(source.queue)
        size = min(source.batch_size, len(messages))
        if self.dice is not None:
            self.dice.shuffle(messages)
            size = self.dice.randint(1, size)
        batch = messages[:size]
        for one in batch:
            one.tries += 1
            one.visible_at = self.now + timedelta(seconds=source.visibility_s)
        answer = self._invoke(source.function, {"Records": [_record(one, source.queue) for one in batch]})
        failed = {one.ident for one in batch}
        if answer is not None:
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        queue = self.queues[source.queue]
        for one in batch:
            if one.ident in failed and one.tries < source.max_tries:
                continue
            if one.ident in failed:
                self.dead.append(f"{source.queue}: {one.body[:200]}")
            elif self.dice is not None and not one.copied and self.dice.random() < 0.2:
                one.copied = True
                one.visible_at = self.now + timedelta(seconds=self.dice.randrange(150))
                continue
            queue.remove(one)

    def _deliver_stream(self) -> None:
        """In order; what failed comes again from there, a minute later, with what came meanwhile."""
        size = min(self.wiring.stream_batch, len(self._stream))
        if self.dice is not None:
            size = self.dice.randint(1, size)
        batch = [self._stream[position] for position in range(size)]
        answer = self._invoke("publish_changes", {"Records": batch})
        failures = answer["batchItemFailures"] if answer is not None else [{"itemIdentifier": ""}]
        done = size
        if failures:
            numbers = [one["dynamodb"]["SequenceNumber"] for one in batch]
            first = failures[0]["itemIdentifier"]
            done = numbers.index(first) if first in numbers else 0
        for _ in range(done):
            self._stream.popleft()
        if failures:
            self._stream[0]["visible_at"] = self.now + MINUTE

    def _invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """One asynchronous invocation; None if it failed as a whole."""
        try:
            return self.processes.call(function, event)
        except ProcessDiedError:
            self.processes.end(function)
        except Exception:
            if self.dice is None:
                raise
        return None

    def _ask(self, function: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """One request; None if no answer comes."""
        self.recorder.function = function
        fault = self.recorder.point("http.answer")
        self.recorder.function = None
        if fault in (Fault.REFUSED, Fault.THROTTLED):
            return {"statusCode": 503, "body": "{}", "headers": {}}
        try:
            answer: dict[str, Any] = self.processes.call(function, event)
        except ProcessDiedError:
            self.processes.end(function)
            return None
        if fault is Fault.DIED:
            self.processes.end(function)
        return None if fault else answer

    def _tell(self, reference: str, message: Message) -> None:
        """A channel is told."""
        fault = self.recorder.point("channel.notify")
        if fault is Fault.REFUSED or self.recorder.refuses():
            raise UnavailableError("the channel answered 503")
        what = (reference, message.title)
        self.told.append(Told(reference, message.title, message.body, what in self._unrecorded))
        self._unrecorded.add(what)
        self._last_told = what
        if fault is Fault.DIED:
            raise ProcessDiedError
        if fault in (Fault.LOST, Fault.TIMED_OUT):
            raise UnavailableError("the channel did not answer within 10 s")

    # --- where calls arrive -------------------------------------------------------------------------------

    def _serve(
        self, service: str, operation: str, request: AWSPreparedRequest
    ) -> tuple[int, dict[str, str], bytes]:
        sent: Any = request.body or b""
        body: bytes = sent
        if service in ("dynamodb", "ssm"):
            headers = {name.lower(): _text(value) for name, value in request.headers.items()}
            answer = self.engine.answer(service, headers, body)
            if operation == "UpdateItem" and answer[0] == 200:
                self._note_recorded(body)
            return answer
        arguments = json.loads(body)
        said = getattr(self, f"_{operation}")(arguments)
        return 200, {}, json.dumps(said).encode()

    def _note_recorded(self, body: bytes) -> None:
        """The ledger says "sent": from now on telling it again would be a fault of ours."""
        arguments = json.loads(body)
        values = arguments.get("ExpressionAttributeValues", {}).values()
        if arguments["Key"]["sk"]["S"].startswith("TOLD#") and {"S": "sent"} in values and self._last_told:
            self._unrecorded.discard(self._last_told)

    def _SendMessageBatch(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        queue = str(arguments["QueueUrl"]).rsplit("/", 1)[1]
        for entry in arguments["Entries"]:
            self._put(queue, entry["MessageBody"])
        done = [
            {"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""}
            for entry in arguments["Entries"]
        ]
        return {"Successful": done, "Failed": []}

    def _GetSecretValue(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"ARN": arguments["SecretId"], "SecretString": SESSION_KEY}

    def _ChangeMessageVisibilityBatch(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        queue = str(arguments["QueueUrl"]).rsplit("/", 1)[1]
        pauses = {entry["ReceiptHandle"]: int(entry["VisibilityTimeout"]) for entry in arguments["Entries"]}
        for message in self.queues[queue]:
            if message.ident in pauses:
                message.visible_at = self.now + timedelta(seconds=pauses[message.ident])
        return {"Successful": [{"Id": entry["Id"]} for entry in arguments["Entries"]], "Failed": []}

    def _GetQueueAttributes(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        queue = str(arguments["QueueUrl"]).rsplit("/", 1)[1]
        waiting = len(self._visible(queue))
        hidden = len(self.queues[queue]) - waiting
        counts = {"ApproximateNumberOfMessages": waiting, "ApproximateNumberOfMessagesNotVisible": hidden}
        return {"Attributes": {name: str(count) for name, count in counts.items()}}

    def _PutEvents(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        for entry in arguments["Entries"]:
            self._numbers += 1
            event = {
                "version": "0",
                "id": f"bus-{self._numbers}",
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            for queue in self.wiring.queues_for(event):
                self._put(queue, json.dumps(event))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in arguments["Entries"]]}

    def _put(self, queue: str, body: str) -> None:
        if queue not in self.queues:
            self.dead.append(f"{queue}: {body[:200]}")
            return
        self._numbers += 1
        message = Queued(f"m-{self._numbers}", body, self.now, self.now)
        self.queues[queue].append(message)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _record(message: Queued, queue: str) -> dict[str, Any]:
    return {
        "messageId": message.ident,
        "receiptHandle": message.ident,
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:000000000000:{queue}",
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.tries),
            "SentTimestamp": str(int(message.sent_at.timestamp() * 1000)),
        },
    }
