"""Was it right to go past a guardrail? Judged once, when it is known whether it came back, whatever dies."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.detect_recurrence import handler as function
from infra.local.aws import Aws
from leitplanke.domain.announcements import about_incident
from leitplanke.domain.attempts import Action
from leitplanke.domain.cases import Case, Outcome
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.guardrail_report import Counts
from leitplanke.domain.incidents import SYSTEM, Change, Changed, Incident, opened
from leitplanke.domain.restore_times import ENOUGH, RestoreTimes
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.judge_overrides import OverrideJudge
from leitplanke.usecases.measure_restores import RestoreMeasure
from tests.model.turns import ProcessDiedError
from tests.support.clients import Breaking, own_client
from tests.support.costs import Costs
from tests.support.deeds import Deed, act
from tests.support.incidents import PERSON, incident
from tests.support.world import START, VPN_POLICY, World

POLICY = (
    VPN_POLICY
    + """
guardrails:
  - {id: haste, purpose: It was open for minutes only., applies_to: [note, restore], when: minutes_open < 30}
  - {id: early, purpose: Customers first., applies_to: [close], when: state != "restored"}
  - {id: words, purpose: Few words help nobody., applies_to: [note], when: text.size() < 5, reason: false}
"""
)
NOTE = Deed(details={"text": "ok"}, past=["haste", "words"])
RESTORE = Deed(action=Action.RESTORE, past=["haste"])
CLOSE = Deed(action=Action.CLOSE)


@pytest.fixture
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(Table(client, table_name), policy_text=POLICY)


def judge_with(client: Any, name: str) -> OverrideJudge:
    """Another sweep of the clocks, with its own client."""
    table = Table(client, name)
    return OverrideJudge(
        incidents=Incidents(table),
        guardrails=Guardrails(table),
        restore_times=RestoreHistogram(table),
        signatures=Signatures(table),
    )


def measure_with(client: Any, name: str) -> RestoreMeasure:
    """Another consumer of the queue, with its own client."""
    table = Table(client, name)
    return RestoreMeasure(incidents=Incidents(table), restore_times=RestoreHistogram(table))


def happened(world: World, name: str = "inc-1", **fields: Any) -> Incident:
    given: dict[str, Any] = {"opened_at": world.now, "began_at": world.now, "priority": "P3"}
    made = incident(
        incident_id=name, group_key=name, changed_at=world.now, pulsed_at=world.now, **(given | fields)
    )
    return world.incidents.open(opened(made, by="pagerduty"), replaces=None)


def said(world: World, name: str, kind: str, **data: Any) -> None:
    """A line in its timeline that somebody or something else wrote."""
    seen = world.incidents.get(name)
    after = replace(seen, revision=seen.revision + 1, changed_at=world.now)
    change = Change(kind=f"incident.{kind}", at=world.now, by=SYSTEM, data=data)
    world.incidents.commit(seen, Changed(incident=after, change=change))


def over(world: World, name: str = "inc-1", *, minutes: float = 40) -> None:
    """Restored after so many minutes, then closed; nobody speaks against it by then."""
    world.later(minutes=minutes)
    act(world, name, Deed(action=Action.RESTORE))
    act(world, name, CLOSE)


def review(world: World, *names: str) -> int:
    """Verdicts given; an incident without overrides is measured."""
    given = 0
    for name in names or ("inc-1",):
        world.measure.review(name)
        given += world.judge.judge(world.incidents.get(name), now=world.now)
    return given


def cases(world: World, name: str = "inc-1") -> dict[str, Case]:
    return {one.guardrail: one for one in world.guardrails.overridden(f"incident/{name}")}


def counted(world: World) -> dict[str, Counts]:
    return world.guardrails.counts(START.date(), (START + timedelta(days=1)).date())


def went_past(**counts: int) -> Counts:
    return Counts(evaluated=1, fired=1, overridden=1, by=Counter({PERSON: 1}), **counts)


def test_nothing_happens_before_it_is_closed(world: World, client: Any, dynamodb: Any) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    seen = world.incidents.get("inc-1")
    with Costs.of(client, dynamodb) as costs:
        assert world.judge.judge(seen, now=world.now) == 0
    assert costs.calls == {}
    assert cases(world)["haste"].outcome is None
    assert counted(world)["haste"] == went_past()


def test_nothing_bad_followed_so_it_was_a_false_stop(world: World) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    over(world)

    assert review(world) == 2

    case = cases(world)["haste"]
    assert (case.outcome, case.because, case.judged_at) == (Outcome.FALSE_STOP, (), world.now)
    assert counted(world)["haste"] == replace(went_past(false_stops=1), evaluated=2)
    assert counted(world)["words"] == went_past(false_stops=1)


def test_each_override_is_judged_by_what_came_after_it(world: World) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    act(world, "inc-1", RESTORE)
    act(world, "inc-1", Deed(action=Action.REOPEN))
    act(world, "inc-1", replace(NOTE, by="Grace Example"))
    over(world)

    assert review(world) == 5

    found = sorted(
        (one.actor, one.action.value, one.guardrail, one.outcome)
        for one in world.guardrails.overridden("incident/inc-1")
    )
    assert found == [
        ("Ada Example", "note", "haste", Outcome.REGRETTED),
        ("Ada Example", "note", "words", Outcome.REGRETTED),
        ("Ada Example", "restore", "haste", Outcome.REGRETTED),
        ("Grace Example", "note", "haste", Outcome.FALSE_STOP),
        ("Grace Example", "note", "words", Outcome.FALSE_STOP),
    ]
    haste = counted(world)["haste"]
    assert (haste.overridden, haste.regretted, haste.false_stops) == (3, 2, 1)


@pytest.mark.parametrize(
    ("kind", "data", "because"),
    [
        ("escalated", {"step": 1}, "it was escalated"),
        ("routed", {"priority": "P1"}, "its priority was raised from P3 to P1"),
        ("prioritised", {"priority": "P2"}, "its priority was raised from P3 to P2"),
    ],
)
def test_what_is_regret_is_said_in_words(world: World, kind: str, data: dict[str, Any], because: str) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    said(world, "inc-1", kind, **data)
    over(world)
    review(world)
    assert {one.because for one in cases(world).values()} == {(because,)}


def test_who_waits_longer_than_in_nine_of_ten_comparable_incidents_regrets(world: World) -> None:
    for number in range(ENOUGH + 1):
        name = f"usual-{number}"
        happened(world, name)
        over(world, name, minutes=31)
        review(world, name)
    for name, priority in (("long", "P3"), ("other", "P2")):
        happened(world, name, priority=priority)
        act(world, name, NOTE)
    over(world, "long", minutes=600)
    over(world, "other", minutes=1)

    assert review(world, "long", "other") == 4

    long, other = cases(world, "long")["haste"], cases(world, "other")["haste"]
    assert (long.outcome, long.rests_on) == (Outcome.REGRETTED, ENOUGH + 1)
    assert long.because == ("customers waited 10h, longer than nine in ten of 21",)
    assert (other.outcome, other.rests_on) == (Outcome.FALSE_STOP, 0)


def test_what_was_usual_more_than_a_quarter_ago_compares_with_nothing(world: World) -> None:
    happened(world)
    over(world)
    review(world)
    closed_at = world.now
    assert world.restore_times.before("P3", closed_at).total == 1
    assert world.restore_times.before("P3", closed_at + timedelta(days=90)).total == 1
    assert world.restore_times.before("P3", closed_at + timedelta(days=91)).total == 0
    assert world.restore_times.before("P1", closed_at) == RestoreTimes(counts={})


def test_an_incident_without_overrides_is_measured_once(world: World, client: Any, dynamodb: Any) -> None:
    happened(world)
    over(world)
    with Costs.of(client, dynamodb) as costs:
        world.measure.review("inc-1")
    assert costs.calls == {"GetItem": 1, "TransactWriteItems": 1}
    assert costs.write_units == 4
    review(world)
    assert world.restore_times.before("P3", world.now).total == 1


def test_one_with_overrides_is_no_measure_for_others(world: World) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    over(world)
    review(world)
    assert world.restore_times.before("P3", world.now).total == 0


@pytest.mark.parametrize("fields", [{"priority": None}, {"restored_at": None}])
def test_what_was_never_routed_or_never_restored_measures_nothing(
    world: World, fields: dict[str, Any]
) -> None:
    happened(world)
    over(world)
    seen = world.incidents.get("inc-1")
    after = replace(seen, revision=seen.revision + 1, **fields)
    world.incidents.commit(
        seen, Changed(incident=after, change=Change(kind="incident.noted", at=world.now, by=PERSON))
    )
    assert review(world) == 0
    assert "measured" not in world.records()


def test_a_verdict_costs_some_reads_and_one_transaction(world: World, client: Any, dynamodb: Any) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    over(world)

    seen = world.incidents.get("inc-1")
    with Costs.of(client, dynamodb) as first:
        world.judge.judge(seen, now=world.now)
    with Costs.of(client, dynamodb) as again:
        world.judge.judge(seen, now=world.now)

    # Its cases, its story, its signature and a shard of the histogram each; then a transaction a case.
    assert first.calls == {"Query": 7, "TransactWriteItems": 2}
    assert again.calls == {"Query": 1}


def test_the_first_verdict_stands_whatever_is_usual_later(world: World) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    over(world, minutes=600)
    review(world)
    for number in range(ENOUGH):
        happened(world, f"usual-{number}")
        over(world, f"usual-{number}", minutes=31)
        review(world, f"usual-{number}")

    assert review(world) == 0

    assert cases(world)["haste"].outcome is Outcome.FALSE_STOP
    assert counted(world)["words"] == went_past(false_stops=1)


def test_an_incident_that_does_not_exist_is_said_to(world: World) -> None:
    with pytest.raises(NotFoundError):
        review(world, "nobody")


def test_sixteen_consumers_give_one_verdict_on_each(world: World, aws: Aws) -> None:
    happened(world)
    act(world, "inc-1", NOTE)
    over(world)
    happened(world, "plain")
    over(world, "plain")

    seen = {name: world.incidents.get(name) for name in ("inc-1", "plain")}

    def at_work(name: str) -> None:
        judge_with(own_client(aws.url), world.table.name).judge(seen[name], now=world.now)
        measure_with(own_client(aws.url), world.table.name).review(name)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(at_work, ["inc-1", "plain"] * 16))

    assert counted(world)["words"] == went_past(false_stops=1)
    assert world.restore_times.before("P3", world.now).total == 1


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("past", [["haste", "words"], []], ids=["judging", "measuring"])
def test_dying_at_any_call_and_coming_again_counts_once(
    world: World, client: Any, past: list[str], applied: bool
) -> None:
    deaths = 0
    for number in range(1, 30):
        name = f"inc-{number}"
        happened(world, name)
        if past:
            act(world, name, NOTE)
        over(world, name)
        breaking = Breaking(client, at=number, applied=applied, error=ProcessDiedError)
        seen = world.incidents.get(name)
        try:
            if past:
                judge_with(breaking, world.table.name).judge(seen, now=world.now)
            else:
                measure_with(breaking, world.table.name).review(name)
        except ProcessDiedError:
            deaths += 1
            review(world, name)
            continue
        break

    assert deaths == (9 if past else 2)
    if past:
        assert counted(world)["words"].false_stops == deaths + 1
        assert {one.outcome for one in cases(world, "inc-1").values()} == {Outcome.FALSE_STOP}
    else:
        assert world.restore_times.before("P3", world.now).total == deaths + 1


@pytest.fixture
def _environment(aws: Aws, table_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": table_name,
    }.items():
        monkeypatch.setenv(name, value)
    yield
    for cached in (function._recurrence, function._measure, settings):
        cached.cache_clear()
    clients.forget_clients()


def records_of(world: World, name: str) -> list[dict[str, Any]]:
    """What the bus put into the queue about an incident, as the function gets it."""
    seen = world.incidents.get(name)
    lines = world.incidents.timeline(name, after_revision=0, limit=100).entries
    events = [about_incident(seen, line.revision, line.change) for line in lines]
    return [
        {
            "messageId": f"m-{number}",
            "receiptHandle": "r",
            "body": json.dumps({"detail": event}),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1770000000000"},
            "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:RecurrenceQueue",
        }
        for number, event in enumerate(events)
    ]


@pytest.mark.usefixtures("_environment")
def test_the_news_that_it_is_closed_has_it_measured_and_no_other_news_does(world: World) -> None:
    happened(world)
    over(world)
    *others, last = records_of(world, "inc-1")

    assert function.handler({"Records": others}, None) == {"batchItemFailures": []}
    assert world.restore_times.before("P3", world.now).total == 0

    assert function.handler({"Records": [last, last]}, None) == {"batchItemFailures": []}
    assert world.restore_times.before("P3", world.now).total == 1


def test_in_the_whole_flow_it_is_judged_when_it_closes_by_itself(world: World) -> None:
    world.tell(world.event())
    name = world.the_incident().incident_id
    act(world, name, NOTE)
    world.later(minutes=40)
    world.tell(world.event(action="resolve"))

    world.later(hours=2)
    world.sweep()
    assert world.kinds(world.the_incident())[-1] == "closed"
    world.later(minutes=1)
    world.sweep()
    assert counted(world)["words"] == went_past(false_stops=1)


def closed_while_it_fires(world: World) -> str:
    """Somebody closes it past the guardrail; what fires in it has no owner then."""
    world.tell(world.event())
    name = world.the_incident().incident_id
    world.later(minutes=5)
    act(world, name, replace(CLOSE, past=["early"]))
    world.run()
    return name


def test_a_close_is_judged_when_it_did_not_come_back_within_the_reopen_window(world: World) -> None:
    name = closed_while_it_fires(world)
    for minutes in (2, 57):
        world.later(minutes=minutes)
        world.sweep()
        assert counted(world)["early"] == went_past()
    world.later(minutes=1)
    world.sweep()
    assert counted(world)["early"] == went_past(false_stops=1)
    assert world.incidents.get(name).look_at is None


def test_a_close_after_which_it_comes_back_is_regretted(world: World) -> None:
    name = closed_while_it_fires(world)
    world.later(minutes=1)
    world.tell(world.event())  # to correlation a repeat of what fires
    world.later(minutes=2)
    world.sweep()
    again = world.the_incident().incident_id
    assert again != name

    world.later(minutes=58)
    world.sweep()

    case = cases(world, name)["early"]
    assert case.outcome is Outcome.REGRETTED
    assert case.because == (f"it came back 3m after its close, as {again}",)
    assert counted(world)["early"].regretted == 1


def test_what_comes_back_after_the_window_is_recurrence_and_no_regret(world: World) -> None:
    name = closed_while_it_fires(world)
    world.later(minutes=61)
    world.tell(world.event(key="gw-2"))
    world.sweep()
    assert world.the_incident().incident_id != name
    assert cases(world, name)["early"].outcome is Outcome.FALSE_STOP
