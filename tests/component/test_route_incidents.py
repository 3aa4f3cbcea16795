"""Routing: decided anew whenever it may have changed, stored when it has, told aloud when it got worse."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.errors import NotFoundError
from leitplanke.domain.events import Severity
from leitplanke.domain.handling import prioritise
from leitplanke.domain.incidents import Incident, IncidentState, acknowledge, restore
from leitplanke.domain.policy import load_policy
from leitplanke.table.client import Table
from tests.support.clients import own_client
from tests.support.costs import Costs
from tests.support.incidents import PERSON
from tests.support.world import VPN_POLICY, World


@pytest.fixture
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(Table(client, table_name))


def lines(world: World, incident: Incident, kind: str = "incident.routed") -> list[Any]:
    page = world.incidents.timeline(incident.incident_id, after_revision=0, limit=100)
    return [entry.change for entry in page.entries if entry.change.kind == kind]


def decisions(world: World, incident: Incident) -> tuple[dict[str, Any], ...]:
    return world.incidents.decisions(incident.incident_id, limit=100).items


def restored_by_hand(world: World, incident: Incident, **fields: Any) -> Incident:
    changed = restore(
        incident, by="Ada Example", at=world.now, reason="works", reopen_window=timedelta(hours=1), **fields
    )
    assert changed is not None
    after = world.incidents.commit(incident, changed)
    world.run()
    return after


def test_an_outcome_is_stored_once_with_its_reasons_facts_and_the_policys_version(world: World) -> None:
    world.tell(world.event())

    incident = world.the_incident()
    (why,) = decisions(world, incident)
    assert (why["revision"], why["policy"]) == (incident.revision, 1)
    assert why["facts"] == {
        "service": "vpn-gateway-1",
        "severity": "critical",
        "down": ["vpn-gateway-1"],
        "down_count": 1,
    }
    assert {reason["rule"] for reason in why["outcome"]["reasons"]} >= {"catalogue", "priority"}
    assert why["outcome"]["priority"] == incident.priority


def test_looking_again_at_what_did_not_change_costs_no_revision(world: World) -> None:
    world.tell(world.event())
    before = world.the_incident()

    for _ in range(3):
        world.router.route(before.incident_id, now=world.now)

    assert world.the_incident() == before


def test_a_pulse_that_changes_nothing_is_noted_without_a_revision(world: World) -> None:
    world.tell(world.event())
    before = world.the_incident()

    world.tell(world.event("gw-1b"))

    after = world.the_incident()
    assert (after.revision, after.pulse) == (before.revision, before.pulse + 1)
    assert after.routed_pulse == after.pulse
    assert len(decisions(world, after)) == 1


def test_the_first_word_is_loud_worse_is_loud_and_better_is_quiet(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    world.later(minutes=1)
    world.tell(world.event("gw-2", service="vpn-gateway-2", action="resolve"))

    told = lines(world, world.the_incident())

    assert [(one.data["priority"], one.data["lane"], one.loud) for one in told] == [
        ("P3", "standard", True),
        ("P1", "expedite", True),
        ("P3", "standard", False),
    ]
    assert told[2].data["before"] == {"priority": "P1", "team": "network", "lane": "expedite", "heads": 1800}


def test_of_a_priority_set_by_hand_people_hear_in_the_words_of_whoever_set_it(world: World) -> None:
    world.tell(world.event())
    seen = world.the_incident()
    by_hand = prioritise(
        seen, priority="P1", by=PERSON, at=world.now, reason="the minister calls", acknowledge_within=None
    )
    assert by_hand is not None
    world.incidents.commit(seen, by_hand)
    world.run()

    told = world.incidents.timeline(seen.incident_id, after_revision=seen.revision, limit=100).entries
    assert [(one.change.kind, one.change.loud) for one in told] == [
        ("incident.prioritised", True),
        ("incident.routed", False),
    ]
    assert (world.the_incident().lane, world.the_incident().priority) == ("expedite", "P1")


def test_another_team_is_told_aloud_even_if_it_is_less_urgent_for_them(world: World) -> None:
    world.tell(world.event())
    critical = """routes:
    - {name: to platform, when: 'severity == "critical"', team: platform}"""
    world.policies.policy = load_policy(VPN_POLICY.replace("routes:", critical))

    world.router.route(world.the_incident().incident_id, now=world.now)

    assert (world.the_incident().team, lines(world, world.the_incident())[-1].loud) == ("platform", True)


def test_people_who_are_cut_off_only_now_are_told_of_aloud(world: World) -> None:
    everything_is_p3 = "priority: [[P3, P3, P3], [P3, P3, P3], [P3, P3, P3]]\n"
    world.policies.policy = load_policy(VPN_POLICY + everything_is_p3)
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))

    told = lines(world, world.the_incident())
    assert [(one.data["priority"], one.data["heads"], one.loud) for one in told] == [
        ("P3", 0, True),
        ("P3", 1800, True),
    ]


def test_a_warning_takes_no_service_down(world: World) -> None:
    world.tell(world.event(severity=Severity.WARNING))
    world.tell(world.event("gw-2", service="vpn-gateway-2"))

    assert [name for name, state in world.services.all().items() if state.down] == ["vpn-gateway-2"]
    assert world.the_incident("vpn-gateway-2").heads == 0


def test_a_policy_may_let_warnings_take_services_down(world: World) -> None:
    world.policies.policy = load_policy(VPN_POLICY + "restoring: {down_from: warning}\n")
    world.tell(world.event(severity=Severity.WARNING))
    world.tell(world.event("gw-2", service="vpn-gateway-2"))

    assert world.the_incident("vpn-gateway-2").heads == 1800


def test_an_alert_that_gets_mild_or_worse_moves_its_service_and_the_severity_shown(world: World) -> None:
    world.tell(world.event(severity=Severity.WARNING))
    seen = []
    for severity in (Severity.CRITICAL, Severity.WARNING):
        world.later(seconds=5)
        world.tell(world.event(severity=severity))
        state = world.services.get("vpn-gateway-1")
        assert state is not None
        seen.append((state.down, world.the_incident().severity))

    assert seen == [(True, Severity.CRITICAL), (False, Severity.WARNING)]


def test_an_incident_of_warnings_is_judged_alike_before_and_after_another_one_of_its_service(
    world: World,
) -> None:
    by_symptom = "grouping: {rules: [{name: by symptom, by: [symptom]}]}\n"
    world.policies.policy = load_policy(VPN_POLICY + by_symptom)
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    world.tell(world.event("hot", symptom="Hot", severity=Severity.WARNING))
    warning = world.the_incident()
    world.tell(world.event("dead", symptom="Dead"))

    world.router.route(warning.incident_id, now=world.now)

    assert world.the_incident().heads == 1800
    assert world.incidents.get(warning.incident_id).heads == 0
    assert len(decisions(world, warning)) == 1


def test_a_restored_incident_frees_its_service_and_a_reopened_one_takes_it_down_again(world: World) -> None:
    world.tell(world.event())
    first = world.the_incident()
    downs = []
    for minute, action in enumerate(["resolve", "trigger", "resolve"], start=1):
        world.now += timedelta(minutes=minute)
        world.tell(world.event(action=action))
        state = world.services.get("vpn-gateway-1")
        assert state is not None
        downs.append((state.down, world.services.causes("vpn-gateway-1")))

    assert downs == [(False, []), (True, [first.incident_id]), (False, [])]
    assert world.the_incident().state is IncidentState.RESTORED
    flips = world.services.timeline("vpn-gateway-1", after_revision=0, limit=10).entries
    assert [flip.change.data["down"] for flip in flips] == [True, False, True, False]


def test_what_the_catalogue_does_not_know_is_routed_and_takes_nothing_down(world: World) -> None:
    world.tell(world.event(service="coffee-machine"))

    incident = world.the_incident("coffee-machine")
    assert (incident.team, incident.lane, incident.heads) == ("platform", "standard", 0)
    assert world.services.all() == {}
    assert decisions(world, incident)[0]["facts"]["down"] == []


def test_an_incident_that_does_not_exist_is_said_to(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.router.route("nobody", now=world.now)


def test_the_workaround_that_helped_before_comes_with_the_first_word(world: World) -> None:
    world.tell(world.event())
    restored_by_hand(world, world.the_incident(), workaround="restart the tunnel", helped=True)
    world.tell(world.event(action="resolve", state_time=world.now + timedelta(seconds=1)))
    world.later(hours=3)

    world.tell(world.event())

    incident = world.the_incident()
    assert incident.known_workaround is not None
    assert (incident.known_workaround.text, incident.known_workaround.worked) == ("restart the tunnel", 1)
    assert lines(world, incident)[0].loud


def test_a_clock_runs_from_the_moment_the_priority_was_set(world: World) -> None:
    world.tell(world.event())
    first = world.the_incident().acknowledge_by
    world.later(minutes=1)
    world.router.route(world.the_incident().incident_id, now=world.now)
    assert world.the_incident().acknowledge_by == first == world.now + timedelta(minutes=59)

    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    assert world.the_incident().acknowledge_by == world.now + timedelta(minutes=5)


def test_who_has_it_keeps_it_whatever_it_becomes(world: World) -> None:
    world.tell(world.event())
    changed = acknowledge(world.the_incident(), by="Ada Example", at=world.now)
    assert changed is not None
    world.incidents.commit(world.the_incident(), changed)

    world.tell(world.event("gw-2", service="vpn-gateway-2"))

    incident = world.the_incident()
    assert (incident.state, incident.priority) == (IncidentState.ACKNOWLEDGED, "P1")
    assert incident.acknowledge_by is None


def test_a_flip_wakes_whom_it_may_concern_and_nobody_else(world: World) -> None:
    for name in ("vpn-gateway-1", "vpn-gateway-2", "registry-office-access"):
        world.tell(world.event(name, service=name))
    woken: list[str] = []
    router = world.router_with(wake=woken.extend)

    assert router.flipped("vpn-gateway-1", now=world.now) == 2
    subjects = {json.loads(body)["detail"]["subject"] for body in woken}
    others = {world.the_incident(name).incident_id for name in ("vpn-gateway-2", "registry-office-access")}
    assert subjects == {f"incident/{ident}" for ident in others}
    assert {json.loads(body)["detail-type"] for body in woken} == {"incident.alerts_changed"}
    assert router.flipped("coffee-machine", now=world.now) == 0


class TestCosts:
    def cost(self, world: World, client: Any, dynamodb: Any, service: str = "vpn-gateway-1") -> Costs:
        incident = world.the_incident(service)
        with Costs.of(client, dynamodb) as costs:
            world.router.route(incident.incident_id, now=world.now)
        return costs

    def test_the_first_routing(self, world: World, client: Any, dynamodb: Any) -> None:
        world.say(world.event())

        costs = self.cost(world, client, dynamodb)

        assert costs.calls["TransactWriteItems"] == 3  # the cause, the flip, the outcome
        assert costs.calls["PutItem"] + costs.calls["UpdateItem"] + costs.calls["DeleteItem"] == 0
        assert sum(costs.calls.values()) <= 13

    def test_looking_again_only_reads(self, world: World, client: Any, dynamodb: Any) -> None:
        world.tell(world.event())

        costs = self.cost(world, client, dynamodb)

        assert costs.write_units == 0
        assert costs.calls["GetItem"] == 2
        assert costs.calls["Query"] <= 5  # what fires, by shard until one is critical; what is down

    def test_a_pulse_that_changes_nothing_costs_one_write(
        self, world: World, client: Any, dynamodb: Any
    ) -> None:
        world.tell(world.event())
        world.say(world.event("gw-1b"))

        costs = self.cost(world, client, dynamodb)

        assert costs.calls["UpdateItem"] == 1
        assert costs.calls["TransactWriteItems"] == 0

    def test_what_the_catalogue_does_not_know_asks_nothing_about_services(
        self, world: World, client: Any, dynamodb: Any
    ) -> None:
        world.tell(world.event(service="coffee-machine"))

        costs = self.cost(world, client, dynamodb, "coffee-machine")

        assert costs.calls["GetItem"] == 1
        assert costs.calls["Query"] <= 4
