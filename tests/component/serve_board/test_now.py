"""The first page: who cannot work, what is being done about it; the same reads whatever there is."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.serve_board import handler as function
from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import KnownWorkaround
from leitplanke.edge.identity import Scope
from leitplanke.edge.sign_in import Reply
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_board.conftest import HOSTILE, NOW, Browser, Calls, down, happened, signed_in
from tests.support.incidents import incident

POLICY = """
teams: {network: {}}
services: {vpn: {team: network}}
customers: {Federal Registry Office: {heads: 1800, vital: true, needs: vpn}}
routing: {team: network}
"""


@pytest.fixture(autouse=True)
def _policy(table: Table) -> None:
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)


def test_it_says_who_cannot_work_since_when_and_who_has_it(table: Table) -> None:
    down(table, "vpn", minutes=12)
    known = KnownWorkaround(text="Restart the daemon", incident_id="inc-0", used=2, worked=2, last_at=NOW)
    happened(
        table,
        incident(
            lane="expedite",
            priority="P1",
            heads=1800,
            assignee="Grace Example",
            team="network",
            known_workaround=known,
            service="vpn",
            title="does not answer",
        ),
    )
    page = signed_in().get("/board")
    assert page.status == 200
    for words in (
        "1,800 people cannot work - Leitplanke",
        "Federal Registry Office",
        "08:48 UTC, 12 minutes ago",
        "vpn: does not answer",
        "Grace Example (not acknowledged), network",
        "Worked last time: Restart the daemon",
        "Expedite 1",
    ):
        assert words in page.said, words


def test_where_nothing_is_wrong_it_says_so(table: Table) -> None:
    page = signed_in().get("/board")
    assert "Everybody can work, as far as we know" in page.text
    assert page.text.count("nothing</p>") == 3


def test_a_look_at_the_same_is_answered_from_one_read(table: Table, calls: Calls) -> None:
    happened(table, incident(lane="expedite", priority="P1"))
    browser = signed_in()
    first = browser.get("/board")
    with calls.counted() as seen:
        again = browser.get("/board", headers={"hx-request": "true", "if-none-match": first.headers["etag"]})
    assert (again.status, again.text, seen) == (304, "", {"Query": 1})

    happened(table, incident(lane="expedite", priority="P1", revision=2, assignee="Grace Example"))
    changed = browser.get("/board", headers={"hx-request": "true", "if-none-match": first.headers["etag"]})
    assert (changed.status, "Grace Example" in changed.text) == (200, True)


def test_two_people_never_share_a_tag(table: Table) -> None:
    tag = signed_in().get("/board").headers["etag"]
    assert (
        signed_in(name="Grace Example")
        .get("/board", headers={"hx-request": "true", "if-none-match": tag})
        .status
        == 200
    )


@pytest.mark.parametrize("number", [5, 400])
def test_the_reads_are_the_same_with_few_and_with_many(table: Table, calls: Calls, number: int) -> None:
    usual = incident(lane="expedite", priority="P2")
    happened(table, *(replace(usual, incident_id=f"inc-{one}") for one in range(number)))
    browser = signed_in()
    browser.get("/board")  # from now on the process knows the policy
    with calls.counted() as seen:
        page = browser.get("/board")
    # whether it changed; counts; what is down; six columns of four shards each; the incidents
    assert seen == {"Query": 27, "BatchGetItem": 1}
    assert f'Expedite <span class="count">{number}</span>' in page.text
    assert ("and 370 more" in page.text) == (number == 400)


def test_whatever_people_and_senders_write_is_text(table: Table) -> None:
    known = KnownWorkaround(text=HOSTILE, incident_id="inc-0", used=1, worked=1, last_at=NOW)
    happened(
        table,
        incident(
            lane="expedite",
            priority="P1",
            title=HOSTILE,
            service=HOSTILE,
            team=HOSTILE,
            assignee=HOSTILE,
            known_workaround=known,
        ),
    )
    page = signed_in(name=HOSTILE).get("/board")
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert page.text.count("&lt;script&gt;") >= 5


def test_nobody_may_frame_it_or_load_anything_from_elsewhere(table: Table) -> None:
    page = signed_in().get("/board")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"


def test_who_is_not_signed_in_goes_to_sign_in_and_comes_back(table: Table) -> None:
    page = Browser().get("/board")
    assert (page.status, page.headers["location"]) == (303, "/board/sign-in?then=%2Fboard")


def test_who_has_none_of_our_scopes_is_told_so(table: Table) -> None:
    page = signed_in(None).get("/board")
    assert page.status == 403
    assert "needs the scope read" in page.text
    assert signed_in(Scope.READ).get("/board").status == 200


def test_signing_out_takes_the_form_of_this_session(table: Table) -> None:
    browser = signed_in()
    other = signed_in().get("/board").text.split('name="csrf" value="')[1].split('"')[0]
    own = browser.get("/board").text.split('name="csrf" value="')[1].split('"')[0]
    assert browser.post("/board/sign-out", csrf=other).status == 403
    assert browser.post("/board/sign-out").status == 403
    done = browser.post("/board/sign-out", csrf=own)
    assert (done.status, done.headers["location"]) == (303, "/board/signed-out")
    assert done.cookies == ["__Host-leitplanke-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"]


@pytest.mark.parametrize(
    "said", ["openid profile respond", "openid,profile,respond", "openid, profile respond"]
)
@pytest.mark.usefixtures("table")
def test_the_provider_is_asked_for_the_scopes_with_blanks_or_commas_between(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def discovery(_method: str, url: str, _form: object) -> Reply:
        said = {
            "issuer": "https://id.example",
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
        }
        assert url == "https://id.example/.well-known/openid-configuration"
        return Reply(200, json.dumps(said).encode())

    monkeypatch.setenv("SIGN_IN_SCOPES", said)
    monkeypatch.setattr(function, "fetch", discovery)

    page = Browser().get("/board/sign-in")

    asked = parse_qs(urlsplit(page.headers["location"]).query)
    assert asked["scope"] == ["openid profile respond"]
