"""What is played. The first part of each only sets the scene; calls are numbered from `armed()` on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from leitplanke.table import keys
from leitplanke.usecases import watch_clocks
from tests.crash.cloud import Cloud
from tests.crash.engine import TABLE
from tests.crash.people import POLICY, People, alert


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: `play` tells it to the end."""

    name: str
    play: Callable[["Stage"], None]


@dataclass
class Stage:
    """Where a scenario is played."""

    cloud: Cloud
    people: People

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Calls in this block are numbered, and spoilt."""
        self.cloud.recorder.armed = True
        yield
        self.cloud.recorder.armed = False

    def down(self, gateway: int = 1) -> None:
        """A gateway is down, and that has settled."""
        self.people.fires(f"gw-{gateway}", service=f"vpn-gateway-{gateway}")
        self.cloud.settle()

    def up(self, gateway: int = 1) -> None:
        """It is back, and that has settled."""
        self.people.is_over(f"gw-{gateway}")
        self.cloud.settle()


def one_alert(stage: Stage) -> None:
    with stage.armed():
        stage.down()


def two_gateways(stage: Stage) -> None:
    stage.down(1)
    with stage.armed():
        stage.down(2)


def one_comes_back(stage: Stage) -> None:
    stage.down(1)
    stage.down(2)
    with stage.armed():
        stage.up(2)


def repeat(stage: Stage) -> None:
    stage.down()
    with stage.armed():
        stage.people.say(alert("gw-1"), alert("gw-1"), alert("gw-1b"))
        stage.cloud.settle()
        stage.people.fires("gw-1")
        stage.cloud.settle()


def taken_in_the_senders_tool(stage: Stage) -> None:
    stage.down()
    with stage.armed():
        stage.people.say({"alert_key": "gw-1", "action": "acknowledge", "by": "Kim Example"})
        stage.cloud.settle()


def resolve_and_close(stage: Stage) -> None:
    stage.down()
    with stage.armed():
        stage.up()
        stage.cloud.later(timedelta(hours=2))


def reopen(stage: Stage) -> None:
    stage.down()
    stage.up()
    with stage.armed():
        stage.down()


def recurrence(stage: Stage) -> None:
    stage.down()
    stage.up()
    stage.cloud.later(timedelta(hours=2))
    with stage.armed():
        stage.down()


def third_time(stage: Stage) -> None:
    for _ in range(2):
        stage.down()
        stage.up()
        stage.cloud.later(timedelta(hours=2))
    with stage.armed():
        stage.down()
        stage.up()


def people_work(stage: Stage) -> None:
    stage.down()
    people = stage.people
    with stage.armed():
        incident = people.incident("vpn-gateway-1")
        people.act(incident, "acknowledge")
        people.act(incident, "assign", {"assignee": "Kim Example"})
        people.act(incident, "note", {"text": "The tunnel light is off."})
        people.act(incident, "restore", {"workaround": "Restart the IPsec daemon.", "helped": True})
        stage.cloud.settle()
        people.act(incident, "close", {"reason": "done"})
        stage.cloud.settle()


def people_decide(stage: Stage) -> None:
    """Everything else that people do to an incident, past a guardrail too; alerts play no part."""
    people = stage.people
    with stage.armed():
        incident = people.report("Nobody can log in", "vpn-gateway-2")
        stage.cloud.settle()
        people.act(incident, "prioritise", {"priority": "P2", "reason": "a hundred people"})
        people.act(incident, "assign", {"team": "platform", "reason": "their node"})
        people.act(incident, "escalate", {"reason": "two at once"})
        stage.cloud.settle()
        people.is_stopped(incident, "suppress", {"until": None, "reason": "known"})
        override = {"guardrail": "suppress-without-end", "reason": "until the node is back"}
        people.act(incident, "suppress", {"until": None, "reason": "known", "override": override})
        people.act(incident, "suppress", {"until": "2026-01-01T00:00:00Z", "reason": "it is back"})
        people.act(incident, "restore", {"workaround": "Restart the node."})
        people.act(incident, "reopen", {"reason": "still no login"})
        stage.cloud.settle()
        people.act(incident, "restore", {"note": "now it works"})
        stage.cloud.settle(minutes=3)
        people.act(incident, "close")
        stage.cloud.settle(minutes=3)


def people_take_problems(stage: Stage) -> None:
    stage.down()
    stage.up()
    stage.cloud.settle(minutes=3)
    stage.people.act(stage.people.incident("vpn-gateway-1"), "close")
    stage.down()
    problem = stage.people.get("/v1/problems")["problems"][0]["id"]
    with stage.armed():
        stage.people.decide(problem, "decline", {"reason": "the box goes in May"})
        stage.people.decide(problem, "accept")
        stage.cloud.settle()


def workaround_at_the_door(stage: Stage) -> None:
    stage.down()
    incident = stage.people.incident("vpn-gateway-1")
    stage.people.act(incident, "restore", {"workaround": "Restart the IPsec daemon.", "helped": True})
    stage.cloud.settle()
    stage.up()
    stage.people.act(incident, "close")
    stage.cloud.settle()
    with stage.armed():
        stage.down()


def senders_come_and_go(stage: Stage) -> None:
    people = stage.people
    with stage.armed():
        made = people.let_in("Alertmanager, blue cluster", quiet_after_s=86_400)
        people.say(alert("gw-1"), key=made["key"])
        stage.cloud.settle()
        people.ask("DELETE", f"/v1/integrations/{made['id']}")
        people.get("/v1/integrations")
        stage.cloud.settle()


def another_policy(stage: Stage) -> None:
    stage.down()
    with stage.armed():
        stage.people.put_policy(POLICY.replace("count: 2", "count: 3"))
        stage.people.ask("GET", "/v1/policy")
        stage.down(2)


def goes_quiet(stage: Stage) -> None:
    promise = (stage.cloud.now + timedelta(minutes=30)).isoformat()
    stage.people.fires("gw-1", expires_at=promise)
    stage.cloud.settle()
    stage.cloud.later(timedelta(minutes=40))
    with stage.armed():
        stage.people.is_over("something else")
        stage.cloud.settle(minutes=5)


def nobody_takes_it(stage: Stage) -> None:
    stage.people.put_policy(POLICY.replace("P3: 4h", "P3: 30m").replace("P2: 4h", "P2: 30m"))
    stage.cloud.settle()
    stage.down()
    stage.cloud.now += timedelta(minutes=25)
    with stage.armed():
        stage.cloud.settle(minutes=4)


def sender_falls_silent(stage: Stage) -> None:
    made = stage.people.let_in("heartbeat", quiet_after_s=7200)
    stage.people.say(alert("other", service="printer"), key=made["key"])
    stage.cloud.settle()
    stage.cloud.now += timedelta(hours=2)
    with stage.armed():
        stage.cloud.settle(minutes=4)
        stage.people.say(alert("other", service="printer"), key=made["key"])
        stage.cloud.settle()


def bad_item(stage: Stage) -> None:
    with stage.armed():
        stage.people.say(alert("gw-1"), {"alert_key": "bad", "action": "explode", "title": "?"})
        stage.cloud.settle()


def the_stream_says_nothing(stage: Stage) -> None:
    stage.cloud.stream_is_lost = True
    with stage.armed():
        stage.people.fires("gw-1")
        stage.cloud.settle(minutes=6)


def poison_in_the_stream(stage: Stage) -> None:
    stage.down()
    with stage.armed():
        key = keys.incident("poison")
        row = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "type": {"S": "incident"}, "id": {"S": "poison"}}
        stage.cloud.engine.call("dynamodb", "PutItem", TableName=TABLE, Item=row)
        stage.people.is_over("gw-1")
        stage.cloud.settle()


def many_are_due(stage: Stage) -> None:
    """More looks than one sweep does by itself; here that is more than one."""
    kept, watch_clocks.INLINE = watch_clocks.INLINE, 1
    stage.cloud.stream_is_lost = True
    with stage.armed():
        stage.people.say(*(alert(f"a-{name}", service=f"printer-{name}") for name in "abc"))
        stage.cloud.settle(minutes=6)
    watch_clocks.INLINE = kept


SCENARIOS = tuple(
    Scenario(name, play)
    for name, play in (
        ("one alert opens an incident", one_alert),
        ("two gateways", two_gateways),
        ("one of two comes back", one_comes_back),
        ("an alert repeats", repeat),
        ("taken in the sender's tool", taken_in_the_senders_tool),
        ("resolved, then closed", resolve_and_close),
        ("reopened", reopen),
        ("recurrence opens a problem", recurrence),
        ("linked to a problem", third_time),
        ("people work on it", people_work),
        ("people decide", people_decide),
        ("people take problems", people_take_problems),
        ("workaround at the door", workaround_at_the_door),
        ("senders come and go", senders_come_and_go),
        ("another policy", another_policy),
        ("an alert goes quiet", goes_quiet),
        ("nobody takes it", nobody_takes_it),
        ("a sender falls silent", sender_falls_silent),
        ("a bad item", bad_item),
        ("the stream says nothing", the_stream_says_nothing),
        ("poison in the stream", poison_in_the_stream),
        ("many looks are due", many_are_due),
    )
)
