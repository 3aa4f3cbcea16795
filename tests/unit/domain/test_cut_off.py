"""Who cannot work, since when, for want of what: from what is down alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.cut_off import cannot_work
from leitplanke.domain.impact import assess
from leitplanke.domain.policy import load_policy
from leitplanke.domain.services import ServiceState

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
POLICY = load_policy("""
teams: {network: {}}
services:
  gw-1: {team: network}
  gw-2: {team: network}
  vpn: {team: network, needs: {any_of: [gw-1, gw-2]}}
  db: {team: network}
customers:
  Registry: {heads: 1800, vital: true, needs: [vpn, db]}
  Anglers: {heads: 40, needs: vpn}
  Bank: {heads: 9000, needs: db}
routing: {team: network}
""")


def state(service: str, minute: int, *, down: bool = True) -> tuple[str, ServiceState]:
    since = NOW + timedelta(minutes=minute)
    return service, ServiceState(service=service, down=down, since=since, revision=1)


def test_nobody_is_cut_off_while_redundancy_holds() -> None:
    assert cannot_work(dict([state("gw-1", 0)]), POLICY) == ()


def test_a_customer_is_cut_off_since_it_was_enough_and_the_vital_ones_come_first() -> None:
    found = cannot_work(dict([state("gw-2", 10), state("gw-1", 0), state("db", 20)]), POLICY)
    assert [(one.customer, one.heads, one.since) for one in found] == [
        ("Registry", 1800, NOW + timedelta(minutes=10)),
        ("Bank", 9000, NOW + timedelta(minutes=20)),
        ("Anglers", 40, NOW + timedelta(minutes=10)),
    ]
    assert {one.customer: one.because for one in found}["Bank"] == ("db",)


def test_what_is_back_cuts_nobody_off() -> None:
    assert cannot_work(dict([state("gw-1", 0), state("gw-2", 5, down=False)]), POLICY) == ()


def test_what_the_catalogue_does_not_know_cuts_nobody_off() -> None:
    assert cannot_work(dict([state("coffee", 0)]), POLICY) == ()


@given(st.dictionaries(st.sampled_from(["gw-1", "gw-2", "vpn", "db"]), st.integers(0, 60)))
def test_they_are_those_whom_some_incident_of_what_is_down_cuts_off(minutes: dict[str, int]) -> None:
    found = cannot_work(dict(state(name, minute) for name, minute in minutes.items()), POLICY)
    of_incidents = {one.name for name in minutes for one in assess(name, list(minutes), POLICY).cut_off}
    assert {one.customer for one in found} == of_incidents
