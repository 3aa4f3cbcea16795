"""The guardrails' page: what each did, and what to do about it."""

from datetime import timedelta

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.edge.identity import Scope
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_board.conftest import NOW, Calls, form_of, signed_in
from tests.support.world import World

ADA = Actor(name="Ada Example")


@pytest.fixture
def world(table: Table) -> World:
    return World(table, now=NOW - timedelta(hours=1))


def gone_past(world: World, reason: str) -> None:
    """Somebody closes what nobody restored."""
    world.tell(world.event())
    browser, path = signed_in(), f"/board/incidents/{world.the_incident().incident_id}"
    form = form_of(browser.get(path).text, "close")
    asked = browser.post(f"{path}/close", **form)
    assert asked.status == 409
    past = form_of(asked.text.split("</section>")[1], "close")
    assert browser.post(f"{path}/close", **past, because=reason).status == 303


def test_what_fired_is_a_picture_with_its_numbers(world: World) -> None:
    gone_past(world, "a duplicate")
    page = signed_in().get("/board/guardrails")
    assert page.status == 200
    assert "Guardrails spoke up" in page.said
    assert 'data-chart="across"' in page.text
    row = page.said.split("close-before-restored")[-1]
    assert "Nobody has said that customers can work again" in row
    assert "Too few cases to say" in row
    assert "Ada Example 1" in row
    assert "1 not judged yet" in row


def test_where_none_fired_it_says_so_and_lists_them_all_the_same(table: Table) -> None:
    text = "teams: {network: {}}\nrouting: {team: network}"
    Policies(table).put(text, expected=None, by=ADA, at=NOW)
    page = signed_in(Scope.READ).get("/board/guardrails")
    assert "No guardrail spoke up" in page.said
    assert "close-before-restored" in page.said
    assert "data-chart" not in page.text


@pytest.mark.parametrize(
    ("days", "first"),
    [("7", "2026-11-20"), ("28", "2026-10-30"), ("90", "2026-08-29"), ("365", "2025-11-27")],
)
def test_people_choose_how_far_to_look_back(table: Table, calls: Calls, days: str, first: str) -> None:
    page = signed_in().get("/board/guardrails", days=days)
    assert f"{first} to 2026-11-26" in page.said
    assert f'?days={days}" aria-current="true"' in page.text


def test_a_range_that_there_is_not_is_the_usual_one_and_says_so(table: Table) -> None:
    page = signed_in().get("/board/guardrails", days="-1")
    assert page.status == 200
    assert "There are ranges of 7, 28, 90, 365 days: this is the one of 90." in page.said
