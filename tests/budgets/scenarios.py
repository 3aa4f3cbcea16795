"""What is budgeted: each scenario prepares, then does one thing in `stage.measured()` and all that follows.

Processes are warm unless a scenario says otherwise: they know the policy (asked for again after 15 s) and the
integration's key (after 60 s).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

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
MANY = 1_000


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


Play = Callable[[Stage], None]


def opening(stage: Stage) -> None:
    with stage.measured():
        stage.alerts(range(1))


def opening_cold(stage: Stage) -> None:
    stage.plant.restart()
    with stage.measured():
        stage.alerts(range(1))


def repeat(stage: Stage) -> None:
    stage.alerts(range(1))
    stage.moment()
    with stage.measured():
        stage.alerts(range(1))


def repeats(stage: Stage) -> None:
    stage.alerts(range(1))
    stage.moment()
    with stage.measured():
        for _ in range(MANY):
            stage.at_the_door(range(1))
        stage.plant.run()


def distinct(stage: Stage) -> None:
    with stage.measured():
        stage.alerts(range(MANY))


def distinct_more(stage: Stage) -> None:
    stage.alerts(range(1))
    stage.moment()
    with stage.measured():
        stage.alerts(range(1, MANY + 1))


def resolving(stage: Stage) -> None:
    stage.alerts(range(MANY))
    stage.moment()
    with stage.measured():
        stage.alerts(range(MANY), resolved=True)


def recurring(stage: Stage) -> None:
    _once_before(stage)
    with stage.measured():
        stage.alerts(range(1))


def telling(stage: Stage) -> None:
    stage.at_the_door(range(1))
    stage.plant.run(but="notify_responders")
    with stage.measured():
        stage.plant.run()


def quiet_minute(stage: Stage) -> None:
    stage.plant.post("/v1/events", _json(stage), key=stage.key)  # promises nothing, so nothing runs out
    stage.plant.run()
    stage.plant.later(minutes=10)  # the opening is looked at once more in its first minutes
    with stage.measured():
        stage.plant.tick()


def _once_before(stage: Stage) -> None:
    """An incident that was opened and closed; its process knows what follows from it."""
    stage.alerts(range(1))
    stage.moment()
    stage.alerts(range(1), resolved=True)
    stage.plant.ask("POST", f"/v1/incidents/{stage.incident()}/close")
    stage.plant.run()
    stage.plant.now = stage.plant.now.replace(second=0) + timedelta(hours=1)
    stage.opens_and_closes()


def _reading(path: str, **query: str) -> Play:
    def play(stage: Stage) -> None:
        stage.alerts(range(3))
        where = path.replace("{incident}", stage.incident())
        stage.plant.ask("GET", where, **query)
        with stage.measured():
            stage.plant.ask("GET", where, **query)

    return play


def _reading_problem(path: str) -> Play:
    def play(stage: Stage) -> None:
        _once_before(stage)
        stage.alerts(range(1))
        where = path.replace("{problem}", stage.problem())
        stage.plant.ask("GET", where)
        with stage.measured():
            stage.plant.ask("GET", where)

    return play


def _acting(action: str, body: Mapping[str, Any] | None = None) -> Play:
    def play(stage: Stage) -> None:
        stage.alerts(range(3))
        path = f"/v1/incidents/{stage.incident()}/{action}"
        stage.moment()
        with stage.measured():
            stage.plant.ask("POST", path, body)
            stage.plant.run()

    return play


def closing(stage: Stage) -> None:
    stage.alerts(range(3))
    stage.moment()
    stage.alerts(range(3), resolved=True)
    path = f"/v1/incidents/{stage.incident()}/close"
    with stage.measured():
        stage.plant.ask("POST", path, {"reason": "a drill"})
        stage.plant.run()


def putting_policy(stage: Stage) -> None:
    with stage.measured():
        stage.plant.ask("PUT", "/v1/policy", POLICY.replace("count: 2", "count: 3"))
        stage.plant.run()


def letting_in(stage: Stage) -> None:
    with stage.measured():
        stage.plant.ask("POST", "/v1/integrations", {"name": "blue cluster", "quiet_after_s": 3_600})
        stage.plant.run()


def revoking(stage: Stage) -> None:
    made = stage.plant.ask("POST", "/v1/integrations", {"name": "blue cluster"})
    with stage.measured():
        stage.plant.ask("DELETE", f"/v1/integrations/{made['id']}")
        stage.plant.run()


def _posting(path: str, body: Callable[[Stage], Any], *, kind: str = "application/json") -> Play:
    """One request of a sender whose key is known; what becomes of it is other scenarios' business."""

    def play(stage: Stage) -> None:
        with stage.measured():
            stage.plant.post(path, body(stage), key=stage.key, kind=kind)

    return play


def _prometheus(stage: Stage) -> Any:
    return prometheus_body(range(1), now=stage.plant.now)


def _hundred(stage: Stage) -> Any:
    return prometheus_body(range(100), now=stage.plant.now)


def _alertmanager(stage: Stage) -> Any:
    (alert,) = prometheus_body(range(1), now=stage.plant.now)
    alert |= {"status": "firing", "fingerprint": "57c6d9296de2ad39"}
    group = {"alertname": "HighErrorRate"}
    return {
        "version": "4",
        "status": "firing",
        "receiver": "leitplanke",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "groupLabels": group,
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.example.org",
        "alerts": [alert],
    }


def _pagerduty(stage: Stage) -> Any:
    return {
        "routing_key": stage.key,
        "event_action": "trigger",
        "dedup_key": "host-00000/http",
        "payload": {
            "summary": "5xx ratio above 5% for 5m on host-00000",
            "source": "host-00000",
            "severity": "critical",
            "component": "checkout",
            "class": "HighErrorRate",
            "custom_details": {"ratio": "0.07", "region": "eu-west-1"},
        },
    }


def _json(_stage: Stage) -> Any:
    return {
        "alert_key": "host-00000/http",
        "action": "trigger",
        "title": "5xx ratio above 5% for 5m on host-00000",
        "symptom": "HighErrorRate",
        "severity": "critical",
        "service": "checkout",
        "labels": {"region": "eu-west-1"},
    }


def _cloudevent(stage: Stage) -> Any:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/checkout/host-00000",
        "type": "org.example.http.error-rate.triggered",
        "time": stage.plant.now.isoformat(),
        "data": _json(stage),
    }


REPEATS = "1,000 repeats of one alert in one batch"
MORE = "1,000 more distinct alerts of one service in one batch"
SINGLE = "Prometheus at the door"
HUNDRED = "Prometheus, 100 alerts in one request at the door"
SCENARIOS: Mapping[str, Play] = {
    "one alert opens an incident": opening,
    "one alert opens an incident, every process new": opening_cold,
    "one alert repeats": repeat,
    REPEATS: repeats,
    "1,000 distinct alerts of one service in one batch": distinct,
    MORE: distinct_more,
    "all 1,000 of them are over in one batch": resolving,
    "it happens again and a problem opens": recurring,
    "one channel is told": telling,
    "a quiet minute": quiet_minute,
    SINGLE: _posting(PROMETHEUS, _prometheus),
    HUNDRED: _posting(PROMETHEUS, _hundred),
    "Alertmanager at the door": _posting("/v1/events/alertmanager", _alertmanager),
    "PagerDuty at the door": _posting("/v2/enqueue", _pagerduty),
    "our JSON at the door": _posting("/v1/events", _json),
    "CloudEvents at the door": _posting("/v1/events", _cloudevent, kind="application/cloudevents+json"),
    "GET incidents": _reading("/v1/incidents"),
    "GET incidents of a service": _reading("/v1/incidents", service="checkout"),
    "GET an incident": _reading("/v1/incidents/{incident}"),
    "GET an incident's timeline": _reading("/v1/incidents/{incident}/timeline"),
    "GET an incident's why": _reading("/v1/incidents/{incident}/why"),
    "GET an incident's alerts": _reading("/v1/incidents/{incident}/alerts"),
    "acknowledge": _acting("acknowledge"),
    "assign": _acting("assign", {"assignee": "Kim Example"}),
    "note": _acting("note", {"text": "The load balancer answers again."}),
    "restore": _acting("restore", {"workaround": "Restart the checkout pods.", "helped": True}),
    "close": closing,
    "GET problems": _reading_problem("/v1/problems"),
    "GET a problem": _reading_problem("/v1/problems/{problem}"),
    "GET a problem's timeline": _reading_problem("/v1/problems/{problem}/timeline"),
    "GET policy": _reading("/v1/policy"),
    "PUT policy": putting_policy,
    "GET integrations": _reading("/v1/integrations"),
    "POST integrations": letting_in,
    "DELETE an integration": revoking,
    "GET quarantine": _reading("/v1/quarantine"),
}
