"""Incidents in the table: one transaction per visible change, one plain write per pulse.

change:  { incident WHERE revision and look_at are as read } + timeline row [+ look] [+ extras]
pulse:   incident.pulse + 1 WHERE it is live and look_at is as read
opening: { group pointer WHERE it is as read } + incident + timeline row + look
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from leitplanke.domain.clocks import next_look
from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import LIVE, Changed, Incident, IncidentState
from leitplanke.table import keys, lists, rows, timelines
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Update, Write, difference


def subject(incident_id: str) -> str:
    """The name under which looks and events speak of an incident."""
    return f"incident/{incident_id}"


class ListedBy(Enum):
    """What an index can list incidents by, the narrowest first; its name is that of the partition."""

    ASSIGNEE = keys.GSI5
    SERVICE = keys.GSI2
    PRIORITY = keys.GSI6
    TEAM = keys.GSI3
    LANE = keys.GSI4

    @property
    def index(self) -> str:
        """The index."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Which incident was last opened for a group key."""

    group_key: str
    incident_id: str


class Incidents:
    """Everything stored about incidents, except their alerts' own rows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, incident_id: str) -> Incident:
        """One incident, strongly consistent. Raises NotFoundError."""
        row = self._table.get(keys.incident(incident_id))
        if row is None:
            raise NotFoundError("incident", incident_id)
        return rows.incident_of(row)

    def get_many(self, ids: Iterable[str]) -> dict[str, Incident]:
        """Those of these incidents that exist."""
        found = self._table.get_many(keys.incident(ident) for ident in ids)
        return {row["id"]: rows.incident_of(row) for row in found.values()}

    def pointers(self, group_keys: Collection[str]) -> dict[str, Pointer]:
        """Which incident each group key points to, where it does."""
        found = self._table.get_many(keys.group(group_key) for group_key in group_keys)
        return {
            row["group"]: Pointer(group_key=row["group"], incident_id=row["incident"])
            for row in found.values()
        }

    def open(self, changed: Changed, *, replaces: Pointer | None) -> Incident:
        """A new incident becomes its group's. Raises LostRaceError if the pointer moved meanwhile."""
        incident = _with_look(changed.incident)
        pointer = rows.plain_row(
            keys.group(incident.group_key), "group", group=incident.group_key, incident=incident.incident_id
        )
        condition = "incident = :before" if replaces else ABSENT
        values = {"before": replaces.incident_id} if replaces else {}
        writes: list[Write] = [
            Put(row=pointer, condition=condition, values=values),
            Put(row=rows.incident_row(incident), condition=ABSENT),
            _line(incident, changed),
        ]
        if incident.look_at:
            writes.append(_look(incident, incident.look_at))
        self._transact(writes, f"opening an incident for {incident.group_key}")
        return incident

    def commit(
        self,
        before: Incident,
        changed: Changed,
        *,
        extra: Sequence[Write] = (),
        unless_pulsed: bool = False,
    ) -> Incident:
        """Store one visible change as one transaction. Raises LostRaceError if somebody was faster.

        `unless_pulsed`: nor may its alerts have changed since `before` was read.

        A look is armed where no earlier one is; where the change relies on one that is armed already,
        the condition on `look_at` makes sure that nobody has moved it.
        """
        after = _with_look(changed.incident)
        writes: list[Write] = [
            self._change(before, after, unless_pulsed=unless_pulsed),
            _line(after, changed),
            *extra,
        ]
        if after.look_at is not None and after.look_at != before.look_at:
            writes.append(_look(after, after.look_at))
        self._transact(writes, f"changing incident {before.incident_id}")
        return after

    def pulse(self, seen: Incident, *, at: datetime, quiet_check_at: datetime | None) -> Incident | None:
        """Its alerts changed: routing shall look again, and they are there. None if it is not live any more.

        One write, two where an earlier look is needed. Raises LostRaceError if somebody moved its look or,
        where this matters, its quiet check meanwhile.
        """
        quiet = _earliest(seen.quiet_check_at, quiet_check_at)
        wanted = _with_look(replace(seen, pulse=seen.pulse + 1, pulsed_at=at, quiet_check_at=quiet))
        sets: Row = {"pulsed_at": keys.time_text(at)}
        condition, values = _is("look_at", seen.look_at)
        if quiet is not None and quiet != seen.quiet_check_at:
            sets["quiet_at"] = keys.time_text(quiet)
            as_seen, seen_value = _is("quiet_at", seen.quiet_check_at)
            condition, values = f"{condition} AND {as_seen}", values | seen_value
        if wanted.look_at is not None and wanted.look_at != seen.look_at:
            self._table.put(_look(wanted, wanted.look_at))
            sets["look_at"] = keys.time_text(wanted.look_at)
        try:
            row = self._table.update(
                Update(
                    key=keys.incident(seen.incident_id),
                    set_=sets,
                    remove=("alerts_by",) if seen.alerts_by is not None else (),
                    add={"pulse": 1},
                    condition=f"#state IN (:open, :acked) AND {condition}",
                    values={"open": LIVE[0].value, "acked": LIVE[1].value, **values},
                    names={"#state": "state"},
                )
            )
        except ConditionFailedError as failed:
            if failed.row is None or failed.row["state"] not in LIVE:
                return None
            raise LostRaceError(f"pulse of incident {seen.incident_id}") from failed
        return rows.incident_of(row)

    def routed(self, incident: Incident, *, severity: Severity) -> None:
        """Routing has looked at this pulse and found nothing new. Going back is not possible."""
        try:
            self._table.update(
                Update(
                    key=keys.incident(incident.incident_id),
                    set_={"routed_pulse": incident.pulse, "severity": severity.value},
                    condition="routed_pulse < :pulse",
                    values={"pulse": incident.pulse},
                )
            )
        except ConditionFailedError:
            return  # somebody noted this pulse, or a later one: all the same

    def published(self, incident_id: str, revision: int, *, after: int) -> None:
        """Everything up to this revision is on the bus, if it was up to `after`."""
        timelines.mark_published(self._table, keys.incident(incident_id), revision, after=after)

    def set_clocks(self, seen: Incident, after: Incident, *, look_at: datetime | None) -> bool:
        """Store the deadlines of `after` and arm the next look, if nothing happened since `seen`.

        Nothing that people see changes, so there is no revision. One write, or two.
        """
        due = replace(after, look_at=look_at)
        if look_at is not None and look_at != seen.look_at:
            self._table.put(_look(seen, look_at))
        changed, removed = difference(rows.incident_row(seen), rows.incident_row(due))
        if not changed and not removed:
            return True
        look, values = _is("look_at", seen.look_at)
        try:
            self._table.update(
                Update(
                    key=keys.incident(seen.incident_id),
                    set_=changed,
                    remove=removed,
                    condition=f"revision = :revision AND pulse = :pulse AND {look}",
                    values={"revision": seen.revision, "pulse": seen.pulse, **values},
                )
            )
        except ConditionFailedError:
            return False
        return True

    def timeline(
        self, incident_id: str, *, after_revision: int, limit: int, until_revision: int | None = None
    ) -> timelines.TimelinePage:
        """Its story after a revision, oldest first."""
        return timelines.read(
            self._table,
            keys.incident(incident_id),
            after_revision=after_revision,
            until_revision=until_revision,
            limit=limit,
        )

    def decisions(
        self, incident_id: str, *, limit: int, before_revision: int | None = None
    ) -> lists.Listing[Row]:
        """Why its outcome changed, newest first; the next mark is a revision."""
        last = "WHY#~" if before_revision is None else keys.decision(incident_id, before_revision - 1).sk
        page = self._table.query(
            keys.incident(incident_id).pk, between=("WHY#", last), newest_first=True, limit=limit
        )
        return lists.Listing(items=page.rows, next_mark=str(page.rows[-1]["revision"]) if page.more else None)

    def listed(  # noqa: PLR0913 - what a list can be asked for
        self,
        *,
        states: Sequence[IncidentState],
        limit: int,
        by: tuple[ListedBy, str] | None = None,
        before: str | None = None,
        since: datetime | None = None,
    ) -> lists.Listing[Incident]:
        """Incidents, newest first, by state, at most one more condition, and time of opening.

        Cost: one small query per state and shard and one batch read, whatever the number of incidents.
        """
        index, partitions = _partitions(states, by)
        found = lists.newest_keys(
            self._table,
            partitions,
            index=index,
            limit=limit,
            before=before,
            since=None if since is None else keys.time_text(since),
        )
        incidents = self.get_many(mark.split("#", 1)[1] for mark in found.marks)
        ordered = (incidents.get(mark.split("#", 1)[1]) for mark in found.marks)
        kept = tuple(one for one in ordered if one is not None and one.state in states)
        return lists.Listing(items=kept, next_mark=found.next_mark)

    def held_by(self, person: str, *, limit: int) -> int:
        """How many live incidents a person has acknowledged; what is above `limit` is not counted.

        Cost: one query of keys a shard, whatever the number of incidents.
        """
        acknowledged = IncidentState.ACKNOWLEDGED.value
        partitions = [
            keys.by_name(ListedBy.ASSIGNEE.name, person, acknowledged, shard) for shard in keys.ALL_SHARDS
        ]
        return lists.counted(self._table, partitions, index=keys.GSI5, limit=limit)

    def _change(self, before: Incident, after: Incident, *, unless_pulsed: bool) -> Update:
        changed, removed = difference(rows.incident_row(before), rows.incident_row(after))
        look, values = _is("look_at", before.look_at)
        condition = f"revision = :revision AND {look}"
        if unless_pulsed or after.pulse != before.pulse:
            condition += " AND pulse = :pulse"
            values["pulse"] = before.pulse
        return Update(
            key=keys.incident(before.incident_id),
            set_=changed,
            remove=removed,
            condition=condition,
            values={"revision": before.revision, **values},
        )

    def _transact(self, writes: Sequence[Write], what: str) -> None:
        try:
            self._table.transact(writes)
        except ConditionFailedError as failed:
            raise LostRaceError(what) from failed


def _line(incident: Incident, changed: Changed) -> Put:
    return timelines.line(keys.incident(incident.incident_id), incident.revision, changed.change)


def _with_look(incident: Incident) -> Incident:
    """With a look armed no later than its earliest deadline. An earlier one that is armed will do."""
    needed = next_look(incident)
    if needed is None or (incident.look_at is not None and incident.look_at <= needed):
        return incident
    return replace(incident, look_at=needed)


def _look(incident: Incident, due: datetime) -> Put:
    """Marked with what the incident is like now: an earlier look at the same moment is another one."""
    mark = f"{incident.revision}.{incident.pulse}"
    return Put(row=rows.look_row(due, subject(incident.incident_id), mark=mark))


def _is(attribute: str, moment: datetime | None) -> tuple[str, dict[str, Any]]:
    if moment is None:
        return f"attribute_not_exists({attribute})", {}
    return f"{attribute} = :{attribute}", {attribute: keys.time_text(moment)}


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _partitions(states: Sequence[IncidentState], by: tuple[ListedBy, str] | None) -> tuple[str, list[str]]:
    if by is None:
        return keys.GSI1, [
            keys.by_state("INCIDENTS", state.value, shard) for state in states for shard in keys.ALL_SHARDS
        ]
    dimension, name = by
    return dimension.index, [
        keys.by_name(dimension.name, name, state.value, shard)
        for state in states
        for shard in keys.ALL_SHARDS
    ]
