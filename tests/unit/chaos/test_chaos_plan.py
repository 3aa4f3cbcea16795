"""The inputs and the faults of a chaos run follow from its seed."""

from collections import Counter

import pytest

from infra.chaos.faults import KINDS, VICTIMS, draw_schedule, kind_of
from infra.chaos.plan import Kind, Lane, draw_plan
from infra.chaos.world import policy
from leitplanke.domain.policy import load_policy

EVENTS = 2_000


def test_the_same_seed_draws_the_same_run() -> None:
    assert draw_plan(7, EVENTS) == draw_plan(7, EVENTS)
    assert draw_schedule(7, EVENTS) == draw_schedule(7, EVENTS)


def test_another_seed_draws_another_run() -> None:
    assert draw_plan(7, EVENTS) != draw_plan(8, EVENTS)
    assert draw_schedule(7, EVENTS) != draw_schedule(8, EVENTS)


@pytest.mark.parametrize("events", [50, 500, 10_000])
def test_a_plan_has_as_many_events_as_wanted_and_hardly_more(events: int) -> None:
    assert events <= sum(lane.events for lane in draw_plan(3, events)) <= events * 1.1 + 150


def test_every_protocol_has_its_share() -> None:
    shares = Counter[Kind]()
    for lane in draw_plan(5, 10_000):
        shares[lane.kind] += lane.events
    assert set(shares) == set(Kind)
    assert min(shares.values()) > 1_000


def test_the_second_of_a_pair_says_what_the_first_says() -> None:
    lanes = {lane.name: lane for lane in draw_plan(5, EVENTS)}
    second = next(lane for lane in lanes.values() if lane.leader)
    first = lanes[second.leader]
    assert [one.said for one in first.rounds] == [one.said for one in second.rounds]


def test_only_a_pair_speaks_of_the_same_alerts() -> None:
    lanes = [lane for lane in draw_plan(1, EVENTS) if not lane.leader]
    watched = Counter(symptom for lane in lanes for symptom in lane.symptoms)
    assert set(watched.values()) == {1}


@pytest.mark.parametrize("lane", draw_plan(11, EVENTS), ids=lambda lane: lane.name)
def test_nothing_is_said_of_an_alert_before_it_began(lane: Lane) -> None:
    known: set[int] = set()
    for one in lane.rounds:
        known |= set(one.flips)
        assert set(one.said) <= known


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_of_fault_leads_a_phase(seed: int) -> None:
    phases = draw_schedule(seed, EVENTS).phases
    assert len({phase.what.split("% ")[1].split(" (")[0] for phase in phases}) == len(KINDS)
    assert [phase.begins for phase in phases] == sorted(phase.begins for phase in phases)


def test_a_full_run_kills_workers_and_stops_the_engine_twice() -> None:
    blows = draw_schedule(7, 10_000).blows
    assert sum(not blow.kill for blow in blows) == 2
    assert {blow.kill for blow in blows if blow.kill} == set(VICTIMS)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("error:ProvisionedThroughputExceededException", "throttled"),
        ("error:InternalServerError", "server error"),
        ("latency:120ms", "delayed"),
        ("latency:3900ms", "answered too late"),
        ("reset", "connection reset"),
        ("response:abort", "applied, answer lost"),
    ],
)
def test_an_action_of_the_audit_log_is_counted_as_its_kind(action: str, kind: str) -> None:
    assert kind_of(action) == kind


def test_the_policy_of_the_made_up_world_is_valid() -> None:
    assert len(load_policy(policy()).services) == 32
