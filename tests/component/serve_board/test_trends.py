"""Trends as people see them and as they take them away: percentiles, what customers lost, what comes back."""

import csv
import io
from datetime import timedelta

import pytest

from leitplanke.domain.incidents import IncidentState
from leitplanke.edge.identity import Scope
from leitplanke.table.client import Table
from tests.component.serve_board.conftest import HOSTILE, NOW, Calls, happened, signed_in
from tests.support.incidents import in_state


def closed(table: Table, *, minutes: list[int], days_ago: int = 1, first: int = 0, **fields: object) -> None:
    """Incidents that took so long, each closed so many days ago."""
    at = NOW - timedelta(days=days_ago)
    happened(
        table,
        *(
            in_state(
                IncidentState.CLOSED,
                **{
                    "incident_id": f"inc-{first + number:04}",
                    "began_at": at - timedelta(minutes=taken),
                    "opened_at": at - timedelta(minutes=taken),
                    "acknowledged_at": at - timedelta(minutes=taken) + timedelta(minutes=3),
                    "restored_at": at,
                    "closed_at": at,
                    "heads": 10,
                    "service": "vpn",
                    "symptom": "GatewayDown",
                    **fields,
                },
            )
            for number, taken in enumerate(minutes)
        ),
    )


def test_it_tells_the_main_numbers_beside_those_of_the_time_before(table: Table) -> None:
    closed(table, minutes=[10, 11, 12, 100])
    closed(table, minutes=[60], days_ago=40, first=100, service="mail")
    page = signed_in().get("/board/trends")
    for words in (
        "4 incidents closed (before: 1)",
        "1,330 customer-minutes lost (before: 600)",
        "2026-10-30 to 2026-11-26",
        "vpn 1,330 min",
        "GatewayDown 1,330 min",
    ):
        assert words in page.said, words
    assert "mail" not in page.said
    assert page.text.count('data-chart="') == 10


def test_percentiles_are_right_to_the_width_of_a_bucket(table: Table) -> None:
    closed(table, minutes=[20] * 90 + [400] * 10)
    rows = list(csv.reader(io.StringIO(signed_in().get("/board/trends/restored.csv").text)))
    assert rows[0] == ["When", "half within (min)", "9 of 10 within (min)", "19 of 20 within (min)"]
    label, p50, p90, p95 = next(row for row in rows if row[1:] != ["", "", ""] and row[0] != "When")
    assert label == "25 Nov"
    assert 20 / 1.5 < float(p50) < 20 * 1.5
    assert 20 / 1.5 < float(p90) < 20 * 1.5
    assert 400 / 1.5 < float(p95) < 400 * 1.5


@pytest.mark.parametrize("number", [3, 300])
def test_the_reads_are_the_same_with_few_and_with_many(table: Table, calls: Calls, number: int) -> None:
    for day in range(3):
        closed(table, minutes=[30] * number, days_ago=day, first=day * 1_000)
    with calls.counted() as seen:
        signed_in().get("/board/trends", days="365")
    assert seen == {"Query": 4}


def test_where_nothing_was_closed_it_says_what_will_stand_there(table: Table) -> None:
    page = signed_in(Scope.READ).get("/board/trends")
    assert page.status == 200
    assert "No incident was closed in these days" in page.said
    assert "data-chart" not in page.text


@pytest.mark.parametrize("days", ["7", "28", "90", "365"])
def test_every_picture_is_a_file_too(table: Table, days: str) -> None:
    closed(table, minutes=[5, 6])
    browser = signed_in()
    page = browser.get("/board/trends", days=days)
    links = [part.split('"')[0] for part in page.text.split('href="/board/trends/')[1:]]
    assert len(links) == 10
    for link in links:
        name, _, query = link.partition("?days=")
        file = browser.get(f"/board/trends/{name}", days=query)
        assert (file.status, query) == (200, days)
        assert file.headers["content-disposition"].startswith("attachment; filename=")
        rows = list(csv.reader(io.StringIO(file.text)))
        assert len({len(row) for row in rows}) == 1
        assert len(rows) > 1


def test_a_file_that_there_is_not_is_not_found(table: Table) -> None:
    assert signed_in().get("/board/trends/passwords.csv").status == 404
    wrong = signed_in().get("/board/trends/restored.csv", days="abc")
    assert (wrong.status, wrong.text) == (
        400,
        "There are files of 7, 28, 90, 365 days: choose one of them.\n",
    )
    assert signed_in(None).get("/board/trends/restored.csv").status == 403


@pytest.mark.parametrize("name", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\t=1", HOSTILE])
def test_names_of_others_are_text_in_pages_and_in_spreadsheets(table: Table, name: str) -> None:
    closed(table, minutes=[5], service=name, symptom=name)
    browser = signed_in()
    page = browser.get("/board/trends")
    assert name.strip() in page.said
    assert "<script>alert" not in page.text
    rows = list(csv.reader(io.StringIO(browser.get("/board/trends/lost-by-service.csv").text)))
    assert rows[1][0] == (name if name == HOSTILE else f"'{name}")


def test_a_range_that_there_is_not_is_the_usual_one(table: Table) -> None:
    assert "this is the one of 28" in signed_in().get("/board/trends", days="all").said
