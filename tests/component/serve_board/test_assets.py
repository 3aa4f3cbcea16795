"""Style and scripts: light, kept by browsers, our own; scripts hear of it when somebody is signed out."""

import gzip
import re
from html import unescape

import pytest

from functions.serve_board.assets import ASSETS
from leitplanke.table.client import Table
from tests.component.serve_board.conftest import Browser, signed_in

BUDGET_BYTES = 150_000
"""Of script and style together, compressed (docs/adr/0011)."""


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", ASSETS)
def test_each_is_kept_for_ever_at_the_address_of_its_content(name: str) -> None:
    browser = Browser()  # nobody needs to be signed in to see style
    plain = browser.get(f"/board/assets/{name}")
    assert (plain.status, plain.headers["cache-control"]) == (200, "public, max-age=300")
    version = plain.headers["etag"].strip('"')
    kept = browser.get(f"/board/assets/{name}", v=version)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert browser.get(f"/board/assets/{name}", v="another").headers["cache-control"] == "public, max-age=300"
    again = browser.get(f"/board/assets/{name}", headers={"if-none-match": plain.headers["etag"]})
    assert (again.status, again.text) == (304, "")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("name", ["assets.py", "../app.py", "board.ts", "now.html"])
def test_nothing_else_is_served(name: str) -> None:
    assert signed_in().get(f"/board/assets/{name}").status == 404


@pytest.mark.usefixtures("table")
def test_all_of_it_is_light() -> None:
    browser = Browser()
    files = [browser.get(f"/board/assets/{name}").text for name in ASSETS if name.endswith((".js", ".css"))]
    assert len(files) == 4
    assert sum(len(gzip.compress(text.encode())) for text in files) < BUDGET_BYTES


@pytest.mark.usefixtures("table")
def test_licences_of_all_that_is_bundled_are_there() -> None:
    text = Browser().get("/board/assets/licences.txt").text
    assert set(re.findall(r"^(\S+) [\d.]+ \([\w-]+\)$", text, re.MULTILINE)) == {
        "@dagrejs/dagre",
        "@dagrejs/graphlib",
        "@kurkle/color",
        "chart.js",
        "htmx.org",
    }


@pytest.mark.parametrize("path", ["/board", "/board/map", "/board/problems", "/board/guardrails"])
def test_a_page_loads_nothing_but_our_own_files(table: Table, path: str) -> None:
    page = signed_in().get(path).text
    loaded = [unescape(one) for one in re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page)]
    assert len(loaded) >= 3
    for address in loaded:
        assert re.fullmatch(r"/board/assets/[\w.]+\?v=[0-9a-f]{16}", address), address
    assert not re.search(r"<[^>]* (style|on\w+)=", page)


def test_answers_are_packed_for_whoever_unpacks_them(table: Table) -> None:
    browser = signed_in()
    plain, packed = browser.get("/board"), browser.get("/board", headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert (packed.said, packed.headers["etag"]) == (plain.said, plain.headers["etag"])


@pytest.mark.parametrize("path", ["/board", "/board/map", "/board/incidents/nobody"])
def test_a_script_that_asks_without_a_session_is_told_and_not_sent_away(table: Table, path: str) -> None:
    page = Browser().get(path, headers={"hx-request": "true"})
    assert page.status == 401
    assert "location" not in page.headers
    assert "You are signed out" in page.said


def test_a_live_page_says_how_it_is_asked_for_again(table: Table) -> None:
    page = signed_in().get("/board")
    assert f'data-tag="{page.headers["etag"].replace(chr(34), "&#34;")}"' in page.text
    assert 'data-hx-get="/board"' in page.text
    assert "data-live" not in signed_in().get("/board/guardrails").text
