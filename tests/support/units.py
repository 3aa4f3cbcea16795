"""What DynamoDB bills for a call: keys written, sizes of items, read and write units by the real rules.

Source: Amazon DynamoDB developer guide, "DynamoDB item sizes and formats", "Capacity unit consumption".
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

WRITE_BYTES = 1_024
READ_BYTES = 4_096
Item = Mapping[str, Any]
Key = tuple[str, str]


def write_units(before: Item | None, now: Item | None, *, transactional: bool) -> int:
    """Of one item in the table: the larger of before and after, per KB begun, twice in a transaction."""
    larger = max((item_bytes(item) for item in (before, now) if item), default=0)
    return (2 if transactional else 1) * max(1, math.ceil(larger / WRITE_BYTES))


def index_entry(index: str, item: Item | None) -> Key | None:
    """Where this item stands in an index; None if it does not."""
    if item is None or f"{index}pk" not in item or f"{index}sk" not in item:
        return None
    return item[f"{index}pk"]["S"], item[f"{index}sk"]["S"]


def read_units(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
    """Of one call: 4 KB begun is one unit, half if it may be stale; a query counts what it went over."""
    match operation:
        case "GetItem":
            sizes, strong = [item_bytes(parsed.get("Item", {}))], params.get("ConsistentRead", False)
        case "BatchGetItem":
            request = next(iter(params["RequestItems"].values()))
            found = [item for items in parsed.get("Responses", {}).values() for item in items]
            sizes = [item_bytes(item) for item in found] + [0] * (len(request["Keys"]) - len(found))
            strong = request.get("ConsistentRead", False)
        case "Query":
            if "FilterExpression" in params or "ProjectionExpression" in params:
                raise NotImplementedError("what a filter hides is billed, and cannot be seen here")
            sizes = [sum(map(item_bytes, parsed.get("Items", [])))]
            strong = params.get("ConsistentRead", False)
        case _:
            return 0.0
    return sum(max(1, math.ceil(size / READ_BYTES)) for size in sizes) * (1.0 if strong else 0.5)


def keys_written(operation: str, params: Mapping[str, Any]) -> list[Key]:
    """The items that a call writes (or checks in a transaction), in its order."""
    return [_written(operation, one) for one in _writes(operation, params)]


def keys_read(operation: str, params: Mapping[str, Any]) -> tuple[Key, ...]:
    """The items that a call asks for by key."""
    if operation == "GetItem":
        return ((params["Key"]["pk"]["S"], params["Key"]["sk"]["S"]),)
    if operation == "BatchGetItem":
        asked = next(iter(params["RequestItems"].values()))["Keys"]
        return tuple((key["pk"]["S"], key["sk"]["S"]) for key in asked)
    return ()


def table_of(params: Mapping[str, Any]) -> str | None:
    """The table that a call writes to."""
    if "TableName" in params:
        return str(params["TableName"])
    if "TransactItems" in params:
        return next(str(action["TableName"]) for item in params["TransactItems"] for action in item.values())
    if "Statements" in params:
        found = re.search(r'(?:INTO|UPDATE|FROM) "([^"]+)"', params["Statements"][0]["Statement"])
        return found[1] if found else None
    return None


def failed_conditions(parsed: Mapping[str, Any]) -> int:
    """How many writes of a call were stopped by their condition."""
    if "Error" in parsed:
        return 1
    return sum("Error" in response for response in parsed.get("Responses", []))


_WRITING = ("PutItem", "UpdateItem", "DeleteItem")
_READING = ("GetItem", "BatchGetItem", "Query")


def _writes(operation: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if operation in _WRITING:
        return [params]
    if operation in _READING:
        return []
    match operation:
        case "TransactWriteItems":
            return [action for item in params["TransactItems"] for action in item.values()]
        case "BatchExecuteStatement":
            return list(params["Statements"])
    raise NotImplementedError(f"no rule for {operation}: add one before it is used")


def _written(operation: str, write: Mapping[str, Any]) -> Key:
    if operation == "BatchExecuteStatement":
        return _key_of_statement(write["Statement"], write["Parameters"])
    key = write.get("Key") or write["Item"]
    return key["pk"]["S"], key["sk"]["S"]


def _key_of_statement(text: str, parameters: Sequence[Item]) -> Key:
    """The key in `INSERT INTO ... VALUE {'pk':?,...}` or `UPDATE ... WHERE "pk"=? AND "sk"=?`."""
    names = re.findall(r"""['"](\w+)['"]\s*[:=]\s*\?""", text)
    values = dict(zip(names, parameters, strict=True))
    return values["pk"]["S"], values["sk"]["S"]


def item_bytes(item: Item) -> int:
    """The size that DynamoDB bills ("DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return _number_bytes(inner)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(one) for name, one in inner.items())
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in inner)
    raise ValueError(f"no rule for {kind}")


def _number_bytes(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return 1 + math.ceil((len(digits) + 1) / 2) + text.startswith("-")
