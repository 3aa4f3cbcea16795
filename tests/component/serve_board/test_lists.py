"""Incidents and problems as lists: conditions, pages, and what is asked for that there is not."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.table.client import Table
from leitplanke.table.problems import Problems
from tests.component.serve_board.conftest import HOSTILE, NOW, Browser, Calls, Page, happened, signed_in
from tests.support.incidents import incident


def shown(page: Page) -> list[str]:
    """The records in a list, by what stands last in their address."""
    return re.findall(r'<th scope="row"><a href="/board/\w+/([^"]+)">', page.text)


def older(browser: Browser, page: Page) -> Page:
    """What the link to the next page leads to."""
    (link,) = re.findall(r'href="([^"]+)" rel="next"', page.text)
    parts = urlsplit(unescape(link))
    return browser.get(parts.path, **dict(parse_qsl(parts.query)))


def many(table: Table, number: int) -> None:
    usual = incident(lane="standard", priority="P3", service="vpn", team="network")
    happened(
        table,
        *(
            replace(usual, incident_id=f"inc-{one:03}", opened_at=NOW - timedelta(minutes=one))
            for one in range(number)
        ),
    )


def test_what_is_live_stands_there_newest_first_page_after_page(table: Table) -> None:
    many(table, 120)
    browser = signed_in()
    first = browser.get("/board/incidents")
    second = older(browser, first)
    third = older(browser, second)
    assert [*shown(first), *shown(second), *shown(third)] == [f"inc-{one:03}" for one in range(120)]
    assert 'rel="next"' not in third.text
    assert "That is all" in third.said


def test_conditions_narrow_it_and_stay_in_the_form(table: Table) -> None:
    happened(
        table,
        incident(incident_id="a", service="vpn", lane="expedite"),
        incident(incident_id="b", service="mail", lane="standard"),
        incident(incident_id="c", service="vpn", state=IncidentState.CLOSED),
    )
    browser = signed_in()
    assert shown(browser.get("/board/incidents", service="vpn")) == ["a"]
    assert shown(browser.get("/board/incidents", service="vpn", state="closed")) == ["c"]
    assert set(shown(browser.get("/board/incidents", state="all"))) == {"a", "b", "c"}
    page = browser.get("/board/incidents", lane="standard")
    assert shown(page) == ["b"]
    assert '<option value="standard" selected>' in page.text
    assert "None with these conditions" in browser.get("/board/incidents", team="nobody").said


@pytest.mark.parametrize(
    "said", [{"state": "gone"}, {"lane": "fast"}, {"page": "%"}, {"page": "eyJ"}, {"service": "x" * 4000}]
)
def test_what_makes_no_sense_still_gives_a_page(table: Table, said: dict[str, str]) -> None:
    many(table, 1)
    page = signed_in().get("/board/incidents", **said)
    assert page.status == 200
    assert ("That page is of another list" in page.said) == ("page" in said)
    assert ("There is no state of that name: this is live." in page.said) == ("state" in said)
    assert ("There is no lane of that name: this is every one." in page.said) == ("lane" in said)


def test_a_page_of_other_conditions_is_the_first_one(table: Table) -> None:
    many(table, 60)
    browser = signed_in()
    (link,) = re.findall(r'href="([^"]+)" rel="next"', browser.get("/board/incidents", service="vpn").text)
    token = dict(parse_qsl(urlsplit(unescape(link)).query))["page"]
    page = browser.get("/board/incidents", page=token, service="mail")
    assert "That page is of another list" in page.said


@pytest.mark.parametrize("number", [5, 200])
def test_the_reads_are_the_same_with_few_and_with_many(table: Table, calls: Calls, number: int) -> None:
    many(table, number)
    with calls.counted() as seen:
        signed_in().get("/board/incidents")
    # two states of four shards each
    assert seen == {"Query": 8, "BatchGetItem": 1}


def a_problem(table: Table, **fields: Any) -> None:
    usual = Problem(
        problem_id="prob-1",
        state=ProblemState.CANDIDATE,
        signature="signature-1",
        title="Gateway down",
        service="vpn",
        symptom="down",
        team="network",
        rule="three-in-a-week",
        reason="3 incidents in 7 days",
        opened_at=NOW,
        incidents=0,
        last_incident_at=NOW,
        changed_at=NOW,
    )
    Problems(table).open(problem_opened(replace(usual, **fields), by="leitplanke"), [])


def test_problems_that_are_settled_are_asked_for(table: Table) -> None:
    a_problem(table)
    a_problem(
        table,
        problem_id="prob-2",
        signature="signature-2",
        state=ProblemState.DECLINED,
        declined_because="too rare",
    )
    browser = signed_in()
    assert shown(browser.get("/board/problems")) == ["prob-1"]
    page = browser.get("/board/problems", state="declined")
    assert shown(page) == ["prob-2"]
    assert "too rare" in page.said
    assert "nothing keeps coming back, as far as we know" in browser.get("/board/problems", state="open").said


def test_whatever_people_and_senders_write_is_text(table: Table) -> None:
    happened(table, incident(title=HOSTILE, service=HOSTILE, team=HOSTILE, assignee=HOSTILE))
    a_problem(table, title=HOSTILE, service=HOSTILE, reason=HOSTILE, team=HOSTILE)
    browser = signed_in()
    for page in (
        browser.get("/board/incidents"),
        browser.get("/board/incidents", service=HOSTILE, team=HOSTILE, assignee=HOSTILE),
        browser.get("/board/problems"),
    ):
        assert HOSTILE in page.said or HOSTILE in unescape(page.text)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text


@pytest.mark.usefixtures("table")
def test_whoever_signs_in_first_comes_to_what_they_asked_for() -> None:
    sent = Browser().get("/board/incidents", state="all", service="vpn & more")
    assert sent.status == 303
    then = parse_qs(urlsplit(sent.headers["location"]).query)["then"]
    assert then == ["/board/incidents?state=all&service=vpn+%26+more"]
