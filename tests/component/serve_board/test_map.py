"""The map as people and the drawing read it: what is down, who is cut off and through what."""

import json
import re
from html import unescape

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_board.conftest import HOSTILE, NOW, Calls, down, signed_in

POLICY = """
teams: {network: {}}
services:
  gw-1: {team: network}
  gw-2: {team: network}
  vpn: {team: network, needs: {any_of: [gw-1, gw-2]}}
  mail: {team: network}
customers:
  Federal Registry Office: {heads: 1800, vital: true, needs: vpn}
  Anglers: {heads: 40, needs: mail}
routing: {team: network}
"""


@pytest.fixture(autouse=True)
def _policy(table: Table) -> None:
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)


def test_it_says_who_is_cut_off_and_through_what(table: Table) -> None:
    down(table, "gw-1", minutes=20)
    down(table, "gw-2", minutes=12)
    page = signed_in().get("/board/map")
    for words in (
        "1 customer is cut off",
        "Federal Registry Office cut off 1,800 people, vital",
        "because Federal Registry Office needs vpn needs gw-",
        "which is down",
        "gw-2 down since 08:48 UTC, 12 minutes ago",
    ):
        assert words in page.said, words


def test_redundancy_that_is_used_up_is_said_before_anybody_is_cut_off(table: Table) -> None:
    down(table, "gw-1", minutes=5)
    page = signed_in().get("/board/map")
    assert "1 down, no customer cut off" in page.said
    assert "vpn nothing to spare network vpn runs on gw-2 alone" in page.said


def test_the_drawing_gets_every_node_and_every_edge(table: Table) -> None:
    down(table, "gw-1", minutes=20)
    down(table, "gw-2", minutes=12)
    page = signed_in().get("/board/map").text
    nodes = re.findall(r'data-node="([^"]*)".*?data-state="(\w+)".*?data-needs="([^"]*)"', page)
    assert {name: state for name, state, _ in nodes} == {
        "customer/Federal Registry Office": "failed",
        "customer/Anglers": "up",
        "service/gw-1": "down",
        "service/gw-2": "down",
        "service/vpn": "failed",
        "service/mail": "up",
    }
    needs = {name: json.loads(unescape(needs)) for name, _, needs in nodes}
    assert needs["customer/Federal Registry Office"] == [{"needs": "service/vpn", "cut": True}]
    assert [one["cut"] for one in needs["service/vpn"]] == [True, True]  # either would be enough


def test_a_look_at_the_same_is_answered_from_one_read(table: Table, calls: Calls) -> None:
    browser = signed_in()
    tag = browser.get("/board/map").headers["etag"]
    with calls.counted() as seen:
        again = browser.get("/board/map", headers={"hx-request": "true", "if-none-match": tag})
    assert (again.status, seen) == (304, {"Query": 1})
    with calls.counted() as seen:
        browser.get("/board/map")
    assert seen == {"Query": 3}


def test_names_of_the_catalogue_are_text(table: Table) -> None:
    policy = {
        "teams": {"network": {}},
        "services": {"vpn": {"team": "network"}},
        "customers": {HOSTILE: {"heads": 7, "needs": "vpn"}},
        "routing": {"team": "network"},
    }
    Policies(table).put(json.dumps(policy), expected=1, by=Actor(name="Ada Example"), at=NOW)
    page = signed_in().get("/board/map")
    assert HOSTILE in page.said
    assert "<script>alert" not in page.text
    assert "<img" not in page.text


def test_an_empty_catalogue_says_where_it_comes_from(table: Table) -> None:
    Policies(table).put(
        "teams: {network: {}}\nrouting: {team: network}", expected=1, by=Actor(name="A"), at=NOW
    )
    assert "The catalogue is empty" in signed_in().get("/board/map").said
