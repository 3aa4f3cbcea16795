"""Between an attempt and its record: one case however often it is tried, kept and counted with the change."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.attempts import Action, Actor
from leitplanke.domain.cases import Case
from leitplanke.domain.errors import ForbiddenByGuardrailError, GuardrailError, LostRaceError
from leitplanke.domain.guardrail_report import Counts
from leitplanke.domain.incidents import Incident, opened
from leitplanke.domain.policy import load_policy
from leitplanke.domain.problems import Link, Problem, ProblemChanged, ProblemState
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.usecases.guard import PolicyGuard
from tests.support.clients import own_client
from tests.support.costs import Costs
from tests.support.deeds import Deed, act
from tests.support.incidents import PERSON, incident
from tests.support.world import START, VPN_POLICY, World

POLICY = (
    VPN_POLICY
    + """
guardrails:
  - {id: haste, purpose: It was open for minutes only., applies_to: [note, restore], when: minutes_open < 30}
  - {id: words, purpose: Few words help nobody., applies_to: [note], when: text.size() < 5, reason: false}
  - {id: night, purpose: At night one is alone., applies_to: [restore], level: hard,
     may_override: [duty-manager], when: hour < 6}
  - {id: hoarding, purpose: Two are enough., applies_to: [acknowledge], when: holding >= 2}
  - {id: limit, purpose: One after the other., applies_to: [accept], when: team_wip >= wip_limit}
  - {id: broken, purpose: It asks for what is not there., applies_to: [assign], when: "labels['no'] == 'x'"}
"""
)
TODAY = START.date()
NOTE = Deed(action=Action.NOTE, details={"text": "ok"})
RESTORE = Deed(action=Action.RESTORE)


@pytest.fixture
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(Table(client, table_name), policy_text=POLICY)


def happened(world: World, name: str = "inc-1", *, minutes_ago: int = 0, **fields: Any) -> Incident:
    at = world.now - timedelta(minutes=minutes_ago)
    given = {"incident_id": name, "group_key": name, "opened_at": at, "began_at": at, "pulsed_at": at}
    return world.incidents.open(
        opened(incident(**(given | {"changed_at": at} | fields)), by="pagerduty"), replaces=None
    )


def counted(world: World, day: date = TODAY) -> dict[str, Counts]:
    return world.guardrails.counts(day, day)


def cases(world: World, name: str = "inc-1") -> list[Case]:
    """All cases of an incident, by guardrail."""
    mine = (row for row in world.records()["guardrail_case"] if row["subject"] == f"incident/{name}")
    found = [
        world.guardrails.latest(row["subject"], row["guardrail"], Action(row["action"]), row["actor"])
        for row in mine
    ]
    return sorted((one for one in found if one is not None), key=lambda one: one.guardrail)


def refused(world: World, deed: Deed, name: str = "inc-1") -> tuple[str, ...]:
    """The guardrails that stopped it."""
    with pytest.raises((GuardrailError, ForbiddenByGuardrailError)) as stopped:
        act(world, name, deed)
    return tuple(one.id for one in stopped.value.fired)


def test_what_nobody_speaks_against_costs_one_row_in_the_transaction_of_its_change(
    world: World, client: Any, dynamodb: Any
) -> None:
    happened(world, minutes_ago=60)

    with Costs.of(client, dynamodb) as costs:
        act(world, "inc-1", replace(NOTE, details={"text": "The light is off."}))

    assert costs.calls == {"GetItem": 1, "TransactWriteItems": 1}
    assert costs.by_kind()["GUARDRAILS"] == 2
    assert counted(world) == {"haste": Counts(evaluated=1), "words": Counts(evaluated=1)}
    assert cases(world) == []


def test_all_that_fire_are_told_at_once_and_noted_as_cases(world: World) -> None:
    seen = happened(world)

    assert refused(world, NOTE) == ("haste", "words")

    assert world.incidents.get("inc-1") == seen
    assert [(one.guardrail, one.number, one.is_open) for one in cases(world)] == [
        ("haste", 1, True),
        ("words", 1, True),
    ]
    assert counted(world)["haste"] == Counts(evaluated=1, fired=1)
    assert counted(world)["haste"].heeded == 1


def test_tried_again_and_again_it_stays_one_case_and_costs_a_look_at_each(
    world: World, client: Any, dynamodb: Any
) -> None:
    happened(world)
    refused(world, NOTE)

    with Costs.of(client, dynamodb) as costs:
        refused(world, NOTE)

    assert costs.calls == {"GetItem": 1, "Query": 2}
    assert counted(world)["words"] == Counts(evaluated=1, fired=1)


def test_refused_and_then_done_all_the_same_is_one_case(world: World) -> None:
    happened(world)
    refused(world, RESTORE)

    after = act(world, "inc-1", replace(RESTORE, past=["haste"], reason=" it works again "))

    (case,) = cases(world)
    assert (case.number, case.level, case.revision, case.reason) == (1, "soft", 2, "it works again")
    assert after.overridden == 1
    assert counted(world)["haste"] == Counts(evaluated=1, fired=1, overridden=1, by=Counter({PERSON: 1}))
    assert counted(world)["night"] == Counts(evaluated=1)
    (line,) = world.incidents.timeline("inc-1", after_revision=1, limit=10).entries
    assert [one["guardrail"] for one in line.change.data["overrides"]] == ["haste"]


def test_overridden_at_once_is_a_case_as_well(world: World) -> None:
    happened(world)
    act(world, "inc-1", replace(NOTE, past=["haste", "words"]))
    assert [one.is_open for one in cases(world)] == [False, False]
    assert counted(world)["words"] == Counts(evaluated=1, fired=1, overridden=1, by=Counter({PERSON: 1}))


def test_the_next_time_is_the_next_case(world: World) -> None:
    happened(world)
    for _ in range(2):
        act(world, "inc-1", replace(NOTE, past=["haste", "words"]))
    refused(world, NOTE)
    assert [(one.guardrail, one.number) for one in cases(world)][0] == ("haste", 3)
    assert counted(world)["haste"] == Counts(evaluated=3, fired=3, overridden=2, by=Counter({PERSON: 2}))


def test_counts_belong_to_the_day_on_which_it_first_fired(world: World) -> None:
    world.now = START.replace(hour=23, minute=50)
    happened(world)
    refused(world, RESTORE)
    world.later(minutes=15)
    assert refused(world, replace(RESTORE, past=["haste"])) == ("haste", "night")

    manager = replace(RESTORE, past=["haste", "night"], roles=frozenset({"duty-manager"}))
    act(world, "inc-1", manager)

    assert counted(world)["haste"] == Counts(evaluated=1, fired=1, overridden=1, by=Counter({PERSON: 1}))
    tomorrow = counted(world, TODAY + timedelta(days=1))
    assert tomorrow == {"night": Counts(evaluated=1, fired=1, overridden=1, by=Counter({PERSON: 1}))}


def test_a_hard_one_lets_only_its_roles_pass(world: World) -> None:
    world.now = START.replace(hour=3)
    happened(world, minutes_ago=60)
    with pytest.raises(ForbiddenByGuardrailError, match="night: At night one is alone") as stopped:
        act(world, "inc-1", replace(RESTORE, past=["night"], roles=frozenset({"engineer"})))
    assert "duty-manager" in stopped.value.remedy

    act(world, "inc-1", replace(RESTORE, past=["night"], roles=frozenset({"duty-manager"})))

    (case,) = cases(world)
    assert (case.level, case.is_open) == ("hard", False)


def test_how_many_somebody_holds_is_counted_only_where_it_matters(
    world: World, client: Any, dynamodb: Any
) -> None:
    for name in ("inc-1", "inc-2", "inc-3", "inc-4"):
        happened(world, name, minutes_ago=60)
    take = Deed(action=Action.ACKNOWLEDGE)
    act(world, "inc-1", take)
    with Costs.of(client, dynamodb) as costs:
        act(world, "inc-2", take)
    assert costs.calls == {"GetItem": 1, "Query": 4, "TransactWriteItems": 1}
    assert refused(world, take, "inc-3") == ("hoarding",)
    act(world, "inc-3", replace(take, by="Grace Example"))
    world.later(hours=1)
    act(world, "inc-1", RESTORE)
    act(world, "inc-4", take)
    assert world.incidents.held_by(PERSON, limit=100) == 2


def test_a_condition_that_cannot_be_judged_lets_through_and_is_told_in_the_report(world: World) -> None:
    happened(world)
    act(world, "inc-1", Deed(action=Action.ASSIGN, details={"to_assignee": "Grace Example"}))
    assert counted(world) == {"broken": Counts(evaluated=1, unjudged=1)}


def problem(world: World, name: str, **fields: Any) -> Problem:
    made = Problem(
        problem_id=name,
        state=ProblemState.OPEN,
        signature=name,
        title=name,
        service="vpn",
        symptom="down",
        team="network",
        rule="twice in a month",
        reason="it came back",
        opened_at=world.now,
        incidents=1,
        last_incident_at=world.now,
        changed_at=world.now,
    )
    link = Link(incident_id=f"inc-{name}", opened_at=world.now)
    return world.problems.open(problem_opened(replace(made, **fields), by="leitplanke"), [link])


def test_a_team_with_as_many_problems_as_it_can_finish_is_asked_before_the_next(world: World) -> None:
    policy = replace_wip(POLICY, 2)
    for number in range(2):
        problem(world, f"accepted-{number}", accepted_by=PERSON)
    problem(world, "over", accepted_by=PERSON, state=ProblemState.VERIFIED)
    waiting = problem(world, "waiting")
    deed = Deed(action=Action.ACCEPT)
    with pytest.raises(GuardrailError, match="limit: One after the other"):
        world.guard.admit(deed.attempt(world), waiting, policy=policy)

    admitted = world.guard.admit(replace(deed, past=["limit"]).attempt(world), waiting, policy=policy)

    assert [one.guardrail for one in admitted.overridden] == ["limit"]
    world.table.transact(admitted.writes)
    (case,) = world.guardrails.overridden("problem/waiting")
    assert (case.subject, case.priority) == ("problem/waiting", None)
    done = replace(waiting, revision=2, accepted_by=PERSON, changed_at=world.now)
    change = problem_opened(done, by=PERSON).change
    world.problems.commit(waiting, ProblemChanged(problem=done, change=change))
    assert world.problems.worked_on_by("network", limit=100) == 3


def replace_wip(text: str, limit: int) -> Any:
    return load_policy(text.replace("network: {}", f"network: {{wip_limit: {limit}}}"))


def guard_of(client: Any, name: str) -> tuple[PolicyGuard, Incidents]:
    table = Table(client, name)
    incidents = Incidents(table)
    return PolicyGuard(guardrails=Guardrails(table), incidents=incidents, problems=Problems(table)), incidents


def test_two_people_of_one_name_are_two_cases_and_one_of_two_names_is_one(world: World) -> None:
    happened(world)
    one, other = replace(NOTE, ident="u-1"), replace(NOTE, ident="u-2")
    refused(world, one)
    refused(world, replace(one, by="Somebody Else"))
    refused(world, other)
    assert counted(world)["haste"] == Counts(evaluated=2, fired=2)

    act(world, "inc-1", replace(other, past=["haste", "words"]))

    assert counted(world)["haste"] == Counts(evaluated=2, fired=2, overridden=1, by=Counter({PERSON: 1}))
    (line,) = world.incidents.timeline("inc-1", after_revision=1, limit=5).entries
    assert (line.change.by, line.change.by_id) == (PERSON, "u-2")


def test_sixteen_refusals_at_once_are_one_case(world: World, aws: Aws) -> None:
    seen = happened(world)

    def at_work(_: int) -> str:
        guard, _incidents = guard_of(own_client(aws.url), world.table.name)
        with pytest.raises(GuardrailError) as stopped:
            guard.admit(NOTE.attempt(world), seen, policy=world.policies.policy)
        return stopped.value.fired[0].id

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(at_work, range(16))) == {"haste"}

    assert [one.number for one in cases(world)] == [1, 1]
    assert counted(world)["haste"] == Counts(evaluated=1, fired=1)


def test_sixteen_who_go_past_at_once_are_as_many_cases_as_changes(world: World, aws: Aws) -> None:
    happened(world)

    def at_work(number: int) -> int:
        mine = World(Table(own_client(aws.url), world.table.name), policy_text=POLICY)
        for tries in range(100):
            try:
                act(mine, "inc-1", replace(NOTE, past=["haste", "words"], reason=f"number {number}"))
            except LostRaceError:
                continue
            return tries
        raise AssertionError("never its turn")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(at_work, range(16)))

    after = world.incidents.get("inc-1")
    assert (after.revision, after.overridden) == (17, 32)
    gone_past = world.guardrails.overridden("incident/inc-1")
    assert sorted(one.number for one in gone_past if one.guardrail == "words") == list(range(1, 17))
    assert counted(world)["words"] == Counts(evaluated=16, fired=16, overridden=16, by=Counter({PERSON: 16}))


def test_what_will_be_asked_is_told_before_anybody_tries_and_leaves_no_trace(world: World) -> None:
    seen = happened(world)

    found = world.guard.foresee(seen, actor=Actor(name=PERSON), policy=world.policies.policy, now=world.now)

    assert {(one.action, one.fired.id, one.always) for one in found} == {
        (Action.NOTE, "haste", True),
        (Action.RESTORE, "haste", True),
    }
    assert counted(world) == {}
