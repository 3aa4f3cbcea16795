"""What AWS takes, and our engine does not check: written down here so that tests can."""

import re
from collections.abc import Iterator
from typing import Any

from leitplanke.table.client import Row, encode_row

MAX_MESSAGE_BYTES = 262_144
"""Amazon SQS, quotas: 256 KiB holds in every account and region."""
_NOT_IN_SQS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Amazon SQS API reference, SendMessage: characters outside this set are refused."""
MAX_ROW_BYTES = 409_600
"""Amazon DynamoDB, quotas: 400 KB with all attribute names."""
MAX_PARTITION_KEY_BYTES = 2_048
MAX_SORT_KEY_BYTES = 1_024


def sqs_refuses(body: str) -> str:
    """Why SQS would not take this message; empty if it would."""
    if bad := _NOT_IN_SQS.search(body):
        return f"the character U+{ord(bad.group()):04X}"
    size = len(body.encode())
    return f"{size} bytes" if size > MAX_MESSAGE_BYTES else ""


def dynamodb_refuses(row: Row) -> list[str]:
    """Why DynamoDB would not take this row; empty if it would."""
    encoded = encode_row(row)
    found = [f"an attribute without a name in {place}" for place in _nameless(row, str(row["pk"]))]
    size = _size(encoded)
    if size > MAX_ROW_BYTES:
        found.append(f"{size} bytes")
    for name, value in row.items():
        limit = MAX_PARTITION_KEY_BYTES if name.endswith("pk") else MAX_SORT_KEY_BYTES
        if name in _KEYS and not 0 < len(str(value).encode()) <= limit:
            found.append(f"{name} has {len(str(value).encode())} bytes")
    return found


_KEYS = {"pk", "sk"} | {f"gsi{number}{part}" for number in range(1, 5) for part in ("pk", "sk")}


def _nameless(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name:
                yield place
            yield from _nameless(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _nameless(inner, place)


def _size(value: Any) -> int:
    """As DynamoDB counts, from above: UTF-8 of names and values, and a few bytes for each value."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + 3 + _size(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(3 + _size(inner) for inner in value)
    return len(str(value).encode())
