"""Which services are down, in the table.

    SERVICE#<name> / CAUSE#<incident>   exact: this incident keeps it down
    SERVICES       / <name>             the summary, written on flips only, all read by one query

A cause changes in one transaction with a check that the incident and its alerts are still as they were when
that was decided. So whoever decided on an older incident fails, and whoever changes it later decides anew.

The summary follows the causes. The last cause goes and a new one comes at the same time, seen by two
writers: both write the cause first and read then, and whoever has flipped the summary reads the causes once
more. One of the two always sees the other (every read here is strongly consistent).

       A (restored)                         B (opened)
       delete own cause                     put own cause
       causes left? none                    summary says down? yes: nothing to write
       summary := up
       causes left? B's: summary := down
"""

from collections.abc import Set as AbstractSet
from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import Change, Incident
from leitplanke.domain.services import ServiceState, next_look
from leitplanke.table import keys, rows, timelines
from leitplanke.table.client import ABSENT, Check, ConditionFailedError, Delete, Put, Table, Update, Write

_TRIES = 24
"""Of sixteen who flip at once the last one is done after sixteen rounds."""
_PAGE = 1_000


def subject(service: str) -> str:
    """The name under which looks and events speak of a service."""
    return f"service/{service}"


class Services:
    """The states of all services that the catalogue knows. Others are never stored: nobody needs them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> dict[str, ServiceState]:
        """Every service that was ever down, by name."""
        states: dict[str, ServiceState] = {}
        after: str | None = None
        while True:
            page = self._table.query(keys.SERVICES_PARTITION, after=after, limit=_PAGE)
            for row in page.rows:
                states[row["service"]] = rows.service_of(row)
            if not page.more:
                return states
            after = page.rows[-1]["sk"]

    def get(self, service: str) -> ServiceState | None:
        """One service's state; None if it was never down."""
        row = self._table.get(keys.service_state(service))
        return rows.service_of(row) if row else None

    def causes(self, service: str) -> list[str]:
        """The incidents that keep this service down."""
        found: list[str] = []
        last = keys.service_cause(service, "~")
        after = keys.service_cause(service, "").sk
        while True:
            page = self._table.query(last.pk, between=(after, last.sk), limit=_PAGE)
            found.extend(row["incident"] for row in page.rows)
            if not page.more:
                return found
            after = page.rows[-1]["sk"] + " "

    def has_cause(self, seen: Incident) -> bool:
        """Whether this incident keeps its service down."""
        return self._table.get(keys.service_cause(seen.service, seen.incident_id)) is not None

    def judged(self, seen: Incident, *, down: bool, at: datetime) -> AbstractSet[str]:
        """This live incident takes its service down, or does not; returns all services that are down then.

        Repeatable. Raises LostRaceError if the incident or its alerts changed since it was read.
        """
        held = self.has_cause(seen)
        if held is not down:
            self._set_cause(seen, down=down, at=at)
        states = self.all()
        state = states.get(seen.service)
        names = {name for name, one in states.items() if one.down}
        if down and seen.service in names:
            return names
        is_down = self._follow(seen.service, state, wanted=True if down else None, at=at, by=_by(seen))
        return names | {seen.service} if is_down else names - {seen.service}

    def released(self, seen: Incident, *, at: datetime) -> None:
        """This incident is over for its service. Repeatable.

        Raises LostRaceError if the incident changed since it was read.
        """
        if self.has_cause(seen):
            self._set_cause(seen, down=False, at=at)
        self._follow(seen.service, self.get(seen.service), wanted=None, at=at, by=_by(seen))

    def timeline(
        self, service: str, *, after_revision: int, limit: int, until_revision: int | None = None
    ) -> timelines.TimelinePage:
        """Its flips after a revision, oldest first."""
        return timelines.read(
            self._table,
            keys.service_flip(service),
            after_revision=after_revision,
            until_revision=until_revision,
            limit=limit,
        )

    def published(self, service: str, revision: int, *, after: int) -> None:
        """Everything up to this flip is on the bus, if it was up to `after`."""
        timelines.mark_published(self._table, keys.service_state(service), revision, after=after)

    def _set_cause(self, seen: Incident, *, down: bool, at: datetime) -> None:
        key = keys.service_cause(seen.service, seen.incident_id)
        row = rows.plain_row(key, "cause", incident=seen.incident_id, service=seen.service, since=at)
        still_so = Check(
            key=keys.incident(seen.incident_id),
            condition="revision = :revision AND pulse = :pulse",
            values={"revision": seen.revision, "pulse": seen.pulse},
        )
        try:
            self._table.transact([Put(row=row) if down else Delete(key=key), still_so])
        except ConditionFailedError as failed:
            raise LostRaceError(f"incident {seen.incident_id} and its service") from failed

    def _follow(
        self, service: str, state: ServiceState | None, *, wanted: bool | None, at: datetime, by: str
    ) -> bool:
        """Make the summary say what the causes say, and return that. `wanted` is what they say, if known.

        After a flip the causes are read once more; so they are by whoever comes after one who died there.
        """
        for _ in range(_TRIES):
            down = bool(self._a_cause(service)) if wanted is None else wanted
            if (state is not None and state.down) is down:
                return down
            self._flip(state, service, to_down=down, at=at, by=by)
            wanted, state = None, self.get(service)
        raise LostRaceError(f"state of service {service}")

    def _a_cause(self, service: str) -> bool:
        key = keys.service_cause(service, "")
        return bool(self._table.query(key.pk, begins_with=key.sk, limit=1).rows)

    def _flip(
        self, before: ServiceState | None, service: str, *, to_down: bool, at: datetime, by: str
    ) -> None:
        """One flip, or none if somebody else has flipped it since `before`."""
        after = ServiceState(
            service=service, down=to_down, since=at, revision=before.revision + 1 if before else 1
        )
        change = Change(kind="service.flipped", at=at, by=by, data={"service": service, "down": to_down})
        writes: list[Write] = [
            _state_write(before, after),
            timelines.line(keys.service_flip(service), after.revision, change),
        ]
        due = next_look(after)
        if due is not None:
            writes.append(Put(row=rows.look_row(due, subject(service), mark=str(after.revision))))
        try:
            self._table.transact(writes)
        except ConditionFailedError:
            return  # the caller reads again


def _state_write(before: ServiceState | None, after: ServiceState) -> Put | Update:
    row = rows.service_row(after)
    if before is None:
        return Put(row=row, condition=ABSENT)
    return Update(
        key=keys.service_state(after.service),
        set_={name: row[name] for name in ("down", "since", "revision")},
        condition="revision = :before",
        values={"before": before.revision},
    )


def _by(incident: Incident) -> str:
    return f"incident/{incident.incident_id}"
