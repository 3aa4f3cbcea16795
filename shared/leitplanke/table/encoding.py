"""Rows as plain Python values and as DynamoDB's JSON.

Rows are dicts of str, int, bool, list and dict; None and empty values are not stored.
"""

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]


def is_stored(value: Any) -> bool:
    """Whether a row keeps this value, or leaves its attribute out."""
    return value is not None and value not in ("", [], {}, ())


def difference(before: Row, after: Row) -> tuple[Row, list[str]]:
    """What to set and what to remove to make `before` into `after`."""
    changed = {name: value for name, value in after.items() if is_stored(value) and before.get(name) != value}
    removed = [name for name, value in before.items() if is_stored(value) and not is_stored(after.get(name))]
    return changed, removed


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
    return {name: encode(value) for name, value in row.items() if is_stored(value)}


def decode_row(item: Mapping[str, Any]) -> Row:
    """A row as the API gives it (also a stream record's image)."""
    return {name: decode(value) for name, value in item.items()}
