"""The whole table as it is: a test tool may scan. Read past the proxy, mapped by the project's own rows."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from leitplanke.domain.alerts import Alert
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.problems import Problem
from leitplanke.domain.services import ServiceState
from leitplanke.table import keys, rows

Row = dict[str, Any]


@dataclass(slots=True)
class Snapshot:
    """Rows by what they are. `lines` and `told` are by the owner's partition key."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    services: dict[str, ServiceState] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict[int, Row]] = field(default_factory=lambda: defaultdict(dict))
    told: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    quarantined: str = ""

    def owed(self) -> list[str]:
        """What the reconciler would still have to do."""
        found = [
            f"{kind} {name}: revisions {one.published_revision + 1} to {one.revision} not published"
            for kind, records in (
                ("incident", self.incidents),
                ("problem", self.problems),
                ("service", self.services),
            )
            for name, one in records.items()
            if one.published_revision < one.revision
        ]
        for name, incident in self.incidents.items():
            if incident.routed_pulse < incident.pulse and incident.is_live:
                found.append(f"incident {name}: pulse {incident.pulse} not routed")
            if incident.confirm_at is not None and incident.state is not IncidentState.CLOSED:
                found.append(f"incident {name}: its restore is not confirmed")
        return found


def take(dynamodb: Any, table: str) -> Snapshot:
    """All rows of the table."""
    found = Snapshot()
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            row = {name: _plain(_READ.deserialize(value)) for name, value in item.items()}
            _sort(row, found)
    return found


_READ = TypeDeserializer()


def _sort(row: Row, found: Snapshot) -> None:
    match row["type"]:
        case "alert":
            found.alerts[row["pk"].partition("#")[2]] = rows.alert_of(row)
        case "incident":
            found.incidents[row["id"]] = rows.incident_of(row)
        case "problem":
            found.problems[row["id"]] = rows.problem_of(row)
        case "service":
            state = rows.service_of(row)
            found.services[state.service] = state
        case "group":
            found.groups[row["group"]] = row["incident"]
        case "change":
            found.lines[row["pk"]][row["revision"]] = row
        case "told":
            found.told[row["pk"]].append(row)
        case "quarantine":
            found.quarantined += str(row["items"])


def partition(kind: str, name: str) -> str:
    """Where the timeline of a subject lies."""
    if kind == "incident":
        return keys.incident(name).pk
    return keys.problem(name).pk if kind == "problem" else keys.service_flip(name).pk


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | set):
        return [_plain(item) for item in value]
    return value
