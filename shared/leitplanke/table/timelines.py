"""Timelines in the table. A timeline is the outbox too: its line number is its subject's revision.

Every subject (incident, problem, service) notes the last revision that is on the bus; what lies between
that and its revision is what the publisher owes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from leitplanke.domain.incidents import Change
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Table, Update
from leitplanke.table.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """Lines of a timeline, oldest first; `next_revision` is where to go on, None at the end."""

    entries: Sequence[rows.TimelineEntry]
    next_revision: int | None


def line(owner: Key, revision: int, change: Change) -> Put:
    """The write of one line; a line is written once."""
    return Put(row=rows.timeline_row(owner, revision, change), condition=ABSENT)


def read(
    table: Table, owner: Key, *, after_revision: int, limit: int, until_revision: int | None = None
) -> TimelinePage:
    """Lines after a revision, oldest first, strongly consistent. One query."""
    first = keys.timeline(owner, after_revision + 1).sk
    last = "T#~" if until_revision is None else keys.timeline(owner, until_revision).sk
    page = table.query(owner.pk, between=(first, last), limit=limit)
    entries = [rows.timeline_of(row) for row in page.rows]
    return TimelinePage(entries=entries, next_revision=entries[-1].revision if page.more else None)


def mark_published(table: Table, owner: Key, revision: int, *, after: int) -> None:
    """Note on a subject that its timeline is on the bus up to this revision, if it was up to `after`.

    Going back is not possible. Where an earlier revision is not on the bus nothing is noted: the clocks
    publish from there.
    """
    try:
        table.update(
            Update(
                key=owner,
                set_={"published": revision},
                condition="published < :revision AND published >= :after",
                values={"revision": revision, "after": after},
            )
        )
    except ConditionFailedError:
        return  # somebody noted this revision or a later one, or one before is missing
