"""Problems in the table: one live problem per signature, its timeline, its incidents.

SIGNATURE#<s> / PROBLEM                   the one live problem
PROBLEM#<id>  / PROBLEM, T#..., LINK#...  the problem, its timeline, its incidents
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.domain.problems import Link, Problem, ProblemChanged, ProblemState, next_look
from leitplanke.table import keys, lists, rows, timelines
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Update, Write, difference

LINKS_AT_ONCE = 90
"""Incidents linked in one transaction, which holds 100 rows."""


def subject(problem_id: str) -> str:
    """The name under which looks and events speak of a problem."""
    return f"problem/{problem_id}"


class Problems:
    """Everything stored about problems."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, problem_id: str) -> Problem:
        """One problem. Raises NotFoundError."""
        row = self._table.get(keys.problem(problem_id))
        if row is None:
            raise NotFoundError("problem", problem_id)
        return rows.problem_of(row)

    def open(self, changed: ProblemChanged, links: Sequence[Link]) -> Problem:
        """The one live problem of its signature, with its first incidents (up to LINKS_AT_ONCE).

        Raises LostRaceError if there is a live one already.
        """
        problem = _with_look(changed.problem)
        pointer = rows.plain_row(
            keys.signature_problem(problem.signature), "live_problem", problem=problem.problem_id
        )
        writes: list[Write] = [
            Put(row=pointer, condition=ABSENT),
            Put(row=rows.problem_row(problem), condition=ABSENT),
            _line(problem, changed),
            *(Put(row=_link_row(problem.problem_id, link)) for link in links),
        ]
        self._transact(_and_look(writes, problem, None), f"opening a problem for {problem.signature}")
        return problem

    def link(self, before: Problem, changed: ProblemChanged, link: Link) -> Problem | None:
        """One more incident. None if it is linked already. Raises LostRaceError."""
        try:
            return self._link(before, changed, [link])
        except ConditionFailedError as failed:
            if failed.position == 0:
                return None
            raise LostRaceError(f"linking to problem {before.problem_id}") from failed

    def gather(self, before: Problem, changed: ProblemChanged, links: Sequence[Link]) -> Problem:
        """More incidents, up to 90. Raises LostRaceError, also if one of them is linked already."""
        try:
            return self._link(before, changed, links)
        except ConditionFailedError as failed:
            raise LostRaceError(f"linking to problem {before.problem_id}") from failed

    def _link(self, before: Problem, changed: ProblemChanged, links: Sequence[Link]) -> Problem:
        after = _with_look(changed.problem)
        writes: list[Write] = [
            *(Put(row=_link_row(before.problem_id, link), condition=ABSENT) for link in links),
            _change(before, after),
            _line(after, changed),
        ]
        self._table.transact(_and_look(writes, after, before.look_at))
        return after

    def commit(self, before: Problem, changed: ProblemChanged, *, extra: Sequence[Write] = ()) -> Problem:
        """Store one visible change as one transaction. Raises LostRaceError."""
        after = _with_look(changed.problem)
        writes: list[Write] = [_change(before, after), _line(after, changed), *extra]
        self._transact(_and_look(writes, after, before.look_at), f"changing problem {before.problem_id}")
        return after

    def worked_on_by(self, team: str, *, limit: int) -> int:
        """How many problems a team has accepted and not finished; what is above `limit` is not counted.

        Cost: one query of keys a shard.
        """
        partitions = [keys.by_name("WORK", team, "accepted", shard) for shard in keys.ALL_SHARDS]
        return lists.counted(self._table, partitions, index=keys.GSI3, limit=limit)

    def links(self, problem_id: str, *, limit: int) -> list[Link]:
        """Its incidents, at most so many. One query per MB."""
        found: list[Link] = []
        last = keys.problem_link(problem_id, "~")
        after = keys.problem_link(problem_id, "").sk
        while True:
            page = self._table.query(last.pk, between=(after, last.sk), limit=limit - len(found))
            found.extend(_link_of(row) for row in page.rows)
            if not page.more or len(found) >= limit:
                return found
            after = page.rows[-1]["sk"] + " "

    def timeline(
        self, problem_id: str, *, after_revision: int, limit: int, until_revision: int | None = None
    ) -> timelines.TimelinePage:
        """Its story after a revision, oldest first."""
        return timelines.read(
            self._table,
            keys.problem(problem_id),
            after_revision=after_revision,
            until_revision=until_revision,
            limit=limit,
        )

    def published(self, problem_id: str, revision: int, *, after: int) -> None:
        """Everything up to this revision is on the bus, if it was up to `after`."""
        timelines.mark_published(self._table, keys.problem(problem_id), revision, after=after)

    def looked(self, seen: Problem) -> bool:
        """No look is armed any more, if nothing happened since `seen`."""
        try:
            self._table.update(
                Update(
                    key=keys.problem(seen.problem_id),
                    remove=("look_at",),
                    condition="revision = :revision",
                    values={"revision": seen.revision},
                )
            )
        except ConditionFailedError:
            return False
        return True

    def listed(
        self, *, states: Sequence[ProblemState], limit: int, before: str | None = None
    ) -> lists.Listing[Problem]:
        """Problems, newest first. One small query per state and shard, one batch read."""
        partitions = [
            keys.by_state("PROBLEMS", state.value, shard) for state in states for shard in keys.ALL_SHARDS
        ]
        found = lists.newest_keys(self._table, partitions, index=keys.GSI1, limit=limit, before=before)
        ids = [mark.split("#", 1)[1] for mark in found.marks]
        stored = self._table.get_many(keys.problem(ident) for ident in ids)
        problems = {row["id"]: rows.problem_of(row) for row in stored.values()}
        kept = tuple(problems[ident] for ident in ids if ident in problems)
        return lists.Listing(items=kept, next_mark=found.next_mark)

    def _transact(self, writes: Sequence[Write], what: str) -> None:
        try:
            self._table.transact(writes)
        except ConditionFailedError as failed:
            raise LostRaceError(what) from failed


def _with_look(problem: Problem) -> Problem:
    needed = next_look(problem)
    if needed is None or (problem.look_at is not None and problem.look_at <= needed):
        return problem
    return replace(problem, look_at=needed)


def _and_look(writes: list[Write], after: Problem, armed: datetime | None) -> list[Write]:
    if after.look_at is not None and after.look_at != armed:
        look = rows.look_row(after.look_at, subject(after.problem_id), mark=str(after.revision))
        writes.append(Put(row=look))
    return writes


def _change(before: Problem, after: Problem) -> Update:
    changed, removed = difference(rows.problem_row(before), rows.problem_row(after))
    values: Row = {"revision": before.revision}
    look = "attribute_not_exists(look_at)"
    if before.look_at is not None:
        look = "look_at = :look_at"
        values["look_at"] = keys.time_text(before.look_at)
    return Update(
        key=keys.problem(before.problem_id),
        set_=changed,
        remove=removed,
        condition=f"revision = :revision AND {look}",
        values=values,
    )


def _line(problem: Problem, changed: ProblemChanged) -> Put:
    return timelines.line(keys.problem(problem.problem_id), problem.revision, changed.change)


def _link_row(problem_id: str, link: Link) -> Row:
    key = keys.problem_link(problem_id, link.incident_id)
    return rows.plain_row(key, "link", incident=link.incident_id, opened_at=link.opened_at)


def _link_of(row: Row) -> Link:
    return Link(incident_id=row["incident"], opened_at=rows.time_of(row["opened_at"]))
