"""The local engine's own table and parameter store in this process, asked without a network.

It is the same code as in `make run` (ministack), reached through botocore's `before-send` hook, so that
everything of botocore but the socket is real: its requests, its parsing, its retries. In one process with its
functions, the engine is copied by `fork`, which is what makes it cheap to go on from any call in many ways.
"""

import copy
import json
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.settings import EngineSettings
from infra.local.template import load_template, table_definition
from leitplanke.table import keys

TABLE = "leitplanke"
_TARGETS = {"dynamodb": "DynamoDB_20120810", "ssm": "AmazonSSM"}
Answer = tuple[int, dict[str, str], bytes]


class Engine:
    """One table as the template says, with its stream; `answer` is a call's way there and back."""

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "leitplanke-crash"
        EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False, log_level="ERROR").apply()
        self._services = _without_threads()
        self._read = 0
        self.call("dynamodb", "CreateTable", TableName=TABLE, **table_definition(load_template()))
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.call("dynamodb", "UpdateTable", TableName=TABLE, StreamSpecification=stream)

    def answer(self, service: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the engine says to a request in AWS's JSON protocol."""
        handle = self._services[service].handle_request
        asked = handle("POST", "/", dict(headers), body, {})
        try:
            asked.send(None)
        except StopIteration as done:  # it waits for nothing, so it needs no event loop
            status, answered, text = done.value
        else:
            raise RuntimeError("the engine waits for something")
        return status, answered, text if isinstance(text, bytes) else text.encode()

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """A call of the harness itself, which nobody numbers."""
        headers = {"x-amz-target": f"{_TARGETS[service]}.{operation}"}
        status, _, text = self.answer(service, headers, json.dumps(arguments).encode())
        if status != 200:
            raise RuntimeError(f"{operation}: {text!r}")
        return json.loads(text)

    def has_due(self, until: str) -> bool:
        """Whether any look is due: without one a sweep is four queries that find nothing."""
        rows = self._services["dynamodb"]._tables.get(TABLE)["items"]
        partitions = (rows.get(keys.look_partition(shard), {}) for shard in keys.ALL_SHARDS)
        return any(place <= until for partition in partitions for place in partition)

    def rows(self) -> list[dict[str, Any]]:
        """Every row of the table as it lies there, in DynamoDB's JSON."""
        partitions = self._services["dynamodb"]._tables.get(TABLE)["items"]
        return [row for partition in partitions.values() for row in partition.values()]

    def new_records(self) -> list[dict[str, Any]]:
        """What the table's stream holds since this was last asked, with old and new images."""
        records = self._services["dynamodb"].stream_records_since(TABLE, self._read, 100_000)
        self._read += len(records)
        return copy.deepcopy(list(records))


def _without_threads() -> dict[str, Any]:
    """The engine's services; their housekeeping threads stay asleep, or a fork would copy their locks."""
    start = threading.Thread.start
    threading.Thread.start = lambda _self: None  # type: ignore[assignment, method-assign]
    try:
        from ministack.services import dynamodb, ssm  # type: ignore[import-untyped]
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
    return {"dynamodb": dynamodb, "ssm": ssm}
