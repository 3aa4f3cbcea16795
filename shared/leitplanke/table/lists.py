"""Sharded lists read as one: every shard gives its first few, the best of them make the page.

The mark between pages is the last sort key shown, so a page costs one query a shard wherever it is,
and rows that come or go in between neither repeat nor hide others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from leitplanke.table.client import Row, Table

T = TypeVar("T")

_LAST = "~"
"""Sorts after every character that times and ids have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """One page; `next_mark` asks for the next one, None when there is none."""

    items: tuple[T, ...]
    next_mark: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Sort keys of one page of an index."""

    marks: tuple[str, ...]
    next_mark: str | None


def newest_keys(  # noqa: PLR0913 - the parts of one question, all by keyword
    table: Table,
    partitions: Sequence[str],
    *,
    index: str,
    limit: int,
    before: str | None,
    since: str | None = None,
) -> Marks:
    """The newest sort keys over all partitions of an index, older than `before`, not older than `since`."""
    found: list[str] = []
    more = False
    span = None if since is None else (since, _just_below(before))
    if span is not None and span[0] > span[1]:
        return Marks(marks=(), next_mark=None)
    for partition in partitions:
        page = table.query(
            partition,
            index=index,
            before=before,
            between=span,
            newest_first=True,
            limit=limit,
        )
        found.extend(row[f"{index}sk"] for row in page.rows)
        more = more or page.more
    # What changes its state between two queries is in both of them.
    found = sorted(set(found), reverse=True)
    shown = tuple(found[:limit])
    return Marks(marks=shown, next_mark=shown[-1] if shown and (more or len(found) > limit) else None)


def _just_below(mark: str | None) -> str:
    """The end of a range that has everything before the mark: a range of DynamoDB includes its ends."""
    return _LAST if mark is None else f"{mark[:-1]}{chr(ord(mark[-1]) - 1)}{_LAST}"


def counted(table: Table, partitions: Sequence[str], *, index: str, limit: int) -> int:
    """How many rows there are over all partitions of an index, counted up to `limit`."""
    found = 0
    for partition in partitions:
        if found < limit:
            found += len(table.query(partition, index=index, limit=limit - found).rows)
    return found


def merged(
    table: Table, partitions: Sequence[str], *, limit: int, after: str | None, read: Callable[[Row], T]
) -> Listing[T]:
    """Rows of all partitions in sort key order, after the mark."""
    found: list[Row] = []
    more = False
    for partition in partitions:
        page = table.query(partition, after=after, limit=limit)
        found.extend(page.rows)
        more = more or page.more
    found.sort(key=lambda row: str(row["sk"]))
    shown = found[:limit]
    next_mark = str(shown[-1]["sk"]) if shown and (more or len(found) > limit) else None
    return Listing(items=tuple(read(row) for row in shown), next_mark=next_mark)
