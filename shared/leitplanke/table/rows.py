"""How records become rows and back: one table of columns per record, nothing implicit.

Attribute names are short because DynamoDB bills them: an alert of everyday size stays below 1 KB,
which is one write unit. Rows of every kind carry `type` and `schema`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leitplanke.domain.alerts import Alert, AlertState, ResolvedBy
from leitplanke.domain.events import Link, Severity
from leitplanke.domain.ids import shard_of
from leitplanke.domain.incidents import Change, CutOff, Incident, IncidentState, KnownWorkaround
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.domain.services import ServiceState
from leitplanke.table import keys
from leitplanke.table.client import Row
from leitplanke.table.keys import Key

SCHEMA = 1

ALERT_MEMORY = timedelta(days=30)
"""How long a resolved alert, or a tombstone, is remembered. Longer than any sender repeats old news."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record: its attribute, and how to write and read it."""

    attribute: str
    write: Callable[[Any], Any] = lambda value: value
    read: Callable[[Any], Any] = lambda value: value
    missing: Any = None


def _time(attribute: str) -> Column:
    return Column(attribute, keys.time_text, datetime.fromisoformat)


def _text(attribute: str) -> Column:
    return Column(attribute, missing="")


def _bag(attribute: str) -> Column:
    return Column(attribute, missing={})


def _links(attribute: str) -> Column:
    return Column(
        attribute,
        lambda links: [{"h": link.href, "t": link.text} for link in links],
        lambda rows: tuple(Link(href=row["h"], text=row.get("t", "")) for row in rows),
        missing=(),
    )


def _strings(attribute: str) -> Column:
    return Column(attribute, list, tuple, missing=())


def workaround_out(known: KnownWorkaround) -> Row:
    """A workaround as the signature's row, or an incident's copy of it, holds it."""
    return {
        "text": known.text,
        "incident": known.incident_id,
        "used": known.used,
        "worked": known.worked,
        "at": keys.time_text(known.last_at),
    }


def workaround_in(row: Mapping[str, Any]) -> KnownWorkaround:
    """The workaround that such a row holds."""
    return KnownWorkaround(
        text=row["text"],
        incident_id=row["incident"],
        used=row["used"],
        worked=row["worked"],
        last_at=datetime.fromisoformat(row["at"]),
    )


_ALERT: dict[str, Column] = {
    "alert_id": Column("id"),
    "integration_id": Column("i"),
    "sender": Column("sn"),
    "alert_key": Column("k"),
    "state": Column("st", str, AlertState),
    "episode": Column("e"),
    "title": _text("t"),
    "symptom": _text("y"),
    "severity": Column("v", str, Severity),
    "labels": _bag("l"),
    "annotations": _bag("a"),
    "links": _links("u"),
    "flags": _strings("f"),
    "service": Column("s"),
    "incident_id": Column("in"),
    "state_time": _time("at"),
    "fired_at": _time("fa"),
    "resolved_at": _time("ra"),
    "resolved_by": Column("rb", str, ResolvedBy),
    "acknowledged_at": _time("ka"),
    "acknowledged_by": Column("kb"),
    "expires_at": _time("x"),
    "first_seen_at": _time("f1"),
    "last_seen_at": _time("ls"),
    "occurrences": Column("n"),
    "changed_by": _text("c"),
    "version": Column("ver"),
}

_INCIDENT: dict[str, Column] = {
    "incident_id": Column("id"),
    "group_key": Column("group"),
    "state": Column("state", str, IncidentState),
    "title": _text("title"),
    "service": Column("service"),
    "symptom": _text("symptom"),
    "signature": Column("signature"),
    "severity": Column("severity", str, Severity),
    "labels": _bag("labels"),
    "policy_version": Column("policy"),
    "began_at": _time("began_at"),
    "opened_at": _time("opened_at"),
    "acknowledged_at": _time("acked_at"),
    "acknowledged_by": Column("acked_by"),
    "restored_at": _time("restored_at"),
    "restored_by": Column("restored_by"),
    "workaround": Column("workaround"),
    "workaround_helped": Column("helped"),
    "closed_at": _time("closed_at"),
    "closed_by": Column("closed_by"),
    "reopened": Column("reopened", missing=0),
    "reported_by": Column("reported_by"),
    "held_open_by": Column("held_by"),
    "assignee": Column("assignee"),
    "hand_overs": Column("ho", missing=0),
    "overridden": Column("ov", missing=0),
    "escalation": Column("escalation", missing=0),
    "impact": Column("impact"),
    "urgency": Column("urgency"),
    "priority": Column("priority"),
    "team": Column("team"),
    "lane": Column("lane"),
    "set_priority": Column("set_priority"),
    "set_team": Column("set_team"),
    "also": _strings("also"),
    "cut_off": Column(
        "cut_off",
        lambda cut: [[one.name, one.heads] for one in cut],
        lambda rows: tuple(CutOff(name=name, heads=heads) for name, heads in rows),
        missing=(),
    ),
    "cut_off_count": Column("cut_off_count", missing=0),
    "heads": Column("heads", missing=0),
    "known_workaround": Column("known", workaround_out, workaround_in),
    "problem_id": Column("problem"),
    "acknowledge_by": _time("ack_by"),
    "confirm_at": _time("confirm_at"),
    "quiet_check_at": _time("quiet_at"),
    "close_at": _time("close_at"),
    "judge_at": _time("judge_at"),
    "suppressed_until": _time("hush_until"),
    "suppressed_by": Column("hush_by"),
    "suppressed_because": Column("hush_for"),
    "alerts_by": _time("alerts_by"),
    "look_at": _time("look_at"),
    "changed_at": _time("changed_at"),
    "pulsed_at": _time("pulsed_at"),
    "revision": Column("revision"),
    "published_revision": Column("published"),
    "pulse": Column("pulse"),
    "routed_pulse": Column("routed_pulse"),
    "checked_pulse": Column("checked_pulse", missing=0),
}

_PROBLEM: dict[str, Column] = {
    "problem_id": Column("id"),
    "state": Column("state", str, ProblemState),
    "signature": Column("signature"),
    "title": _text("title"),
    "service": Column("service"),
    "symptom": _text("symptom"),
    "team": Column("team"),
    "rule": _text("rule"),
    "reason": _text("reason"),
    "accepted_by": Column("accepted_by"),
    "declined_by": Column("declined_by"),
    "declined_because": Column("declined_for"),
    "opened_at": _time("opened_at"),
    "opened_for": _text("opened_for"),
    "first_incident_at": _time("first_at"),
    "incidents": Column("incidents"),
    "last_incident_at": _time("last_at"),
    "look_at": _time("look_at"),
    "changed_at": _time("changed_at"),
    "revision": Column("revision"),
    "published_revision": Column("published"),
}

_SERVICE: dict[str, Column] = {
    "service": Column("service"),
    "down": Column("down"),
    "since": _time("since"),
    "revision": Column("revision"),
    "published_revision": Column("published"),
}

_CHANGE: dict[str, Column] = {
    "kind": Column("kind"),
    "at": _time("at"),
    "by": Column("by"),
    "by_id": _text("by_id"),
    "loud": Column("loud"),
    "data": _bag("data"),
}

COLUMNS: dict[type, dict[str, Column]] = {
    Alert: _ALERT,
    Incident: _INCIDENT,
    Problem: _PROBLEM,
    ServiceState: _SERVICE,
    Change: _CHANGE,
}
"""Every record that is stored; a test holds it against the records' fields."""


def _write(record: Any) -> Row:
    row: Row = {}
    for name, column in COLUMNS[type(record)].items():
        value = getattr(record, name)
        if value is not None:
            row[column.attribute] = column.write(value)
    return row


def _read(kind: type, row: Mapping[str, Any]) -> Any:
    fields: dict[str, Any] = {}
    for name, column in COLUMNS[kind].items():
        stored = row.get(column.attribute)
        fields[name] = column.missing if stored is None else column.read(stored)
    return kind(**fields)


def _keyed(key: Key, kind: str, row: Row) -> Row:
    return {"pk": key.pk, "sk": key.sk, "type": kind, "schema": SCHEMA, **row}


def alert_row(alert: Alert) -> Row:
    """An alert. It is in its incident's index only while it fires; forgotten some time after it ends."""
    row = _keyed(keys.alert(alert.alert_id), "alert", _write(alert))
    if alert.state is AlertState.FIRING and alert.incident_id:
        member = keys.firing(alert.incident_id, alert.alert_id, alert.severity.rank)
        row |= {"gsi1pk": member.pk, "gsi1sk": member.sk}
    if alert.state is AlertState.RESOLVED:
        row["ttl"] = int((alert.last_seen_at + ALERT_MEMORY).timestamp())
    return row


def alert_of(row: Mapping[str, Any]) -> Alert:
    """The alert that a row holds."""
    alert: Alert = _read(Alert, row)
    return alert


def is_expired(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether a row's time to live is over: DynamoDB deletes late, so we treat it as gone ourselves."""
    return "ttl" in row and int(row["ttl"]) <= now.timestamp()


def incident_row(incident: Incident) -> Row:
    """An incident, in the lists by state, service and, once there are any, team, lane, assignee, priority."""
    shard = shard_of(incident.incident_id)
    place = keys.listed(incident.opened_at, incident.incident_id)
    state = incident.state.value
    row = _keyed(keys.incident(incident.incident_id), "incident", _write(incident))
    row |= {"gsi1pk": keys.by_state("INCIDENTS", state, shard), "gsi1sk": place}
    row |= {"gsi2pk": keys.by_name("SERVICE", incident.service, state, shard), "gsi2sk": place}
    if incident.team:
        row |= {"gsi3pk": keys.by_name("TEAM", incident.team, state, shard), "gsi3sk": place}
    if incident.lane:
        row |= {"gsi4pk": keys.by_name("LANE", incident.lane, state, shard), "gsi4sk": place}
    if incident.priority:
        row |= {"gsi6pk": keys.by_name("PRIORITY", incident.priority, state, shard), "gsi6sk": place}
    if incident.assignee:
        row |= {"gsi5pk": keys.by_name("ASSIGNEE", incident.assignee, state, shard), "gsi5sk": place}
    return row


def incident_of(row: Mapping[str, Any]) -> Incident:
    """The incident that a row holds."""
    incident: Incident = _read(Incident, row)
    return incident


def problem_row(problem: Problem) -> Row:
    """A problem, in the list by state; while a team works on it, among the team's."""
    shard = shard_of(problem.problem_id)
    place = keys.listed(problem.opened_at, problem.problem_id)
    row = _keyed(keys.problem(problem.problem_id), "problem", _write(problem))
    row |= {"gsi1pk": keys.by_state("PROBLEMS", problem.state.value, shard), "gsi1sk": place}
    if problem.is_worked_on and problem.team:
        row |= {"gsi3pk": keys.by_name("WORK", problem.team, "accepted", shard), "gsi3sk": place}
    return row


def problem_of(row: Mapping[str, Any]) -> Problem:
    """The problem that a row holds."""
    problem: Problem = _read(Problem, row)
    return problem


def service_row(state: ServiceState) -> Row:
    """Whether a service is down."""
    return _keyed(keys.service_state(state.service), "service", _write(state))


def service_of(row: Mapping[str, Any]) -> ServiceState:
    """The service state that a row holds."""
    state: ServiceState = _read(ServiceState, row)
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of a timeline with its place in it."""

    revision: int
    change: Change


def timeline_row(owner: Key, revision: int, change: Change) -> Row:
    """One line of a subject's timeline."""
    return _keyed(keys.timeline(owner, revision), "change", {"revision": revision, **_write(change)})


def timeline_of(row: Mapping[str, Any]) -> TimelineEntry:
    """The line that a row holds."""
    return TimelineEntry(revision=row["revision"], change=_read(Change, row))


def look_row(due: datetime, subject: str, *, mark: str) -> Row:
    """Look at this subject then. `mark` tells it from another look with the same key (see `table.looks`)."""
    text = keys.time_text(due)
    return _keyed(keys.look(due, subject), "look", {"subject": subject, "due": text, "mark": mark})


def plain_row(key: Key, kind: str, **fields: Any) -> Row:
    """A row of few fields that has no record of its own."""
    return _keyed(key, kind, {name: _plain(value) for name, value in fields.items() if value is not None})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return keys.time_text(value)
    return value


def time_of(text: str) -> datetime:
    """A stored time, aware, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
