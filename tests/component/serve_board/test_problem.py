"""A problem's page: how often it came back, what that cost, what helped, and deciding about it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.problems import Link, Problem, ProblemState
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.edge.identity import Scope
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from leitplanke.table.problems import Problems
from tests.component.serve_board.conftest import HOSTILE, NOW, Calls, form_of, happened, signed_in
from tests.support.incidents import in_state

POLICY = """
teams: {network: {}}
services: {vpn: {team: network}}
routing: {team: network}
"""
PATH = "/board/problems/prob-1"


def kept(table: Table, number: int, *, text: str = "Gateway down", **fields: object) -> None:
    """A problem with so many incidents, a day between two."""
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)
    days = [NOW - timedelta(days=one) for one in range(number)]
    happened(
        table,
        *(
            in_state(
                IncidentState.CLOSED,
                incident_id=f"inc-{place:03}",
                title=text,
                service="vpn",
                heads=100,
                workaround=text,
                began_at=day,
                opened_at=day,
                restored_at=day + timedelta(minutes=30),
                closed_at=day + timedelta(hours=2),
                problem_id="prob-1",
            )
            for place, day in enumerate(days)
        ),
    )
    problem = Problem(
        problem_id="prob-1",
        state=ProblemState.CANDIDATE,
        signature="signature-1",
        title=text,
        service="vpn",
        symptom=text,
        team="network",
        rule="three-in-a-week",
        reason=text,
        opened_at=NOW,
        incidents=number,
        first_incident_at=days[-1],
        last_incident_at=NOW,
        changed_at=NOW,
    )
    links = [Link(incident_id=f"inc-{place:03}", opened_at=day) for place, day in enumerate(days)]
    Problems(table).open(problem_opened(replace(problem, **fields), by="leitplanke"), links)  # type: ignore[arg-type]


def test_it_says_how_often_it_came_back_and_what_that_cost(table: Table) -> None:
    kept(table, 3)
    page = signed_in().get(PATH)
    for words in (
        "3 incidents, which cost 9,000 customer-minutes; the last one just now",
        "24 Nov1",
        "25 Nov1",
        "26 Nov1",
        "3,000 min",
        "opened by leitplanke",
    ):
        assert words in page.said.replace(" Nov 1", " Nov1"), words
    assert page.text.count('data-value="3000"') == 3
    assert page.text.count('href="/board/incidents/inc-') == 3


@pytest.mark.parametrize("number", [3, 60])
def test_the_reads_are_the_same_with_few_and_with_many(table: Table, calls: Calls, number: int) -> None:
    kept(table, number)
    browser = signed_in()
    browser.get("/board")  # from now on the process knows the policy
    with calls.counted() as seen:
        browser.get(PATH)
    # the problem and its workaround; its links and its story; its incidents
    assert seen == {"GetItem": 2, "Query": 2, "BatchGetItem": 1}


def test_somebody_takes_it_into_work_and_somebody_declines_it(table: Table) -> None:
    kept(table, 3)
    browser = signed_in()
    form = form_of(browser.get(PATH).text, "accept")
    for _ in range(2):
        done = browser.post(f"{PATH}/accept", **form)
        assert (done.status, done.headers["location"]) == (303, PATH)
    page = browser.get(PATH)
    assert "Taken into work by: Ada Example" in page.said or "Taken into work by Ada Example" in page.said
    assert "Take it into work" not in page.said
    form = form_of(page.text, "decline")
    assert browser.post(f"{PATH}/decline", **form).status == 400
    assert browser.post(f"{PATH}/decline", **{**form, "reason": "the carrier replaces it"}).status == 303
    assert "the carrier replaces it" in browser.get(PATH).said


def test_who_may_only_read_decides_nothing(table: Table) -> None:
    kept(table, 3)
    reader = signed_in(Scope.READ)
    page = reader.get(PATH).text
    assert "What you can do" not in page
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    assert reader.post(f"{PATH}/accept", csrf=csrf).status == 403


def test_what_is_not_there_is_not_found(table: Table) -> None:
    assert signed_in().get("/board/problems/nobody").status == 404
    kept(table, 1)
    form = form_of(signed_in().get(PATH).text, "accept")
    assert signed_in().post(f"{PATH}/accept", **form).status == 403


def test_whatever_people_and_senders_write_is_text(table: Table) -> None:
    kept(table, 2, text=HOSTILE, team=HOSTILE, declined_because=HOSTILE, declined_by=HOSTILE)
    page = signed_in().get(PATH)
    assert page.said.count(HOSTILE) >= 5
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
