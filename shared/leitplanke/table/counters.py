"""Counters: rows of numbers that only grow, in the transaction of whatever they count."""

from collections.abc import Mapping
from typing import Any

from leitplanke.table.client import Update
from leitplanke.table.keys import Key
from leitplanke.table.rows import SCHEMA

VERSION = "ver"
"""In counters that are compared: it grows with each change, so one can tell whether it is still as it was."""


def counter(key: Key, kind: str, *, add: Mapping[str, int], **fields: Any) -> Update:
    """Add to a counter row, which need not be there yet.

    It holds back nothing itself: that a thing is counted once is the condition of what stands beside it.
    """
    return Update(
        key=key,
        add=add,
        set_={"type": kind, "schema": SCHEMA, **fields},
        condition="attribute_not_exists(pk) OR #kind = :kind",
        values={"kind": kind},
        names={"#kind": "type"},
    )
