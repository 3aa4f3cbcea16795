"""The whole flow in one process: every use case on a real table, the bus and the queues as lists.

`run()` does what AWS would: what the table owes goes to the bus, the bus wakes consumers, until all is quiet.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from leitplanke.domain.events import Action, Event, EventMessage, Severity
from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy, load_policy
from leitplanke.domain.problems import Problem
from leitplanke.table import rows
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Row, Table, decode_row
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from leitplanke.table.problems import Problems
from leitplanke.table.quarantine import Quarantine
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.services import Services
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.correlate_alerts import Correlator, Report
from leitplanke.usecases.detect_recurrence import Recurrence
from leitplanke.usecases.guard import PolicyGuard
from leitplanke.usecases.judge_overrides import OverrideJudge
from leitplanke.usecases.measure_restores import RestoreMeasure
from leitplanke.usecases.ports import SendMessages
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.route_incidents import Router
from leitplanke.usecases.watch_clocks import Clocks
from leitplanke.usecases.watch_incidents import IncidentClocks
from leitplanke.usecases.watch_senders import SenderWatch

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

VPN_POLICY = """
teams:
  network: {}
  platform: {}
services:
  vpn-gateway-1: {team: network}
  vpn-gateway-2: {team: network}
  vpn: {team: network, needs: {any_of: [vpn-gateway-1, vpn-gateway-2]}}
  registry-office-access: {team: platform, needs: {all_of: [vpn]}}
customers:
  Federal Registry Office: {heads: 1800, vital: true, needs: registry-office-access}
routing:
  team: platform
  routes:
    - {name: expedite, when: "priority == 'P1'", lane: expedite}
recurrence:
  - {name: twice in a month, count: 2, within: 30d}
"""


@dataclass
class FixedPolicy:
    """The policy in force in a test; assign `policy` to change it."""

    policy: Policy
    version: int = 1

    def get(self, now: datetime) -> tuple[Policy, int]:  # noqa: ARG002
        return self.policy, self.version


@dataclass
class World:
    """A table with everything that works on it. Time stands still until `later`."""

    table: Table
    policy_text: str = VPN_POLICY
    now: datetime = START
    bus: list[Mapping[str, Any]] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    handed_out: list[str] = field(default_factory=list)
    backlog: int = 0

    def __post_init__(self) -> None:
        table = self.table
        numbers = itertools.count(1)
        self._event_numbers = itertools.count(1)
        self.policies = FixedPolicy(load_policy(self.policy_text))
        self.alerts = Alerts(table)
        self.incidents = Incidents(table)
        self.problems = Problems(table)
        self.signatures = Signatures(table)
        self.services = Services(table)
        self.integrations = Integrations(table)
        self.looks = Looks(table)
        self.quarantine = Quarantine(table)
        self.correlator = Correlator(
            alerts=self.alerts,
            incidents=self.incidents,
            policies=self.policies,
            quarantine=self.quarantine,
            new_id=lambda: f"inc-{next(numbers):04d}",
        )
        self.publisher = Publisher(
            incidents=self.incidents, problems=self.problems, services=self.services, publish=self.bus.extend
        )
        self.router = self.router_with(wake=self._wake)
        self.recurrence = Recurrence(
            incidents=self.incidents,
            problems=self.problems,
            signatures=self.signatures,
            policies=self.policies,
            new_id=lambda: f"prb-{next(numbers):04d}",
        )
        self.guardrails = Guardrails(table)
        self.restore_times = RestoreHistogram(table)
        self.guard = PolicyGuard(guardrails=self.guardrails, incidents=self.incidents, problems=self.problems)
        self.measure = RestoreMeasure(incidents=self.incidents, restore_times=self.restore_times)
        self.judge = OverrideJudge(
            incidents=self.incidents,
            guardrails=self.guardrails,
            restore_times=self.restore_times,
            signatures=self.signatures,
        )
        self._handled = 0
        self._pulses: dict[str, int] = {}

    def router_with(self, wake: SendMessages) -> Router:
        """Routing that wakes incidents in another way."""
        return Router(
            incidents=self.incidents,
            alerts=self.alerts,
            services=self.services,
            signatures=self.signatures,
            policies=self.policies,
            wake=wake,
        )

    def event(
        self,
        key: str = "gw-1",
        *,
        action: str = "trigger",
        service: str = "vpn-gateway-1",
        symptom: str = "GatewayDown",
        **fields: Any,
    ) -> Event:
        """An event as the door would make it, now."""
        given: dict[str, Any] = {
            "event_id": f"event-{next(self._event_numbers)}",
            "integration_id": "integration-1",
            "sender": "pagerduty",
            "alert_key": key,
            "action": Action(action),
            "title": f"{service} {symptom}",
            "symptom": symptom,
            "severity": Severity.CRITICAL,
            "labels": {"service": service},
            "received_at": self.now,
            "occurred_at": self.now,
            "state_time": self.now,
        }
        return Event(**(given | fields))

    def say(self, *events: Event) -> Report:
        """These events arrive in one batch; nobody else does anything yet."""
        return self.correlator.correlate(events, now=self.now)

    def tell(self, *events: Event) -> Report:
        """These events arrive in one batch, and all that follows happens."""
        report = self.say(*events)
        self.run()
        return report

    def later(self, **span: float) -> None:
        """Time passes (`minutes=5`); nothing happens by itself."""
        self.now += timedelta(**span)

    def run(self) -> None:
        """Publish what is owed and let everybody react, until nothing more happens."""
        for _ in range(50):
            self._publish()
            if self._handled == len(self.bus):
                return
            while self._handled < len(self.bus):
                event = self.bus[self._handled]
                self._handled += 1
                self._react(event)
        raise AssertionError("the flow does not come to rest")

    def clocks(self) -> Clocks:
        """The clocks of one sweep; what they send waits in `queued`, what they hand out in `handed_out`."""
        senders = SenderWatch(
            integrations=self.integrations,
            looks=self.looks,
            backlog=lambda: self.backlog,
            send=self.queued.extend,
        )
        incidents = IncidentClocks(
            alerts=self.alerts,
            incidents=self.incidents,
            publisher=self.publisher,
            policies=self.policies,
            senders=senders,
            judge=self.judge,
        )
        return Clocks(
            looks=self.looks,
            incidents=incidents,
            publisher=self.publisher,
            senders=senders,
            hand_out=self.handed_out.extend,
        )

    def sweep(self) -> None:
        """The clocks' minute: every due look, then all that follows, and events that the clocks sent."""
        report = self.clocks().sweep(self.now)
        for _, error in report.failed:
            raise error
        bodies, self.handed_out[:] = list(self.handed_out), []
        for body in bodies:
            for _, error in self.clocks().handed_out(body, now=self.now).failed:
                raise error
        self.deliver()
        self.run()

    def deliver(self) -> None:
        """Messages that wait in the event queue arrive."""
        bodies, self.queued[:] = list(self.queued), []
        for body in bodies:
            self.say(*EventMessage.model_validate_json(body).events)

    def records(self) -> dict[str, list[Row]]:
        """Every row there is, by type."""
        found: dict[str, list[Row]] = defaultdict(list)
        start: dict[str, Any] = {}
        while True:
            page = self.table._client.scan(TableName=self.table.name, ConsistentRead=True, **start)
            for row in map(decode_row, page["Items"]):
                found[row["type"]].append(row)
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def all_incidents(self) -> list[Incident]:
        """Every incident, newest first."""
        found = (rows.incident_of(row) for row in self.records()["incident"])
        return sorted(found, key=lambda one: (one.opened_at, one.incident_id), reverse=True)

    def live(self) -> list[Incident]:
        """Those in which customers may still be without service."""
        return [incident for incident in self.all_incidents() if incident.is_live]

    def the_incident(self, service: str = "vpn-gateway-1") -> Incident:
        """The newest incident of a service."""
        return next(incident for incident in self.all_incidents() if incident.service == service)

    def all_problems(self) -> list[Problem]:
        """Every problem."""
        return [rows.problem_of(row) for row in self.records()["problem"]]

    def kinds(self, incident: Incident) -> list[str]:
        """What happened to an incident, in order, without the prefix."""
        page = self.incidents.timeline(incident.incident_id, after_revision=0, limit=1_000)
        return [entry.change.kind.removeprefix("incident.") for entry in page.entries]

    def _wake(self, bodies: Iterable[str]) -> None:
        self.bus.extend(json.loads(body)["detail"] for body in bodies)

    def _publish(self) -> None:
        found = self.records()
        for incident in (rows.incident_of(row) for row in found["incident"]):
            self.publisher.incident(incident)
            if incident.is_live and self._pulses.get(incident.incident_id, 0) < incident.pulse:
                self._pulses[incident.incident_id] = incident.pulse
                if incident.routed_pulse < incident.pulse:
                    self.publisher.wake_routing(incident, at=self.now, reason="its alerts changed")
        for row in found["problem"]:
            self.publisher.problem(rows.problem_of(row))
        for row in found["service"]:
            self.publisher.service(rows.service_of(row))

    def _react(self, event: Mapping[str, Any]) -> None:
        kind, (_, _, name) = event["type"], event["subject"].partition("/")
        if kind == "service.flipped":
            self.router.flipped(name, now=self.now)
        if kind in ("incident.opened", "incident.alerts_changed", "incident.reopened", "incident.restored"):
            self.router.route(name, now=self.now)
        if kind in ("incident.opened", "incident.routed", "incident.restored", "incident.closed"):
            self.recurrence.review(name, now=self.now)
        if kind == "incident.closed":
            self.measure.review(name)
