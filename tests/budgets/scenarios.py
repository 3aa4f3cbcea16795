"""What is budgeted: each scenario prepares, then does one thing in `stage.measured()` and all that follows.

Processes are warm unless a scenario says otherwise: they know the policy (asked for again after 15 s) and the
integration's key (after 60 s).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.budgets import bodies
from tests.budgets.stage import POLICY, PROMETHEUS, Stage

MANY = 1_000

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
    stage.plant.post(
        "/v1/events", bodies.json_event(stage.key, stage.plant.now), key=stage.key
    )  # promises nothing, so nothing runs out
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


def reporting(stage: Stage) -> None:
    with stage.measured():
        stage.plant.ask("POST", "/v1/incidents", {"title": "Nobody can pay", "service": "checkout"})
        stage.plant.run()


def reopening(stage: Stage) -> None:
    stage.alerts(range(3))
    stage.moment()
    stage.alerts(range(3), resolved=True)
    path = f"/v1/incidents/{stage.incident()}/reopen"
    with stage.measured():
        stage.plant.ask("POST", path, {"reason": "customers still cannot pay"})
        stage.plant.run()


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


def _posting(path: str, body: Callable[[str, datetime], Any], *, kind: str = "application/json") -> Play:
    """One request of a sender whose key is known; what becomes of it is other scenarios' business."""

    def play(stage: Stage) -> None:
        with stage.measured():
            stage.plant.post(path, body(stage.key, stage.plant.now), key=stage.key, kind=kind)

    return play


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
    SINGLE: _posting(PROMETHEUS, bodies.prometheus),
    HUNDRED: _posting(PROMETHEUS, bodies.hundred),
    "Alertmanager at the door": _posting("/v1/events/alertmanager", bodies.alertmanager),
    "PagerDuty at the door": _posting("/v2/enqueue", bodies.pagerduty),
    "our JSON at the door": _posting("/v1/events", bodies.json_event),
    "CloudEvents at the door": _posting("/v1/events", bodies.cloudevent, kind="application/cloudevents+json"),
    "GET incidents": _reading("/v1/incidents"),
    "GET incidents of a service": _reading("/v1/incidents", service="checkout"),
    "GET incidents that are mine": _reading("/v1/incidents", assignee="me"),
    "GET incidents of a priority": _reading("/v1/incidents", priority="P1"),
    "GET an incident": _reading("/v1/incidents/{incident}"),
    "GET an incident's timeline": _reading("/v1/incidents/{incident}/timeline"),
    "GET an incident's why": _reading("/v1/incidents/{incident}/why"),
    "GET an incident's alerts": _reading("/v1/incidents/{incident}/alerts"),
    "acknowledge": _acting("acknowledge"),
    "assign": _acting("assign", {"assignee": "Kim Example"}),
    "note": _acting("note", {"text": "The load balancer answers again."}),
    "restore": _acting("restore", {"workaround": "Restart the checkout pods.", "helped": True}),
    "close": closing,
    "reopen": reopening,
    "escalate": _acting("escalate", {"reason": "two data centres at once"}),
    "prioritise": _acting("prioritise", {"priority": "P1", "reason": "the minister calls"}),
    "suppress": _acting("suppress", {"until": "2027-03-01T18:00:00Z", "reason": "planned work"}),
    "suppress, past a guardrail": _acting(
        "suppress",
        {
            "until": None,
            "reason": "it is taken down for good",
            "override": {"guardrail": "suppress-without-end", "reason": "nobody uses it"},
        },
    ),
    "POST incidents": reporting,
    "GET problems": _reading_problem("/v1/problems"),
    "GET a problem": _reading_problem("/v1/problems/{problem}"),
    "GET a problem's timeline": _reading_problem("/v1/problems/{problem}/timeline"),
    "GET policy": _reading("/v1/policy"),
    "PUT policy": putting_policy,
    "GET guardrails": _reading("/v1/guardrails"),
    "GET integrations": _reading("/v1/integrations"),
    "POST integrations": letting_in,
    "DELETE an integration": revoking,
    "GET quarantine": _reading("/v1/quarantine"),
}
