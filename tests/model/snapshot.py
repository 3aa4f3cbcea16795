"""The whole table at one moment, sorted by what its rows are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.incidents import Incident
from leitplanke.domain.problems import Problem
from leitplanke.domain.services import ServiceState
from leitplanke.table import rows
from leitplanke.table.client import Row


@dataclass
class Snapshot:
    """The whole table, sorted by what the rows are."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    services: dict[str, ServiceState] = field(default_factory=dict)
    indexed: dict[str, str | None] = field(default_factory=dict)
    """By alert id, the firing index's partition in which its row is."""
    pointers: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[str, list[tuple[int, str, datetime]]] = field(default_factory=lambda: defaultdict(list))
    looks: dict[str, set[datetime]] = field(default_factory=lambda: defaultdict(set))
    causes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    links: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    live_problems: dict[str, str] = field(default_factory=dict)
    others: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, table: Iterable[Row]) -> "Snapshot":
        """From every row of a table."""
        snapshot = cls()
        for row in table:
            snapshot._add(row)
        return snapshot

    def _add(self, row: Row) -> None:  # noqa: C901, PLR0912 - one line per type of row
        pk, name = row["pk"], str(row["pk"]).partition("#")[2]
        match row["type"]:
            case "incident":
                self.incidents[row["id"]] = rows.incident_of(row)
            case "alert":
                alert = rows.alert_of(row)
                self.alerts[alert.alert_id] = alert
                self.indexed[alert.alert_id] = row.get("gsi1pk")
            case "problem":
                self.problems[row["id"]] = rows.problem_of(row)
            case "service":
                self.services[row["service"]] = rows.service_of(row)
            case "group":
                self.pointers[row["group"]] = row["incident"]
            case "change":
                entry = rows.timeline_of(row)
                self.lines[pk].append(entry.revision)
                self.changes[pk].append((entry.revision, entry.change.kind, entry.change.at))
            case "look":
                self.looks[row["subject"]].add(rows.time_of(row["due"]))
            case "cause":
                self.causes[row["service"]].add(row["incident"])
            case "link":
                self.links[name].add(row["incident"])
            case "live_problem":
                self.live_problems[name] = row["problem"]
            case _:
                self.others.append(row)

    def firing(self, incident_id: str) -> list[Alert]:
        """What fires in an incident."""
        return [
            alert
            for alert in self.alerts.values()
            if alert.incident_id == incident_id and alert.state is AlertState.FIRING
        ]
