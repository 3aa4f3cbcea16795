"""Incidents that are there for one reason are shown as one thing, and none of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import load_policy
from leitplanke.domain.storms import gathered
from tests.support.incidents import incident

POLICY = load_policy("""
teams: {network: {}}
services:
  gw-1: {team: network}
  gw-2: {team: network}
  db: {team: network}
  vpn: {team: network, needs: {any_of: [gw-1, gw-2]}}
  access: {team: network, needs: [vpn, db]}
routing: {team: network}
""")
SERVICES = ["gw-1", "gw-2", "db", "vpn", "access", "unassigned"]


def of(*services: str) -> list[Incident]:
    return [incident(incident_id=f"inc-{n}", service=name) for n, name in enumerate(services)]


def seen(incidents: list[Incident], *down: str) -> dict[str, list[str]]:
    return {
        one.leader.incident_id: [follower.incident_id for follower in one.followers]
        for one in gathered(incidents, down, POLICY)
    }


def test_what_cannot_work_without_another_follows_it_even_if_it_stands_higher() -> None:
    assert seen(of("access", "db"), "access", "db") == {"inc-1": ["inc-0"]}


def test_the_first_cause_leads_through_all_that_fails_between() -> None:
    assert seen(of("access", "vpn", "gw-1", "gw-2"), "access", "vpn", "gw-1", "gw-2") == {
        "inc-2": ["inc-0", "inc-1"],
        "inc-3": [],
    }


def test_further_incidents_of_what_is_down_follow_the_first() -> None:
    assert seen(of("db", "db", "db"), "db") == {"inc-0": ["inc-1", "inc-2"]}


def test_what_only_fires_and_is_not_down_draws_nobody_along() -> None:
    assert seen(of("db", "access", "db")) == {"inc-0": [], "inc-1": [], "inc-2": []}


def test_redundancy_that_holds_draws_nobody_along() -> None:
    assert seen(of("gw-1", "vpn"), "gw-1") == {"inc-0": [], "inc-1": []}


def test_what_the_catalogue_does_not_know_stands_for_itself() -> None:
    assert seen(of("unassigned", "unassigned", "db"), "db", "unassigned") == {
        "inc-0": [],
        "inc-1": [],
        "inc-2": [],
    }


def test_followers_are_counted_by_service() -> None:
    (one,) = gathered(of("db", "access", "access", "db"), ["db"], POLICY)
    assert one.services == {"access": 2, "db": 1}


@given(st.lists(st.sampled_from(SERVICES), max_size=12), st.sets(st.sampled_from(SERVICES)))
def test_each_is_shown_once_and_leaders_keep_their_order(services: list[str], down: set[str]) -> None:
    incidents = of(*services)
    found = gathered(incidents, down, POLICY)
    shown = [one for together in found for one in (together.leader, *together.followers)]
    assert sorted(one.incident_id for one in shown) == sorted(one.incident_id for one in incidents)
    places = [incidents.index(together.leader) for together in found]
    assert places == sorted(places)
