"""The local engine's table in this process, asked without a network: many small tables, short calls.

It is the same code as in `make run` (ministack), reached through botocore's `before-send` hook. A call is
done at once and as a whole, so two consumers meet exactly where a test lets them meet.
"""

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from infra.local.template import load_template, table_definition
from leitplanke.table.client import Row, decode_row, encode_row
from tests.support.clients import own_client

_STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_RECORDS = 1_000_000
_numbers = itertools.count(1)
"""Of tables: all engines of a process are one."""


class TableEngine:
    """Tables as template.yaml says, with their streams."""

    def __init__(self) -> None:
        self._dynamodb = _service()
        self._definition = table_definition(load_template())
        self.client: Any = own_client("http://127.0.0.1:9")  # the hook answers before anything is sent
        self.client.meta.events.register("before-send.dynamodb", self._answer)

    def new_table(self) -> str:
        """The name of an empty table."""
        name = f"leitplanke-model-{next(_numbers)}"
        self.client.create_table(TableName=name, **self._definition)
        self.client.update_table(TableName=name, StreamSpecification=_STREAM)
        return name

    def fill(self, name: str, rows: Iterable[Row]) -> None:
        """Put very many rows straight into a table: the requests would take most of the time."""
        for row in rows:
            self._dynamodb._put_item({"TableName": name, "Item": encode_row(row)})

    def drop(self, name: str) -> None:
        """Forget a table."""
        self.client.delete_table(TableName=name)

    def records(self, name: str, position: int) -> list[Mapping[str, Any]]:
        """What the table's stream holds after so many records."""
        found: list[Mapping[str, Any]] = self._dynamodb.stream_records_since(name, position, _RECORDS)
        return list(found)

    def rows(self, name: str) -> Iterator[Row]:
        """Every row of the table, in no order."""
        start: dict[str, Any] = {}
        while True:
            page = self.client.scan(TableName=name, **start)
            yield from (decode_row(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        body = request.body.encode() if isinstance(request.body, str) else request.body
        asked = self._dynamodb.handle_request("POST", "/", headers, body, {})
        try:
            asked.send(None)
        except StopIteration as done:  # it waits for nothing, so it needs no event loop
            status, answered, text = done.value
        else:
            raise RuntimeError("the engine waits for something")
        raw = _Raw(text if isinstance(text, bytes) else text.encode())
        return AWSResponse(request.url, status, answered, raw)


class _Raw:
    """An answer's body as botocore wants to read it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _service() -> Any:
    """The engine's DynamoDB; the thread that deletes by the real clock what is past its time stays asleep."""
    start = threading.Thread.start
    threading.Thread.start = _asleep  # type: ignore[method-assign]
    try:
        from ministack.services import dynamodb  # type: ignore[import-untyped]
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
    return dynamodb


def _asleep(self: threading.Thread) -> None:
    """Instead of starting it."""
