"""The map: what is down, what fails with it and through what, where nothing is to spare."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.cut_off import cannot_work
from leitplanke.domain.policy import load_policy
from leitplanke.domain.service_map import Entry, Need, Standing, service_map
from leitplanke.domain.services import ServiceState

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
POLICY = load_policy("""
teams: {network: {}}
services:
  gw-1: {team: network}
  gw-2: {team: network}
  db: {team: network}
  vpn: {team: network, needs: {any_of: [gw-1, gw-2]}}
  access: {team: network, needs: [vpn, db]}
customers:
  Registry: {heads: 1800, vital: true, needs: access}
  Anglers: {heads: 40, needs: vpn}
routing: {team: network}
""")
SERVICES = ["gw-1", "gw-2", "db", "vpn", "access"]


def standing(*down: str) -> dict[str, Entry]:
    states = {name: ServiceState(service=name, down=name in down, since=NOW, revision=1) for name in SERVICES}
    return {one.name: one for one in service_map(states, POLICY).entries}


def test_where_nothing_is_down_everything_is_up() -> None:
    assert {one.standing for one in standing().values()} == {Standing.UP}


def test_one_of_two_gateways_leaves_what_needs_them_thin_and_nobody_cut_off() -> None:
    found = standing("gw-1")
    assert {name: one.standing.value for name, one in found.items()} == {
        "Registry": "up",
        "Anglers": "up",
        "gw-1": "down",
        "vpn": "thin",
        "gw-2": "up",
        "access": "up",
        "db": "up",
    }
    assert found["gw-1"].since == NOW
    assert found["vpn"].spare == ("vpn runs on gw-2 alone",)
    assert found["vpn"].needs == (Need(service="gw-1", broken=True), Need(service="gw-2", broken=False))


def test_what_fails_says_through_what() -> None:
    found = standing("gw-1", "gw-2")
    assert found["Registry"].standing is Standing.FAILED
    assert found["Registry"].path in (
        ("Registry", "access", "vpn", "gw-1"),
        ("Registry", "access", "vpn", "gw-2"),
    )
    assert found["vpn"].spare == ("vpn has none of its alternatives left: gw-1, gw-2 failed",)
    assert found["gw-1"].path == ()


def test_customers_come_first_and_the_worst_of_each() -> None:
    assert list(standing("db"))[:3] == ["Registry", "Anglers", "db"]


def test_what_the_catalogue_does_not_know_is_not_on_it() -> None:
    strange = {"coffee": ServiceState(service="coffee", down=True, since=NOW, revision=1)}
    assert len(service_map(strange, POLICY).entries) == len(POLICY.services) + len(POLICY.customers)


@given(st.sets(st.sampled_from(SERVICES)))
def test_the_map_and_the_first_page_agree_on_who_cannot_work(down: set[str]) -> None:
    found = standing(*down)
    states = {name: ServiceState(service=name, down=True, since=NOW, revision=1) for name in down}
    failed = {
        one.name for one in found.values() if one.kind == "customer" and one.standing is Standing.FAILED
    }
    assert failed == {one.customer for one in cannot_work(states, POLICY)}
    for one in found.values():
        assert (one.standing is Standing.DOWN) == (one.name in down)
        if one.standing is Standing.FAILED:
            assert one.path[0] == one.name
            assert one.path[-1] in down
