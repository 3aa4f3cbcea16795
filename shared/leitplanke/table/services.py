"""Which services are down, in the table.

    SERVICE#<name> / CAUSE#<incident>   exact: this incident keeps it down
    SERVICES       / <name>             the summary, written on flips only, all read by one query

The last cause goes and a new one comes at the same time, seen by two writers: both write the cause
first, then read; whoever takes the summary down to "up" reads the causes once more afterwards. One of
the two always sees the other (every read here is strongly consistent).

       A (restored)                         B (opened)
       delete own cause                     put own cause
       causes left? none                    summary says down? yes: nothing to write
       summary := up
       causes left? B's: summary := down
"""

from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import Change
from leitplanke.domain.services import ServiceState, next_look
from leitplanke.table import keys, rows, timelines
from leitplanke.table.client import ABSENT, ConditionFailedError, Delete, Put, Table, Write

_TRIES = 8


def subject(service: str) -> str:
    """The name under which looks and events speak of a service."""
    return f"service/{service}"


class Services:
    """The states of all services."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> dict[str, ServiceState]:
        """Every service that was ever down, by name, strongly consistent."""
        states: dict[str, ServiceState] = {}
        after: str | None = None
        while True:
            page = self._table.query(keys.SERVICES_PARTITION, after=after, limit=1_000)
            for row in page.rows:
                states[row["service"]] = rows.service_of(row)
            if not page.more:
                return states
            after = page.rows[-1]["sk"]

    def get(self, service: str) -> ServiceState | None:
        """One service's state; None if it was never down."""
        row = self._table.get(keys.service_state(service))
        return rows.service_of(row) if row else None

    def causes(self, service: str, *, limit: int = 1_000) -> list[str]:
        """The incidents that keep this service down."""
        page = self._table.query(keys.service_cause(service, "").pk, begins_with="CAUSE#", limit=limit)
        return [row["incident"] for row in page.rows]

    def down(self, service: str, incident_id: str, *, at: datetime) -> bool:
        """This incident takes the service down. True if that is a flip. Repeatable."""
        key = keys.service_cause(service, incident_id)
        try:
            cause = rows.plain_row(key, "cause", incident=incident_id, service=service, since=at)
            self._table.put(Put(row=cause, condition=ABSENT))
        except ConditionFailedError:
            pass  # noted before; whether the summary was, we see now
        return self._flip(service, to_down=True, at=at, by=f"incident/{incident_id}")

    def up(self, service: str, incident_id: str, *, at: datetime) -> bool:
        """This incident no longer takes the service down. True if nothing else does, which is a flip."""
        self._table.delete(Delete(key=keys.service_cause(service, incident_id)))
        if self.causes(service, limit=1):
            return False
        flipped = self._flip(service, to_down=False, at=at, by=f"incident/{incident_id}")
        if flipped and self.causes(service, limit=1):
            self._flip(service, to_down=True, at=at, by=f"incident/{incident_id}")
        return flipped

    def timeline(self, service: str, *, after_revision: int, limit: int) -> timelines.TimelinePage:
        """Its flips after a revision, oldest first."""
        owner = keys.service_flip(service)
        return timelines.read(self._table, owner, after_revision=after_revision, limit=limit)

    def published(self, service: str, revision: int) -> None:
        """Everything up to this flip is on the bus."""
        timelines.mark_published(self._table, keys.service_state(service), revision)

    def _flip(self, service: str, *, to_down: bool, at: datetime, by: str) -> bool:
        for _ in range(_TRIES):
            row = self._table.get(keys.service_state(service))
            before = rows.service_of(row) if row else None
            if (before.down if before else False) is to_down:
                return False
            if self._write_flip(before, service, to_down=to_down, at=at, by=by):
                return True
        raise LostRaceError(f"state of service {service}")

    def _write_flip(
        self, before: ServiceState | None, service: str, *, to_down: bool, at: datetime, by: str
    ) -> bool:
        after = ServiceState(
            service=service,
            down=to_down,
            since=at,
            revision=before.revision + 1 if before else 1,
            published_revision=before.published_revision if before else 0,
        )
        change = Change(kind="service.flipped", at=at, by=by, data={"service": service, "down": to_down})
        writes: list[Write] = [
            Put(
                row=rows.service_row(after),
                condition="revision = :revision" if before else ABSENT,
                values={"revision": before.revision} if before else {},
            ),
            timelines.line(keys.service_flip(service), after.revision, change),
        ]
        due = next_look(after)
        if due is not None:
            writes.append(Put(row=rows.look_row(due, subject(service))))
        try:
            self._table.transact(writes)
        except ConditionFailedError:
            return False
        return True
