"""What is remembered of a signature: its incidents, what restored them, and the problem that is live.

SIGNATURE#<s> / SEEN#<opened_at>#<incident>   one incident of this signature, and what was learnt from it
SIGNATURE#<s> / WORKAROUND                    everything that restored it before, and how often
SIGNATURE#<s> / PROBLEM                       the one live problem (written by `table.problems`)

What an incident teaches is one transaction of the two rows above: the first says that it is counted, the
second counts. So it is counted once, whatever comes twice, late or out of order.
"""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import Incident, KnownWorkaround
from leitplanke.domain.problems import Link
from leitplanke.domain.workarounds import Learnt, Lesson, best
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known around one incident. `known` are workarounds, `version` is theirs.

    They are left out for an incident that has none to add.
    """

    problem_id: str | None
    noted: bool
    learnt: Learnt | None
    known: tuple[KnownWorkaround, ...]
    version: int


class Signatures:
    """The memory of all signatures."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def memory(self, incident: Incident) -> Memory:
        """What is known of this incident and its signature. One batch read of two rows or three."""
        seen, live = _seen_key(incident), keys.signature_problem(incident.signature)
        known = keys.signature_workaround(incident.signature)
        found = self._table.get_many([seen, live, *([known] if incident.workaround else [])])
        return Memory(
            problem_id=found[live]["problem"] if live in found else None,
            noted=seen in found,
            learnt=_learnt_of(found.get(seen, {})),
            known=_known_of(found.get(known)),
            version=found[known]["version"] if known in found else 0,
        )

    def note(self, incident: Incident) -> None:
        """This incident has this signature. Repeatable."""
        try:
            self._table.put(Put(row=_seen_row(incident), condition=ABSENT))
        except ConditionFailedError:
            return  # noted before

    def learn(self, incident: Incident, memory: Memory, lesson: Lesson) -> None:
        """Count what restored this incident. Raises LostRaceError if others learnt since `memory`."""
        seen = _seen_row(incident) | {
            "learnt_text": lesson.learnt.text,
            "learnt_helped": lesson.learnt.helped,
            "learnt_revision": lesson.learnt.revision,
        }
        counted = rows.plain_row(
            keys.signature_workaround(incident.signature), "workaround", version=memory.version + 1
        ) | {"known": [rows.workaround_out(one) for one in lesson.known]}
        before = memory.learnt
        writes = [
            Put(
                row=counted,
                condition="version = :version" if memory.version else ABSENT,
                values={"version": memory.version} if memory.version else {},
            ),
            Put(
                row=seen,
                condition="learnt_revision = :before" if before else "attribute_not_exists(learnt_revision)",
                values={"before": before.revision} if before else {},
            ),
        ]
        try:
            self._table.transact(writes)
        except ConditionFailedError as failed:
            raise LostRaceError(f"workarounds of signature {incident.signature}") from failed

    def occurrences(self, signature: str, *, since: datetime, limit: int) -> list[Link]:
        """Incidents of this signature opened since then, newest first, at most so many. One query per MB."""
        found: list[Link] = []
        pk, first, last = keys.signature_workaround(signature).pk, f"SEEN#{keys.time_text(since)}", "SEEN#~"
        while True:
            page = self._table.query(pk, between=(first, last), newest_first=True, limit=limit)
            found.extend(
                Link(incident_id=row["incident"], opened_at=rows.time_of(row["opened_at"]))
                for row in page.rows
                if row["sk"] != last
            )
            if not page.more or len(found) >= limit:
                return found[:limit]
            last = page.rows[-1]["sk"]

    def workaround(self, signature: str) -> KnownWorkaround | None:
        """What is best tried when this signature comes again."""
        return best(_known_of(self._table.get(keys.signature_workaround(signature))))


def _seen_key(incident: Incident) -> keys.Key:
    return keys.signature_occurrence(incident.signature, incident.opened_at, incident.incident_id)


def _seen_row(incident: Incident) -> Row:
    return rows.plain_row(
        _seen_key(incident), "occurrence", incident=incident.incident_id, opened_at=incident.opened_at
    )


def _learnt_of(row: Row) -> Learnt | None:
    if "learnt_revision" not in row:
        return None
    return Learnt(text=row["learnt_text"], helped=bool(row["learnt_helped"]), revision=row["learnt_revision"])


def _known_of(row: Row | None) -> tuple[KnownWorkaround, ...]:
    return tuple(rows.workaround_in(one) for one in row["known"]) if row else ()
