"""The table as calls: plain Python values in and out, AWS's errors as ours, bulk limits kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from leitplanke.domain.errors import LostRaceError, UnavailableError
from leitplanke.table.encoding import Row, decode, decode_row, difference, encode, encode_row, is_stored
from leitplanke.table.keys import Key
from leitplanke.table.refusals import NEVER, BusyError, ConditionFailedError, RefusedError, translated
from leitplanke.table.writes import (
    ABSENT,
    PRESENT,
    RETURN_OLD,
    Check,
    Delete,
    Put,
    Statement,
    Update,
    Write,
    delete_request,
    key_request,
    put_request,
    transact_item,
    update_request,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = [
    "ABSENT",
    "PRESENT",
    "Check",
    "ConditionFailedError",
    "Delete",
    "Outcome",
    "Page",
    "Put",
    "RefusedError",
    "Row",
    "Statement",
    "Table",
    "Update",
    "Write",
    "decode",
    "decode_row",
    "difference",
    "encode",
    "encode_row",
]

T = TypeVar("T")

_BATCH_GET = 100  # Amazon DynamoDB API reference, BatchGetItem
_BATCH_STATEMENTS = 25  # ..., BatchExecuteStatement
_TRIES = 8
_FIRST_PAUSE = 0.025
"""Seconds before what was refused for now is tried again; doubled each time: three seconds in all."""


class Outcome(Enum):
    """What became of one statement of a bulk write."""

    WRITTEN = "written"
    LOST = "its condition did not hold"
    REFUSED = "the table will never take it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows of one query, and whether there are more."""

    rows: tuple[Row, ...]
    more: bool


Pause = Callable[[float], None]
"""Waits for so many seconds."""


def _at_once(_seconds: float) -> None:
    """Does not wait."""


class Table:
    """One DynamoDB table.

    Any call may raise UnavailableError (trying again later may work) and RefusedError (it never will). A
    write that meets others' transactions all the time raises LostRaceError: read again and decide again.
    """

    def __init__(self, client: "DynamoDBClient", name: str, *, pause: Pause = _at_once) -> None:
        self._client = client
        self._pause = pause
        self.name = name

    def get(self, key: Key, *, consistent: bool = True) -> Row | None:
        """One row, strongly consistent unless told otherwise. Cost: 1 read unit per 4 KB (half if not)."""
        with translated():
            answer = self._client.get_item(
                TableName=self.name, Key=key_request(key), ConsistentRead=consistent
            )
        item = answer.get("Item")
        return decode_row(item) if item else None

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """Rows that exist among these keys, strongly consistent; 100 keys a call."""
        found: dict[Key, Row] = {}
        for batch in _batches(dict.fromkeys(keys), _BATCH_GET):
            pending = [key_request(key) for key in batch]
            for _ in self._tries():
                with translated():
                    answer = self._client.batch_get_item(
                        RequestItems={self.name: {"Keys": pending, "ConsistentRead": True}}
                    )
                for item in answer["Responses"].get(self.name, []):
                    row = decode_row(item)
                    found[Key(row["pk"], row["sk"])] = row
                rest: Any = answer.get("UnprocessedKeys", {}).get(self.name, {})
                pending = list(rest.get("Keys", []))
                if not pending:
                    break
            else:
                raise UnavailableError("the table hands out only parts of a batch")
        return found

    def query(  # noqa: PLR0913 - the parts of one query, all by keyword
        self,
        pk: str,
        *,
        index: str | None = None,
        begins_with: str | None = None,
        between: tuple[str, str] | None = None,
        after: str | None = None,
        before: str | None = None,
        newest_first: bool = False,
        limit: int = 100,
    ) -> Page:
        """One page of a partition in sort key order. Base table reads are strongly consistent."""
        prefix = index or ""
        names = {"#p": f"{prefix}pk", "#s": f"{prefix}sk"}
        values: dict[str, Any] = {":p": pk}
        condition = "#p = :p"
        if between is not None:
            condition += " AND #s BETWEEN :a AND :b"
            values |= {":a": between[0], ":b": between[1]}
        elif begins_with is not None:
            condition += " AND begins_with(#s, :a)"
            values[":a"] = begins_with
        elif after is not None:
            condition += " AND #s > :a"
            values[":a"] = after
        elif before is not None:
            condition += " AND #s < :a"
            values[":a"] = before
        else:
            del names["#s"]
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {name: encode(value) for name, value in values.items()},
            "ScanIndexForward": not newest_first,
            "Limit": limit,
        }
        if index:
            arguments["IndexName"] = index
        else:
            arguments["ConsistentRead"] = True
        with translated():
            answer = self._client.query(**arguments)
        rows = tuple(decode_row(item) for item in answer["Items"])
        return Page(rows=rows, more="LastEvaluatedKey" in answer)

    def put(self, write: Put) -> None:
        """Store one row. Raises ConditionFailedError with the row that is there."""
        arguments = {**put_request(write), **RETURN_OLD}
        self._write(lambda: self._client.put_item(TableName=self.name, **arguments))

    def update(self, write: Update) -> Row:
        """Change one row and return it as it is now. Raises ConditionFailedError."""
        arguments = {**update_request(write), "ReturnValues": "ALL_NEW", **RETURN_OLD}
        answer = self._write(lambda: self._client.update_item(TableName=self.name, **arguments))
        return decode_row(answer["Attributes"])

    def delete(self, write: Delete) -> None:
        """Remove one row. Raises ConditionFailedError."""
        arguments = {**delete_request(write), **RETURN_OLD}
        self._write(lambda: self._client.delete_item(TableName=self.name, **arguments))

    def transact(self, writes: Sequence[Write]) -> None:
        """All of these or none (up to 100). Raises ConditionFailedError for the first that did not hold."""
        items: list[Any] = []
        for write in writes:
            kind, arguments = transact_item(write)
            items.append({kind: {"TableName": self.name, **arguments, **RETURN_OLD}})
        self._write(lambda: self._client.transact_write_items(TransactItems=items))

    def _write(self, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Try again while somebody else's transaction is busy with the row: it says nothing about the row."""
        for _ in self._tries():
            try:
                with translated():
                    return call()
            except BusyError as busy:
                error = busy
        raise LostRaceError("others are changing this row all the time") from error

    def execute(self, statements: Sequence[Statement]) -> list[Outcome]:
        """Conditional writes in bulk, 25 a call, each with its own outcome.

        A statement refused for now is tried again; when that does not help, UnavailableError.
        """
        results = [Outcome.REFUSED] * len(statements)
        pending = list(range(len(statements)))
        for _ in self._tries():
            again: list[int] = []
            for batch in _batches(pending, _BATCH_STATEMENTS):
                again.extend(self._execute_batch(statements, batch, results))
            if not again:
                return results
            pending = again
        raise UnavailableError("the table refuses parts of a bulk write")

    def _tries(self) -> Iterator[int]:
        """Try this often, with growing pauses between."""
        yield 0
        for number in range(1, _TRIES):
            self._pause(_FIRST_PAUSE * 2 ** (number - 1))
            yield number

    def _execute_batch(
        self, statements: Sequence[Statement], batch: Sequence[int], results: list[Outcome]
    ) -> list[int]:
        """One call; returns the positions to try again. A statement that AWS calls invalid stays REFUSED.

        Where the whole call is invalid because of one of them, each is tried alone.
        """
        try:
            with translated():
                answer = self._client.batch_execute_statement(
                    Statements=[
                        {
                            "Statement": statements[position].text,
                            "Parameters": [encode(value) for value in statements[position].parameters],
                        }
                        for position in batch
                    ]
                )
        except RefusedError:
            if len(batch) == 1:
                return []
            return [one for position in batch for one in self._execute_batch(statements, [position], results)]
        again: list[int] = []
        for position, response in zip(batch, answer["Responses"], strict=True):
            error = response.get("Error")
            if error is None:
                results[position] = Outcome.WRITTEN
            elif error.get("Code") in ("ConditionalCheckFailed", "DuplicateItem"):
                results[position] = Outcome.LOST
            elif error.get("Code") not in NEVER:
                again.append(position)
        return again

    def insert_statement(self, row: Row) -> Statement:
        """INSERT: fails if the row exists."""
        filled = {name: value for name, value in row.items() if is_stored(value)}
        fields = ",".join(f"'{name}':?" for name in filled)
        return Statement(
            text=f'INSERT INTO "{self.name}" VALUE {{{fields}}}',  # noqa: S608 - names are our own constants
            parameters=tuple(filled.values()),
        )

    def update_statement(self, key: Key, *, before: Row, after: Row, guard: str | None) -> Statement:
        """UPDATE of what differs; fails if the row is gone or `guard` (an attribute) is not as `before`."""
        changed, removed = difference(before, after)
        text = f'UPDATE "{self.name}"'  # noqa: S608 - names are our own constants
        text += "".join(f' SET "{name}"=?' for name in changed)
        text += "".join(f' REMOVE "{name}"' for name in removed)
        text += ' WHERE "pk"=? AND "sk"=?'
        parameters = [*changed.values(), key.pk, key.sk]
        if guard:
            text += f' AND "{guard}"=?'
            parameters.append(before[guard])
        return Statement(text=text, parameters=parameters)

    def delete_statement(self, key: Key, *, guard: tuple[str, str]) -> Statement:
        """DELETE: fails if the row is there and this attribute is not this text."""
        name, value = guard
        text = f'DELETE FROM "{self.name}" WHERE "pk"=? AND "sk"=? AND "{name}"=?'  # noqa: S608 - as above
        return Statement(text=text, parameters=[key.pk, key.sk, value])


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
