"""The development issuer lets people in as a real provider would, as seen by our own sign-in."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from infra.local.authorization import CLIENT_ID, Authorization, RequestRefusedError
from infra.local.devroutes import DevRoutes
from infra.local.inbox import Inbox
from infra.local.issuer import AUDIENCE, Issuer
from leitplanke.domain.errors import NotAllowedError
from leitplanke.edge.identity import Scope
from leitplanke.edge.sessions import SignIn
from leitplanke.edge.sign_in import Client, Provider, Reply

HOME = "http://127.0.0.1:8080"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def routes(tmp_path: Path) -> DevRoutes:
    return DevRoutes(Issuer(tmp_path, HOME), Inbox(tmp_path), on_front=lambda: None)


class Browser:
    """One request after the other, straight into the routes."""

    def __init__(self, routes: DevRoutes) -> None:
        self._routes = routes

    def ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._routes)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport) as client:
                body = urlencode(form) if form is not None else None
                return await client.request(method, url, content=body, headers=FORM if form else {})

        return asyncio.run(asked())

    def fetch(self, method: str, url: str, form: Mapping[str, str] | None) -> Reply:
        answer = self.ask(method, url, form)
        return Reply(answer.status_code, answer.content)


@pytest.fixture
def browser(routes: DevRoutes) -> Browser:
    return Browser(routes)


@pytest.fixture
def provider(browser: Browser, routes: DevRoutes) -> Provider:
    client = Client(
        issuer=routes.issuer.url,
        client_id=CLIENT_ID,
        client_secret="",
        audiences=[AUDIENCE],
        redirect_uri=f"{HOME}/board/signed-in",
        scopes="openid",
    )
    return Provider(client, browser.fetch)


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def sent_back(browser: Browser, provider: Provider, begun: SignIn, **said: str) -> dict[str, list[str]]:
    """What the browser brings back after somebody filled in the form."""
    address = provider.address_for(begun)
    page = browser.ask("GET", address)
    assert page.status_code == 200
    answer = browser.ask("POST", address, {**fields_of(page.text), **said})
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{HOME}/board/signed-in"
    return parse_qs(where.query)


def test_somebody_signs_in_as_whoever_they_want_to_be(browser: Browser, provider: Provider) -> None:
    begun = SignIn.begun("/board")
    back = sent_back(
        browser, provider, begun, name="grace@example.com", level="respond", roles="lead on-call"
    )
    assert back["state"] == [begun.state]
    who = provider.signed_in(begun, code=back["code"][0], now=datetime.now(UTC))
    assert (who.caller.actor.name, who.caller.scope) == ("grace@example.com", Scope.RESPOND)
    assert who.caller.actor.roles == {"lead", "on-call"}


def test_a_code_works_once_and_only_with_its_verifier(browser: Browser, provider: Provider) -> None:
    begun, now = SignIn.begun("/board"), datetime.now(UTC)
    code = sent_back(browser, provider, begun)["code"][0]
    with pytest.raises(NotAllowedError):
        provider.signed_in(SignIn.begun("/board"), code=code, now=now)
    with pytest.raises(NotAllowedError):  # a code that somebody tried with a wrong verifier is burnt
        provider.signed_in(begun, code=code, now=now)
    code = sent_back(browser, provider, begun)["code"][0]
    assert provider.signed_in(begun, code=code, now=now)
    with pytest.raises(NotAllowedError):
        provider.signed_in(begun, code=code, now=now)


def test_a_code_is_over_after_a_minute(tmp_path: Path, provider: Provider) -> None:
    clock = [0.0]
    authorization = Authorization(Issuer(tmp_path, HOME), HOME, seconds=lambda: clock[0])
    query = {
        name: values[0]
        for name, values in parse_qs(urlsplit(provider.address_for(SignIn.begun("/"))).query).items()
    }
    code = parse_qs(urlsplit(authorization.granted(query)).query)["code"][0]
    clock[0] = 60.0
    form = {"grant_type": "authorization_code", "code": code}
    with pytest.raises(RequestRefusedError, match="over"):
        authorization.tokens(form)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"redirect_uri": "https://elsewhere.example/"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:80801/"}, "redirect_uri"),
        ({"client_id": "somebody"}, "client_id"),
        ({"code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge": ""}, "code_challenge"),
        ({"scope": "read"}, "openid"),
        ({"response_type": "token"}, "response_type"),
    ],
)
def test_what_a_real_provider_would_refuse_is_refused(
    browser: Browser, provider: Provider, wrong: dict[str, str], why: str
) -> None:
    address = urlsplit(provider.address_for(SignIn.begun("/board")))
    query = {name: values[0] for name, values in parse_qs(address.query).items()} | wrong
    answer = browser.ask("GET", address._replace(query=urlencode(query)).geturl())
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert why in answer.json()["error_description"]


def test_what_comes_with_the_address_is_text_on_the_page(browser: Browser, provider: Provider) -> None:
    begun = SignIn(state='"><script>alert(1)</script>', nonce="n", verifier="v" * 43, then="/")
    page = browser.ask("GET", provider.address_for(begun))
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
