"""The board on the deployed system: every address x every session that somebody might come with.

Its routes are open at the gateway; the function alone decides, and this shows what it decides.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from infra.local.installation import Installation
from infra.local.issuer import ALL_SCOPES
from leitplanke.domain.attempts import Actor
from leitplanke.edge.identity import Caller, Scope
from leitplanke.edge.sessions import Cookies, SignIn

NAME = "leitplanke-session"
OTHER_KEY = "a key of somebody else, as long as it has to be"
PAGES = (
    "/board",
    "/board/map",
    "/board/incidents",
    "/board/incidents/nobody",
    "/board/problems",
    "/board/problems/nobody",
    "/board/guardrails",
    "/board/trends",
    "/board/trends/restored.csv",
    "/board/plumbing",
)
"""What only those see who are signed in and may read."""


@pytest.fixture
def browser(installation: Installation) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=installation.engine.base_url, trust_env=False, timeout=30) as client:
        yield client


def sign_in(browser: httpx.Client, level: str, *, then: str = "/board") -> httpx.Response:
    """Through the development issuer, as a person does it."""
    form = browser.get("/board/sign-in", params={"then": then}, follow_redirects=True)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.text))
    said = {**hidden, "name": "grace@example.com", "level": level}
    return browser.post(str(form.url), data=said, follow_redirects=True)


@pytest.mark.parametrize("level", ALL_SCOPES)
def test_whoever_may_read_signs_in_and_sees_the_board(browser: httpx.Client, level: str) -> None:
    page = sign_in(browser, level)
    assert (page.status_code, page.url.path) == (200, "/board")
    assert "grace@example.com" in page.text


def forged() -> dict[str, str]:
    """Sessions that are worth nothing, by what is wrong with them."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    admin = Caller(actor=Actor(name="Mallory Example", ident="u-9"), scope=Scope.ADMIN)
    claims: dict[str, Any] = {
        "sub": "u-9",
        "name": "Mallory Example",
        "roles": [],
        "scope": "admin",
        "csrf": "c",
        "aud": "leitplanke/session",
        "exp": int((now + hour).timestamp()),
    }
    return {
        "garbage": "x",
        "of another key": Cookies(OTHER_KEY).session(admin, expires_at=now + hour, now=now),
        "unsigned": jwt.encode(claims, "", algorithm="none"),
    }


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("cookie", [None, *forged().values()], ids=["none", *forged()])
def test_whoever_is_not_signed_in_is_sent_to_sign_in(
    browser: httpx.Client, path: str, cookie: str | None
) -> None:
    answer = browser.get(path, headers={"cookie": f"{NAME}={cookie}"} if cookie else None)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/board/sign-in?then={path.replace('/', '%2F')}",
    )


@pytest.mark.parametrize("path", PAGES)
def test_a_session_is_good_until_its_end_and_without_a_scope_for_nothing(
    browser: httpx.Client, installation: Installation, path: str
) -> None:
    secrets = installation.engine.aws.client("secretsmanager")
    (secret,) = secrets.list_secrets()["SecretList"]
    cookies = Cookies(secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])
    now, hour = datetime.now(UTC), timedelta(hours=1)

    def status(scope: Scope | None, expires_at: datetime) -> int:
        caller = Caller(actor=Actor(name="Grace Example", ident="u-1"), scope=scope)
        cookie = cookies.session(caller, expires_at=expires_at, now=now - hour)
        return browser.get(path, headers={"cookie": f"{NAME}={cookie}"}).status_code

    there = 404 if path.endswith("/nobody") else 200
    assert status(Scope.READ, now + hour) == there
    assert status(Scope.READ, now - timedelta(seconds=1)) == 303
    assert status(None, now + hour) == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_token_of_the_api_is_no_session_and_a_begun_sign_in_is_none(
    browser: httpx.Client, installation: Installation, path: str
) -> None:
    token = installation.engine.issuer.mint_token()
    assert browser.get(path, headers={"authorization": f"Bearer {token}"}).status_code == 303
    assert browser.get(path, headers={"cookie": f"{NAME}={token}"}).status_code == 303
    browser.get("/board/sign-in")
    begun = browser.cookies["leitplanke-sign-in"]
    assert browser.get(path, headers={"cookie": f"{NAME}={begun}"}).status_code == 303


def test_a_form_of_another_session_does_nothing(browser: httpx.Client, installation: Installation) -> None:
    page = sign_in(browser, "respond")
    with httpx.Client(base_url=installation.engine.base_url, trust_env=False, timeout=30) as other:
        foreign = csrf_of(sign_in(other, "admin"))
    assert browser.post("/board/sign-out").status_code == 403
    assert browser.post("/board/sign-out", data={"csrf": foreign}).status_code == 403
    assert browser.get("/board").status_code == 200
    assert browser.post("/board/sign-out", data={"csrf": csrf_of(page)}).status_code == 303
    assert browser.get("/board").status_code == 303


DEEDS = {
    "/board/incidents/nobody/acknowledge": "respond",
    "/board/problems/nobody/accept": "respond",
    "/board/plumbing/redrive": "admin",
}
"""What somebody can do, by the least that they have to be allowed."""
_LEVELS = ("read", "respond", "manage", "admin")


@pytest.mark.parametrize("path", DEEDS)
def test_nobody_does_anything_without_a_session_or_by_a_foreign_form(
    browser: httpx.Client, path: str
) -> None:
    assert browser.post(path, data={"csrf": "x"}).status_code == 401
    sign_in(browser, "admin")
    assert browser.post(path).status_code == 403
    assert browser.post(path, data={"csrf": "x"}).status_code == 403


@pytest.mark.parametrize("path", DEEDS)
@pytest.mark.parametrize("level", _LEVELS)
def test_whoever_is_not_allowed_to_does_nothing_even_with_their_own_form(
    browser: httpx.Client, path: str, level: str
) -> None:
    page = sign_in(browser, level)
    answer = browser.post(path, data={"csrf": csrf_of(page), "place": "nowhere"})
    may = _LEVELS.index(level) >= _LEVELS.index(DEEDS[path])
    assert answer.status_code == (404 if may else 403)


@pytest.mark.parametrize("path", DEEDS)
def test_no_deed_is_done_by_following_a_link(browser: httpx.Client, path: str) -> None:
    sign_in(browser, "admin")
    answer = browser.get(path)  # to the record itself; that it is there or not, it says
    assert (answer.status_code, answer.headers["location"]) == (303, path.rpartition("/")[0])


def csrf_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "then",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/boardelsewhere",
        "/board/\\elsewhere.example",
        "/v1/policy",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser: httpx.Client, then: str) -> None:
    page = sign_in(browser, "read", then=then)
    assert (page.url.host, page.url.path) == ("127.0.0.1", "/board")


@pytest.mark.parametrize("state", ["", "another"])
def test_who_comes_back_from_somebody_else_s_sign_in_is_not_let_in(browser: httpx.Client, state: str) -> None:
    browser.get("/board/sign-in")
    answer = browser.get("/board/signed-in", params={"code": "c", "state": state})
    assert answer.status_code == 403
    assert "begun in another browser" in answer.text
    assert NAME not in browser.cookies


def test_a_sign_in_that_was_begun_with_another_key_is_not_finished(browser: httpx.Client) -> None:
    begun = SignIn.begun("/board")
    cookie = Cookies(OTHER_KEY).sign_in(begun, now=datetime.now(UTC))
    answer = browser.get(
        "/board/signed-in",
        params={"code": "c", "state": begun.state},
        headers={"cookie": f"leitplanke-sign-in={cookie}"},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/board/nothing", "/board/assets/nothing.css", "/board/assets/handler.py"])
def test_what_is_not_there_is_a_page_that_says_so(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, "Not here" in answer.text) == (404, True)


def test_the_front_leads_to_the_board(browser: httpx.Client) -> None:
    assert browser.get("/").headers["location"] == "/board"
    style = browser.get("/board/assets/board.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
