"""Problems in the table, and the history of signatures that opens them.

SIGNATURE#<s> / SEEN#<opened_at>#<incident>   every incident of this signature
SIGNATURE#<s> / PROBLEM                       the one live problem
SIGNATURE#<s> / WORKAROUND                    what restored it before
PROBLEM#<id>  / PROBLEM, T#..., LINK#...      the problem, its timeline, its incidents
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.domain.incidents import Incident, KnownWorkaround
from leitplanke.domain.problems import Problem, ProblemChanged, ProblemState, next_look
from leitplanke.table import keys, lists, rows, timelines
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Update, Write, difference


def subject(problem_id: str) -> str:
    """The name under which looks and events speak of a problem."""
    return f"problem/{problem_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One incident of a problem."""

    incident_id: str
    opened_at: datetime


class Problems:
    """Everything stored about problems and signatures."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, problem_id: str) -> Problem:
        """One problem. Raises NotFoundError."""
        row = self._table.get(keys.problem(problem_id))
        if row is None:
            raise NotFoundError("problem", problem_id)
        return rows.problem_of(row)

    def live(self, signature: str) -> Problem | None:
        """The live problem of a signature, if there is one."""
        row = self._table.get(keys.signature_problem(signature))
        return self.get(row["problem"]) if row else None

    def note_occurrence(self, incident: Incident) -> None:
        """This incident has this signature. Repeatable."""
        key = keys.signature_occurrence(incident.signature, incident.opened_at, incident.incident_id)
        try:
            self._table.put(
                Put(
                    row=rows.plain_row(
                        key, "occurrence", incident=incident.incident_id, opened_at=incident.opened_at
                    ),
                    condition=ABSENT,
                )
            )
        except ConditionFailedError:
            return  # noted before

    def occurrences(self, signature: str, *, since: datetime, limit: int = 1_000) -> list[Link]:
        """Incidents of this signature opened since then, newest first."""
        page = self._table.query(
            keys.signature_workaround(signature).pk,
            between=(f"SEEN#{keys.time_text(since)}", "SEEN#~"),
            newest_first=True,
            limit=limit,
        )
        return [
            Link(incident_id=row["incident"], opened_at=rows.time_of(row["opened_at"])) for row in page.rows
        ]

    def open(self, changed: ProblemChanged, links: Sequence[Link]) -> Problem:
        """The one live problem of its signature, with its first incidents (up to 90).

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
        after = _with_look(changed.problem)
        row_key = keys.problem_link(before.problem_id, link.incident_id)
        if self._table.get(row_key) is not None:
            return None
        put_link = Put(row=_link_row(before.problem_id, link), condition=ABSENT)
        writes: list[Write] = [put_link, _change(before, after), _line(after, changed)]
        self._transact(_and_look(writes, after, before.look_at), f"linking to problem {before.problem_id}")
        return after

    def commit(self, before: Problem, changed: ProblemChanged) -> Problem:
        """Store one visible change as one transaction. Raises LostRaceError."""
        after = _with_look(changed.problem)
        writes: list[Write] = [_change(before, after), _line(after, changed)]
        self._transact(_and_look(writes, after, before.look_at), f"changing problem {before.problem_id}")
        return after

    def links(self, problem_id: str, *, limit: int) -> list[Link]:
        """Its incidents."""
        page = self._table.query(keys.problem(problem_id).pk, begins_with="LINK#", limit=limit)
        return [
            Link(incident_id=row["incident"], opened_at=rows.time_of(row["opened_at"])) for row in page.rows
        ]

    def timeline(self, problem_id: str, *, after_revision: int, limit: int) -> timelines.TimelinePage:
        """Its story after a revision, oldest first."""
        owner = keys.problem(problem_id)
        return timelines.read(self._table, owner, after_revision=after_revision, limit=limit)

    def published(self, problem_id: str, revision: int) -> None:
        """Everything up to this revision is on the bus."""
        timelines.mark_published(self._table, keys.problem(problem_id), revision)

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

    def workaround(self, signature: str) -> KnownWorkaround | None:
        """What restored this signature before."""
        row = self._table.get(keys.signature_workaround(signature))
        return rows.workaround_in(row["known"]) if row else None

    def learn_workaround(self, incident: Incident, *, at: datetime) -> None:
        """This incident was restored by its workaround: remember it for the next one. Repeatable.

        The same words count again, other words begin anew. An incident counts once.
        """
        if not incident.workaround:
            return
        key = keys.signature_workaround(incident.signature)
        for _ in range(_TRIES):
            row = self._table.get(key)
            known = rows.workaround_in(row["known"]) if row else None
            if row and incident.incident_id in row["incidents"]:
                return
            again = known is not None and known.text == incident.workaround
            learned = KnownWorkaround(
                text=incident.workaround,
                incident_id=incident.incident_id,
                used=(known.used if known and again else 0) + 1,
                worked=(known.worked if known and again else 0) + (incident.workaround_helped is not False),
                last_at=at,
            )
            counted = [*(row["incidents"] if row and again else []), incident.incident_id][-_REMEMBERED:]
            if self._put_workaround(incident.signature, learned, counted, row):
                return
        raise LostRaceError(f"workaround of signature {incident.signature}")

    def _put_workaround(
        self, signature: str, known: KnownWorkaround, incidents: list[str], before: Row | None
    ) -> bool:
        version = before["version"] if before else 0
        row = rows.plain_row(
            keys.signature_workaround(signature), "workaround", incidents=incidents, version=version + 1
        ) | {"known": rows.workaround_out(known)}
        try:
            self._table.put(
                Put(
                    row=row,
                    condition="version = :version" if before else ABSENT,
                    values={"version": version} if before else {},
                )
            )
        except ConditionFailedError:
            return False
        return True

    def _transact(self, writes: Sequence[Write], what: str) -> None:
        try:
            self._table.transact(writes)
        except ConditionFailedError as failed:
            raise LostRaceError(what) from failed


_TRIES = 8
_REMEMBERED = 50
"""How many incidents a workaround remembers having counted: more never restore at the same time."""

OCCURRENCE_MEMORY = timedelta(days=400)
"""How far back recurrence can look."""


def _with_look(problem: Problem) -> Problem:
    needed = next_look(problem)
    if needed is None or (problem.look_at is not None and problem.look_at <= needed):
        return problem
    return replace(problem, look_at=needed)


def _and_look(writes: list[Write], after: Problem, armed: datetime | None) -> list[Write]:
    if after.look_at is not None and after.look_at != armed:
        writes.append(Put(row=rows.look_row(after.look_at, subject(after.problem_id))))
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
