"""Correlation and the clocks on a table that many runs share: each run has its own alerts, services and ids.

`Desk.story()` tells the state so that two runs can be compared; `Desk.faults()` says what must never be.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.clocks import next_look
from leitplanke.domain.events import Event
from leitplanke.domain.incidents import SYSTEM, Incident, IncidentState
from leitplanke.domain.policy import Policy, load_policy
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.services import Services
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.correlate_alerts import Correlator, Report
from leitplanke.usecases.judge_overrides import OverrideJudge
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.watch_incidents import IncidentClocks
from tests.support.events import START, minutes, said

_runs = itertools.count(1)


_loaded = cache(load_policy)


class KnownPolicy:
    """Always the same policy."""

    def __init__(self, text: str) -> None:
        self._policy = _loaded(text)

    def get(self, now: datetime) -> tuple[Policy, int]:  # noqa: ARG002
        return self._policy, 1


@dataclass
class KeptItems:
    """A quarantine that shows what it keeps."""

    kept: list[tuple[Event, str]] = field(default_factory=list)

    def keep_event(self, event: Event, *, reason: str, now: datetime) -> None:  # noqa: ARG002
        self.kept.append((event, reason))


class Talkative:
    """Senders that are all heard all the time."""

    def heard_since(self, integration_id: str, moment: datetime, *, now: datetime) -> bool:  # noqa: ARG002
        return True

    def repeat(self, alerts: Iterable[Alert]) -> None:
        """They say so again when they please."""


class Desk:
    """One run. `client` is what correlation works with; everything is read through `reader`."""

    def __init__(
        self, client: Any, reader: Any, table_name: str, *, policy: str = "description: small"
    ) -> None:
        self.run = f"run{next(_runs)}"
        self.now = START
        self.quarantine = KeptItems()
        self.policies = KnownPolicy(policy)
        self._table_name = table_name
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._keys: dict[str, str] = {}
        self._table = table = Table(reader, table_name)
        self.alerts = Alerts(table)
        self.incidents = Incidents(table)
        self.publisher = Publisher(
            incidents=self.incidents, problems=Problems(table), services=Services(table), publish=_nowhere
        )
        self.clocks = IncidentClocks(
            alerts=self.alerts,
            incidents=self.incidents,
            publisher=self.publisher,
            policies=self.policies,
            senders=Talkative(),
            judge=OverrideJudge(
                incidents=self.incidents,
                guardrails=Guardrails(table),
                restore_times=RestoreHistogram(table),
                signatures=Signatures(table),
            ),
        )
        self.correlator = self.correlator_with(client)

    def correlator_with(self, client: Any) -> Correlator:
        """Another consumer of the same queue, with its own client."""
        table = Table(client, self._table_name)
        return Correlator(
            alerts=Alerts(table),
            incidents=Incidents(table),
            policies=self.policies,
            quarantine=self.quarantine,
            new_id=self._new_id,
        )

    def alerts_with(self, client: Any) -> Alerts:
        """The alerts as another client sees them."""
        return Alerts(Table(client, self._table_name))

    def event(self, action: Any, at: float, key: str, *, service: str = "vpn", **fields: Any) -> Event:
        """What a sender says about alert `key` of this run."""
        integration = f"integration-{self.run}"
        self._keys[keys.alert_id(integration, key)] = key
        given = {
            "integration_id": integration,
            "alert_key": key,
            "title": f"{key} is down",
            "labels": {"service": f"{service}-{self.run}"},
        }
        return said(action, at, **(given | fields))

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.policies.get(self.now)[0]

    def say(self, events: Iterable[Event]) -> Report:
        """One batch."""
        return self.correlator.correlate(events, now=self.now)

    def minute(self, at: float) -> None:
        """It is so many minutes after the start."""
        self.now = minutes(at)

    def look_at_all(self) -> None:
        """The clocks look at every incident."""
        for incident in self.all_incidents():
            self.clocks.look(incident.incident_id, self.now)

    def look_at_what_is_due(self) -> None:
        """The clocks look where they are asked to."""
        for incident in self.all_incidents():
            if incident.look_at is not None and incident.look_at <= self.now:
                self.clocks.look(incident.incident_id, self.now)

    def publish_and_route(self) -> None:
        """Everybody else has done their work: only the clocks are left."""
        for incident in self.all_incidents():
            self.incidents.published(incident.incident_id, incident.revision, after=0)
            self.incidents.routed(incident, severity=incident.severity)

    def all_incidents(self) -> list[Incident]:
        """In the order in which their ids were given out."""
        found = self.incidents.get_many(self._made)
        return [found[ident] for ident in self._made if ident in found]

    def all_alerts(self) -> dict[str, Alert]:
        """By the sender's key."""
        stored = self.alerts.load(self._keys, now=self.now)
        return {self._keys[ident]: one.alert for ident, one in stored.items() if one.alert is not None}

    def kinds(self, incident: Incident) -> list[str]:
        """What its timeline says."""
        page = self.incidents.timeline(incident.incident_id, after_revision=0, limit=1_000)
        return [entry.change.kind.removeprefix("incident.") for entry in page.entries]

    def story(self) -> dict[str, Any]:
        """All that must be the same however often something died on the way and came again."""
        incidents = sorted(self.all_incidents(), key=lambda one: one.service)
        ordinal = {incident.incident_id: number for number, incident in enumerate(incidents)}
        return {
            "alerts": {key: self._alert(alert, ordinal) for key, alert in sorted(self.all_alerts().items())},
            "incidents": [self._incident(incident) for incident in incidents],
            "quarantine": sorted((event.alert_key, reason) for event, reason in self.quarantine.kept),
        }

    def outcome(self) -> dict[str, Any]:
        """What must be the same even if the messages came in another order."""
        alerts = self.all_alerts()
        return {
            "firing": sorted(key for key, alert in alerts.items() if alert.state is AlertState.FIRING),
            "live": sorted(incident.service for incident in self.all_incidents() if incident.is_live),
        }

    def _alert(self, alert: Alert, ordinal: dict[str, int]) -> dict[str, Any]:
        return {
            "state": alert.state.value,
            "episode": alert.episode,
            "severity": alert.severity.value,
            "incident": ordinal.get(alert.incident_id or ""),
            "fired_at": alert.fired_at,
            "resolved": (alert.resolved_at, alert.resolved_by),
            "acknowledged_by": alert.acknowledged_by,
        }

    def _incident(self, incident: Incident) -> dict[str, Any]:
        episodes = self.alerts.episodes(incident.incident_id, limit=10_000).items
        return {
            "state": incident.state.value,
            "service": incident.service,
            "severity": incident.severity.value,
            "began_at": incident.began_at,
            "restored_at": incident.restored_at,
            "acknowledged_by": incident.acknowledged_by,
            "kinds": self.kinds(incident),
            "episodes": sorted(
                (self._keys[one.alert_id], one.number, one.fired_at, one.resolved_at, one.resolved_by)
                for one in episodes
            ),
        }

    def faults(self, *, settled: bool = True) -> list[str]:
        """Everything that contradicts the design. `settled`: all messages were worked through."""
        incidents = {incident.incident_id: incident for incident in self.all_incidents()}
        alerts = self.all_alerts()
        return [
            *self._faults_of_groups(list(incidents.values())),
            *self._faults_of_alerts(alerts, incidents),
            *(fault for one in incidents.values() for fault in self._faults_of(one, alerts, settled=settled)),
        ]

    def _faults_of_groups(self, incidents: Sequence[Incident]) -> list[str]:
        unclosed = Counter(one.group_key for one in incidents if one.state is not IncidentState.CLOSED)
        pointers = self.incidents.pointers([one.group_key for one in incidents])
        newest = {
            one.group_key: one.incident_id for one in incidents if one.state is not IncidentState.CLOSED
        }
        return [
            *(f"{count} unclosed incidents for {key}" for key, count in unclosed.items() if count > 1),
            *(
                f"{key} points elsewhere than to its unclosed incident"
                for key, ident in newest.items()
                if pointers[key].incident_id != ident
            ),
        ]

    @staticmethod
    def _faults_of_alerts(alerts: dict[str, Alert], incidents: dict[str, Incident]) -> list[str]:
        faults: list[str] = []
        for key, alert in alerts.items():
            home = incidents.get(alert.incident_id or "")
            if alert.state is AlertState.FIRING and home is None:
                faults.append(f"{key} fires in no incident")
            elif alert.state is AlertState.FIRING and home is not None and not _may_hold_firing(home):
                faults.append(f"{key} fires in an incident that is {home.state} by {home.restored_by}")
        return faults

    def _faults_of(self, incident: Incident, alerts: dict[str, Alert], *, settled: bool) -> list[str]:
        name = f"incident of {incident.service}"
        faults: list[str] = []
        rows = {
            alert.alert_id
            for alert in alerts.values()
            if alert.state is AlertState.FIRING and alert.incident_id == incident.incident_id
        }
        indexed = self.alerts.firing_alert_ids(incident.incident_id)
        if sorted(indexed) != sorted(rows):
            faults.append(f"the index of {name} has {len(indexed)} alerts, the rows say {len(rows)}")
        page = self.incidents.timeline(incident.incident_id, after_revision=0, limit=10_000)
        revisions = [entry.revision for entry in page.entries]
        if revisions != list(range(1, incident.revision + 1)):
            faults.append(
                f"the timeline of {name} has lines {revisions}, its revision is {incident.revision}"
            )
        episodes = self.alerts.episodes(incident.incident_id, limit=10_000).items
        running = sorted(one.alert_id for one in episodes if one.resolved_at is None)
        if running != sorted(rows):
            faults.append(f"{name} has {len(running)} running episodes and {len(rows)} firing alerts")
        if settled and incident.is_live and not rows and incident.held_open_by is None:
            faults.append(f"{name} is live and nothing fires")
        if incident.state is not IncidentState.CLOSED and not self._is_looked_at(incident):
            faults.append(f"nobody will ever look at {name}")
        return faults

    def _is_looked_at(self, incident: Incident) -> bool:
        if incident.look_at is None:
            return next_look(incident) is None
        return self._table.get(keys.look(incident.look_at, f"incident/{incident.incident_id}")) is not None

    def _new_id(self) -> str:
        ident = f"inc-{self.run}-{next(self._numbers)}"
        self._made.append(ident)
        return ident


def _may_hold_firing(incident: Incident) -> bool:
    """Live, or restored by a person who said that customers can work all the same."""
    by_person = incident.state is IncidentState.RESTORED and incident.restored_by != SYSTEM
    return incident.is_live or by_person


def _nowhere(_events: Iterable[Any]) -> None:
    """The bus of a run that nobody listens to."""
