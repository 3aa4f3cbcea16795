"""Every key of the table, built by one named function each. The picture is in docs/access-patterns.md.

Text of others (services, teams) is escaped in keys, so that no name can reach into another's partition.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, unquote

from leitplanke.domain.ids import SHARDS, shard_of, stable_hash

GSI1 = "gsi1"
"""Incidents and problems by state; alerts by the incident in which they fire (only while they do)."""
GSI2 = "gsi2"
"""Incidents by service and state."""
GSI3 = "gsi3"
"""Incidents by team and state."""
GSI4 = "gsi4"
"""Incidents by lane and state."""
GSI5 = "gsi5"
"""Incidents by assignee and state, while they have one."""
GSI6 = "gsi6"
"""Incidents by priority and state."""


@dataclass(frozen=True, slots=True)
class Key:
    """Partition and sort key of one row."""

    pk: str
    sk: str


def time_text(moment: datetime) -> str:
    """A UTC time as text of fixed width, so that text order is time order."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


_NAME_CHARS = 512
"""Of an escaped name in a key: DynamoDB takes 1,024 bytes for a sort key, 2,048 for a partition key."""


def _name(text: str) -> str:
    escaped = quote(text, safe="", errors="surrogatepass")
    if len(escaped) <= _NAME_CHARS:
        return escaped
    return f"{escaped[: _NAME_CHARS - 27]}!{stable_hash(text)}"  # no escaped name has a "!" in it


def alert_id(integration_id: str, alert_key: str) -> str:
    """The identity of an alert: what its integration calls it."""
    return stable_hash(integration_id, alert_key)


def alert(ident: str) -> Key:
    """One alert's current state."""
    return Key(f"ALERT#{ident}", "ALERT")


def firing_partition(incident_id: str, shard: int) -> str:
    """GSI1: the alerts firing in an incident, worst severity first."""
    return f"FIRING#{incident_id}#{shard}"


def firing(incident_id: str, ident: str, severity_rank: int) -> Key:
    """GSI1 key of one firing alert."""
    return Key(firing_partition(incident_id, shard_of(ident)), f"{severity_rank}#{ident}")


def episode_partition(incident_id: str, shard: int) -> str:
    """What alerts did in an incident."""
    return f"EPISODES#{incident_id}#{shard}"


def episode(incident_id: str, ident: str, number: int) -> Key:
    """One episode of one alert in one incident."""
    return Key(episode_partition(incident_id, shard_of(ident)), f"{ident}#{number:06d}")


def group(group_key: str) -> Key:
    """Which incident is unclosed for a group key."""
    return Key(f"GROUP#{stable_hash(group_key)}", "POINTER")


def incident(incident_id: str) -> Key:
    """One incident."""
    return Key(f"INCIDENT#{incident_id}", "INCIDENT")


def problem(problem_id: str) -> Key:
    """One problem."""
    return Key(f"PROBLEM#{problem_id}", "PROBLEM")


def timeline(owner: Key, revision: int) -> Key:
    """One line of an incident's, a problem's or a service's timeline: its revision."""
    return Key(owner.pk, f"T#{revision:08d}")


def decision(incident_id: str, revision: int) -> Key:
    """Why an outcome changed at this revision."""
    return Key(incident(incident_id).pk, f"WHY#{revision:08d}")


def told(owner: Key, revision: int, channel: str) -> Key:
    """The ledger: what became of telling one channel about one revision."""
    return Key(owner.pk, f"TOLD#{revision:08d}#{_name(channel)}")


def problem_link(problem_id: str, incident_id: str) -> Key:
    """One incident of a problem."""
    return Key(problem(problem_id).pk, f"LINK#{incident_id}")


def by_state(kind: str, state: str, shard: int) -> str:
    """GSI1 partition of a list by state; `kind` is INCIDENTS or PROBLEMS."""
    return f"{kind}#{state}#{shard}"


def by_name(dimension: str, name: str, state: str, shard: int) -> str:
    """GSI2-6 partition of a list by service, team, lane, assignee or priority and state."""
    return f"{dimension}#{_name(name)}#{state}#{shard}"


def listed(opened_at: datetime, ident: str) -> str:
    """Sort key of every list: oldest first in text order, the id breaking ties."""
    return f"{time_text(opened_at)}#{ident}"


def signature_occurrence(signature: str, opened_at: datetime, incident_id: str) -> Key:
    """One incident in its signature's history."""
    return Key(f"SIGNATURE#{signature}", f"SEEN#{listed(opened_at, incident_id)}")


def signature_workaround(signature: str) -> Key:
    """What restored this signature before."""
    return Key(f"SIGNATURE#{signature}", "WORKAROUND")


def signature_problem(signature: str) -> Key:
    """Which problem is live for this signature."""
    return Key(f"SIGNATURE#{signature}", "PROBLEM")


def service_cause(service: str, incident_id: str) -> Key:
    """An incident that keeps a service down."""
    return Key(f"SERVICE#{_name(service)}", f"CAUSE#{incident_id}")


SERVICES_PARTITION = "SERVICES"


def service_state(service: str) -> Key:
    """Whether a service is down; all of them share a partition, so that one query reads them all.

    It is written on flips only, so it stays far below 1,000 writes/s.
    """
    return Key(SERVICES_PARTITION, _name(service))


def service_flip(service: str) -> Key:
    """The partition that holds a service's flips."""
    return Key(f"SERVICE#{_name(service)}", "STATE")


def look_partition(shard: int) -> str:
    """Due rows."""
    return f"LOOK#{shard}"


def look(due: datetime, subject: str) -> Key:
    """Look at this subject then."""
    return Key(look_partition(shard_of(subject)), f"{time_text(due)}#{subject}")


def subject_of(row: Key) -> str | None:
    """The subject whose row has this key, None for rows of no subject (and for a service's cut name)."""
    if row.sk in ("INCIDENT", "PROBLEM") and row.pk.startswith(f"{row.sk}#"):
        return f"{row.sk.lower()}/{row.pk.partition('#')[2]}"
    if row.pk == SERVICES_PARTITION and "!" not in row.sk:
        return f"service/{unquote(row.sk)}"
    return None


def guardrail_cases(owner: Key, guardrail: str, action: str, actor: str) -> Key:
    """Where the cases of one guardrail, action and person on a record begin."""
    return Key(owner.pk, f"CASE#{guardrail}#{action}#{stable_hash(actor)}#")


def guardrail_case(owner: Key, guardrail: str, action: str, actor: str, number: int) -> Key:  # noqa: PLR0913
    """One of them."""
    cases = guardrail_cases(owner, guardrail, action, actor)
    return Key(cases.pk, f"{cases.sk}{number:04d}")


def guardrail_partition(day: date, shard: int) -> str:
    """What guardrails did in a month (UTC)."""
    return f"GUARDRAILS#{day:%Y-%m}#{shard}"


def guardrail_counts(day: date, shard: int, what: str) -> Key:
    """Counts of one day: of those asked at an action, of cases, of a person."""
    return Key(guardrail_partition(day, shard), f"{day:%Y-%m-%d}#{what}")


def restore_times_partition(priority: str, shard: int) -> str:
    """How long incidents of a priority took, by the day on which they closed."""
    return f"RESTORES#{priority}#{shard}"


def restore_times(priority: str, shard: int, day: date) -> Key:
    """One day of it."""
    return Key(restore_times_partition(priority, shard), f"{day:%Y-%m-%d}")


def restore_measured(incident_id: str) -> Key:
    """That the time to restore of this incident is counted."""
    return Key(incident(incident_id).pk, "MEASURED")


def board_mark(incident_id: str) -> Key:
    """Where an incident stands on the board."""
    return Key(incident(incident_id).pk, "BOARD")


def board_partition(column: str, shard: int) -> str:
    """A column of the board."""
    return f"BOARD#{column}#{shard}"


def board_place(column: str, priority: str, opened_at: datetime, incident_id: str) -> Key:
    """An incident's place in a column: by priority, then by how long it has been open."""
    shard = shard_of(incident_id)
    return Key(board_partition(column, shard), f"{priority}#{listed(opened_at, incident_id)}")


BOARD_PARTITION = "BOARD"
BOARD_COUNTS = "COUNTS#"


def board_counts(shard: int) -> Key:
    """How many incidents of a shard stand where. All shards share a partition: one query reads them."""
    return Key(BOARD_PARTITION, f"{BOARD_COUNTS}{shard}")


def trends_partition(shard: int) -> str:
    """What closed incidents add up to, day after day."""
    return f"TRENDS#{shard}"


def trend_day(shard: int, day: date) -> Key:
    """Counts of the incidents that closed on a day."""
    return Key(trends_partition(shard), f"{day:%Y-%m-%d}")


def trend_loss(shard: int, day: date, service: str, cause: str) -> Key:
    """What customers lost on a day for want of a service, by what fired."""
    return Key(trends_partition(shard), f"{trend_day(shard, day).sk}#{_name(service)}#{stable_hash(cause)}")


def receipt(caller: str, key: str) -> Key:
    """What a caller's request with this Idempotency-Key was answered."""
    return Key(f"RECEIPT#{stable_hash(caller, key)}", "RECEIPT")


def integration(integration_id: str) -> Key:
    """One integration."""
    return Key(f"INTEGRATION#{integration_id}", "INTEGRATION")


INTEGRATIONS_PARTITION = "INTEGRATIONS"
"""GSI1: all integrations, by creation time. A handful of rows, so not sharded."""


def quarantine_partition(day: datetime, shard: int) -> str:
    """Refused items of one UTC day."""
    return f"QUARANTINE#{day:%Y-%m-%d}#{shard}"


def quarantined(received_at: datetime, ident: str) -> Key:
    """One refused item."""
    return Key(quarantine_partition(received_at, shard_of(ident)), f"{time_text(received_at)}#{ident}")


def audit_partition(month: datetime) -> str:
    """What was audited in one UTC month."""
    return f"AUDIT#{month.astimezone(UTC):%Y-%m}"


def audited(at: datetime, ident: str) -> Key:
    """One audit record."""
    return Key(audit_partition(at), f"{time_text(at)}#{ident}")


def drill() -> Key:
    """The last drill that came through."""
    return Key("DRILL", "LAST")


POLICY_PARTITION = "POLICY"


def policy_active() -> Key:
    """Which policy version is in force."""
    return Key(POLICY_PARTITION, "ACTIVE")


def policy_version(version: int) -> Key:
    """Who put a version when."""
    return Key(POLICY_PARTITION, f"VERSION#{version:06d}")


def policy_chunk(version: int, number: int) -> Key:
    """A piece of a policy document: items end at 400 KB, policies may not."""
    return Key(f"POLICY#{version:06d}", f"CHUNK#{number:04d}")


ALL_SHARDS = range(SHARDS)
