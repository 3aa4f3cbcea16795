"""The table as calls: plain Python values in and out, AWS's errors as ours, bulk limits kept.

Rows are dicts of str, int, bool, list and dict; None and empty values are not stored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from leitplanke.domain.errors import LostRaceError, UnavailableError
from leitplanke.table.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Row = dict[str, Any]
T = TypeVar("T")

_BATCH_GET = 100  # Amazon DynamoDB API reference, BatchGetItem
_BATCH_STATEMENTS = 25  # ..., BatchExecuteStatement
_TRIES = 8
_FIRST_PAUSE = 0.025
"""Seconds before what was refused for now is tried again; doubled each time: three seconds in all."""

_TRANSIENT = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "InternalServerError",
        "ServerError",
        "ServiceUnavailable",
        "LimitExceededException",
        "TransactionInProgressException",
    }
)
_NEVER = frozenset(
    {"ValidationException", "ValidationError", "SerializationException", "ItemCollectionSizeLimitExceeded"}
)
"""What is wrong with the request itself, and will be wrong the next time."""
_SERVER_FAULT = 500


class ConditionFailedError(Exception):
    """A write's condition did not hold. `row` is what was there, where it was asked for.

    `position` is the place in the transaction. Never leaves the table package.
    """

    def __init__(self, row: Row | None, position: int = 0) -> None:
        super().__init__("condition failed")
        self.row = row
        self.position = position


class _BusyError(Exception):
    """Somebody else's transaction is just changing the row, or one of the rows."""


class RefusedError(Exception):
    """The table will never take this write: something in the row is more than it can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Store a whole row."""

    row: Row
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change some attributes of a row."""

    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)
    set_: Mapping[str, Any] = field(default_factory=dict)
    remove: Sequence[str] = ()
    add: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove a row."""

    key: Key
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Only a condition."""

    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)


Write = Put | Update | Delete | Check

ABSENT = "attribute_not_exists(pk)"
"""Condition: there is no such row."""
PRESENT = "attribute_exists(pk)"
"""Condition: there is such a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One conditional write in bulk (PartiQL). It fails alone; its neighbours are written."""

    text: str
    parameters: Sequence[Any]


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
        with _translated():
            answer = self._client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=consistent)
        item = answer.get("Item")
        return decode_row(item) if item else None

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """Rows that exist among these keys, strongly consistent; 100 keys a call."""
        found: dict[Key, Row] = {}
        for batch in _batches(dict.fromkeys(keys), _BATCH_GET):
            pending = [_key(key) for key in batch]
            for _ in self._tries():
                with _translated():
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
        with _translated():
            answer = self._client.query(**arguments)
        rows = tuple(decode_row(item) for item in answer["Items"])
        return Page(rows=rows, more="LastEvaluatedKey" in answer)

    def put(self, write: Put) -> None:
        """Store one row. Raises ConditionFailedError with the row that is there."""
        arguments = {**_put(write), **_RETURN_OLD}
        self._write(lambda: self._client.put_item(TableName=self.name, **arguments))

    def update(self, write: Update) -> Row:
        """Change one row and return it as it is now. Raises ConditionFailedError."""
        arguments = {**_update(write), "ReturnValues": "ALL_NEW", **_RETURN_OLD}
        answer = self._write(lambda: self._client.update_item(TableName=self.name, **arguments))
        return decode_row(answer["Attributes"])

    def delete(self, write: Delete) -> None:
        """Remove one row. Raises ConditionFailedError."""
        arguments = {**_delete(write), **_RETURN_OLD}
        self._write(lambda: self._client.delete_item(TableName=self.name, **arguments))

    def transact(self, writes: Sequence[Write]) -> None:
        """All of these or none (up to 100). Raises ConditionFailedError for the first that did not hold."""
        items: list[Any] = []
        for write in writes:
            kind, arguments = _transact_item(write)
            items.append({kind: {"TableName": self.name, **arguments, **_RETURN_OLD}})
        self._write(lambda: self._client.transact_write_items(TransactItems=items))

    def _write(self, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Try again while somebody else's transaction is busy with the row: it says nothing about the row."""
        for _ in self._tries():
            try:
                with _translated():
                    return call()
            except _BusyError as busy:
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
            with _translated():
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
            elif error.get("Code") not in _NEVER:
                again.append(position)
        return again

    def insert_statement(self, row: Row) -> Statement:
        """INSERT: fails if the row exists."""
        filled = {name: value for name, value in row.items() if _is_stored(value)}
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


def difference(before: Row, after: Row) -> tuple[Row, list[str]]:
    """What to set and what to remove to make `before` into `after`."""
    changed = {
        name: value for name, value in after.items() if _is_stored(value) and before.get(name) != value
    }
    removed = [
        name for name, value in before.items() if _is_stored(value) and not _is_stored(after.get(name))
    ]
    return changed, removed


_RETURN_OLD: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def _is_stored(value: Any) -> bool:
    return value is not None and value not in ("", [], {}, ())


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _expression(
    arguments: dict[str, Any], condition: str | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    if condition:
        arguments["ConditionExpression"] = condition
    if values:
        arguments["ExpressionAttributeValues"] = {f":{k}": encode(v) for k, v in values.items()}
    return arguments


def _put(write: Put) -> dict[str, Any]:
    return _expression({"Item": encode_row(write.row)}, write.condition, write.values)


def _delete(write: Delete) -> dict[str, Any]:
    return _expression({"Key": _key(write.key)}, write.condition, write.values)


def _update(write: Update) -> dict[str, Any]:
    names = dict(write.names)
    values = dict(write.values)
    clauses: list[str] = []
    sets: list[str] = []
    for position, (name, value) in enumerate(write.set_.items()):
        names[f"#s{position}"] = name
        values[f"s{position}"] = value
        sets.append(f"#s{position} = :s{position}")
    for position, (name, value) in enumerate(write.add.items()):
        names[f"#a{position}"] = name
        values[f"a{position}"] = value
        values["zero"] = 0
        sets.append(f"#a{position} = if_not_exists(#a{position}, :zero) + :a{position}")
    if sets:
        clauses.append("SET " + ", ".join(sets))
    if write.remove:
        for position, name in enumerate(write.remove):
            names[f"#r{position}"] = name
        clauses.append("REMOVE " + ", ".join(f"#r{position}" for position in range(len(write.remove))))
    arguments: dict[str, Any] = {"Key": _key(write.key), "UpdateExpression": " ".join(clauses)}
    if names:
        arguments["ExpressionAttributeNames"] = names
    return _expression(arguments, write.condition, values)


def _transact_item(write: Write) -> tuple[str, dict[str, Any]]:
    match write:
        case Put():
            return "Put", _put(write)
        case Update():
            return "Update", _update(write)
        case Delete():
            return "Delete", _delete(write)
        case Check():
            return "ConditionCheck", _expression({"Key": _key(write.key)}, write.condition, write.values)


class _translated:  # noqa: N801 - reads as a clause: `with _translated():`
    """AWS's errors as ours: conditions, things worth trying again, and the rest, which is a bug."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            _raise_as_ours(error)
        if isinstance(error, ParamValidationError):
            raise RefusedError(str(error)) from error
        if isinstance(error, BotoCoreError):
            raise UnavailableError(f"the table did not answer: {error}") from error


def _raise_as_ours(error: ClientError) -> None:
    code = error.response.get("Error", {}).get("Code", "")
    response: Any = error.response
    if code == "ConditionalCheckFailedException":
        item = response.get("Item")
        raise ConditionFailedError(decode_row(item) if item else None) from error
    if code == "TransactionCanceledException":
        _raise_cancelled(error, response.get("CancellationReasons", []))
    if code == "TransactionConflictException":
        raise _BusyError from error
    if code in _TRANSIENT or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_FAULT:
        raise UnavailableError(f"the table refuses for now: {code}") from error
    if code in _NEVER:
        raise RefusedError(f"the table refuses: {error}") from error


def _raise_cancelled(error: ClientError, reasons: Sequence[Mapping[str, Any]]) -> None:
    """Reasons come by position (TransactWriteItems); the weightiest decides.

    A conflict says nothing about any row, only that somebody else is just writing one of them.
    """
    codes = [str(reason.get("Code")) for reason in reasons]
    if any(code in _NEVER for code in codes):
        raise RefusedError(f"the table refuses a transaction: {error}") from error
    for position, reason in enumerate(reasons):
        if reason.get("Code") == "ConditionalCheckFailed":
            item = reason.get("Item")
            raise ConditionFailedError(decode_row(item) if item else None, position) from error
    if "TransactionConflict" in codes:
        raise _BusyError from error
    if any(code in _TRANSIENT for code in codes):
        raise UnavailableError("the table refuses a transaction for now") from error


def encode(value: Any) -> Any:  # noqa: PLR0911 - one line per type
    """A plain value in DynamoDB's JSON. Raises TypeError or ValueError for what no row can hold."""
    match value:
        case str():
            value.encode()
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": {name: encode(item) for name, item in value.items() if item is not None}}
        case list() | tuple():
            return {"L": [encode(item) for item in value]}
        case float():
            return {"N": repr(value)}
        case None:
            return {"NULL": True}
    raise TypeError(f"no row can hold a {type(value).__name__}")


def decode(value: Mapping[str, Any]) -> Any:
    """DynamoDB's JSON as a plain value."""
    ((kind, inner),) = value.items()
    match kind:
        case "S" | "BOOL":
            return inner
        case "N":
            return int(inner) if inner.lstrip("-").isdigit() else float(inner)
        case "M":
            return {name: decode(item) for name, item in inner.items()}
        case "L":
            return [decode(item) for item in inner]
        case "NULL":
            return None
    raise TypeError(f"no row of ours holds a {kind}")


def encode_row(row: Row) -> dict[str, Any]:
    """A row as the API wants it; empty values are left out."""
    return {name: encode(value) for name, value in row.items() if _is_stored(value)}


def decode_row(item: Mapping[str, Any]) -> Row:
    """A row as the API gives it (also a stream record's image)."""
    return {name: decode(value) for name, value in item.items()}


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
