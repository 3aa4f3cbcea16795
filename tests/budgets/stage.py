"""Where scenarios are played: an installation with a policy, a channel and a sender, and what is counted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from infra.bench.alerts import prometheus_body
from infra.local.aws import Aws
from tests.budgets.plant import Plant
from tests.support.costs import Costs

POLICY = """
teams:
  payments:
    channels: [{name: pager, url: "ssm:/leitplanke/channels/budgets"}]
services:
  checkout: {team: payments}
customers:
  Federal Registry Office: {heads: 1800, needs: checkout}
routing:
  team: payments
  routes:
    - {name: expedite, when: "priority == 'P1'", lane: expedite}
recurrence:
  - {name: twice in a month, count: 2, within: 30d}
"""
PROMETHEUS = "/api/v2/alerts"


@dataclass
class Stage:
    """Where a scenario is played; `seen` has what was counted, by function."""

    plant: Plant
    aws: Aws
    key: str = ""
    seen: Mapping[str, Costs] = field(default_factory=dict)
    invocations: Mapping[str, int] = field(default_factory=dict)
    logged: Mapping[str, int] = field(default_factory=dict)

    def prepare(self) -> None:
        """A channel, a policy, one sender, who has been heard."""
        self.aws.client("ssm").put_parameter(
            Name="/leitplanke/channels/budgets", Value="json://127.0.0.1:9", Type="String", Overwrite=True
        )
        self.plant.ask("PUT", "/v1/policy", POLICY)
        self.key = self.plant.ask("POST", "/v1/integrations", {"name": "monitoring"})["key"]
        self.plant.run()
        self.opens_and_closes()

    def opens_and_closes(self) -> None:
        """Another service's incident, so that every function has been awake."""
        warming = {"alert_key": "warm", "title": "?", "symptom": "warm", "service": "warming"}
        self.plant.post("/v1/events", {**warming, "action": "trigger", "severity": "critical"}, key=self.key)
        self.plant.run()
        self.plant.post("/v1/events", {**warming, "action": "resolve"}, key=self.key)
        self.plant.run()
        self.plant.ask("POST", f"/v1/incidents/{self.incident('warming')}/close")
        self.plant.run()

    @contextmanager
    def measured(self) -> Iterator[None]:
        """What happens in this block counts."""
        with self.plant.measured() as seen:
            yield
        self.seen = seen
        self.invocations = dict(self.plant.invocations)
        self.logged = dict(self.plant.logged)

    def alerts(self, hosts: range, *, per_request: int = 100, resolved: bool = False) -> None:
        """Prometheus posts one alert of service checkout for each host, and all that follows happens."""
        self.at_the_door(hosts, per_request=per_request, resolved=resolved)
        self.plant.run()

    def at_the_door(self, hosts: range, *, per_request: int = 100, resolved: bool = False) -> None:
        """The same, and it waits in the queue."""
        body = prometheus_body(hosts, now=self.plant.now, resolved=resolved)
        for start in range(0, len(body), per_request):
            self.plant.post(PROMETHEUS, body[start : start + per_request], key=self.key)

    def moment(self) -> None:
        """Ten seconds: promises move, and what processes know is fresh still."""
        self.plant.now += timedelta(seconds=10)

    def incident(self, service: str = "checkout") -> str:
        """The newest incident of this service."""
        listed = self.plant.ask("GET", "/v1/incidents", service=service, state="all")
        return str(listed["incidents"][0]["id"])

    def problem(self) -> str:
        """The newest problem."""
        return str(self.plant.ask("GET", "/v1/problems")["problems"][0]["id"])
