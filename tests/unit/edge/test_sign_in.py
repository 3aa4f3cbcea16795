"""Signing in: what goes to the provider, and what is believed of what comes back."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from leitplanke.domain.errors import NotAllowedError, UnavailableError
from leitplanke.edge.identity import Scope
from leitplanke.edge.sessions import SignIn
from leitplanke.edge.sign_in import Client, Provider, Reply

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ISSUER = "https://id.example"
CLIENT = Client(
    issuer=ISSUER,
    client_id="board",
    client_secret="",
    audiences=["leitplanke"],
    redirect_uri="https://lp.example/board/signed-in",
    scopes="openid respond",
)
BEGUN = SignIn(state="s", nonce="n", verifier="v" * 43, then="/board")
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class FakeProvider:
    """A provider that answers as told."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.keys = {"k1": KEY}
        self.identity: dict[str, Any] = {"aud": "board", "nonce": "n", "name": "Ada Example"}
        self.access: dict[str, Any] = {"aud": "leitplanke", "scope": "openid respond", "roles": ["lead"]}
        self.signer: dict[str, Any] = {"key": KEY, "algorithm": "RS256", "headers": {"kid": "k1"}}
        self.status = 200
        self.asked: list[tuple[str, str, Mapping[str, str] | None]] = []

    def __call__(self, method: str, url: str, form: Mapping[str, str] | None) -> Reply:
        self.asked.append((method, url, form))
        if url.endswith("/keys"):
            keys = [
                {
                    **json.loads(RSAAlgorithm.to_jwk(key.public_key())),
                    "kid": kid,
                    "alg": "RS256",
                    "use": "sig",
                }
                for kid, key in self.keys.items()
            ]
            return Reply(200, json.dumps({"keys": keys}).encode())
        if url.endswith("/token"):
            said = {"id_token": self.token(self.identity), "access_token": self.token(self.access)}
            return Reply(self.status, json.dumps(said).encode())
        return Reply(self.status, json.dumps(self.about).encode())

    def token(self, claims: Mapping[str, Any]) -> str:
        usual = {"iss": ISSUER, "sub": "u-1", "exp": int((NOW + timedelta(hours=1)).timestamp())}
        return jwt.encode({**usual, **claims}, **self.signer)


@pytest.fixture
def fake() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def provider(fake: FakeProvider) -> Provider:
    return Provider(CLIENT, fake)


def test_the_browser_goes_to_the_provider_with_a_challenge_and_without_the_verifier(
    provider: Provider,
) -> None:
    address = provider.address_for(BEGUN)
    assert address.startswith(f"{ISSUER}/authorize?")
    digest = hashlib.sha256(BEGUN.verifier.encode()).digest()
    assert parse_qs(urlsplit(address).query) == {
        "response_type": ["code"],
        "client_id": ["board"],
        "redirect_uri": [CLIENT.redirect_uri],
        "scope": ["openid respond"],
        "state": ["s"],
        "nonce": ["n"],
        "code_challenge": [urlsafe_b64encode(digest).decode().rstrip("=")],
        "code_challenge_method": ["S256"],
    }


def test_who_comes_back_is_who_the_tokens_say(provider: Provider, fake: FakeProvider) -> None:
    who = provider.signed_in(BEGUN, code="c-1", now=NOW)
    assert (who.caller.actor.name, who.caller.actor.ident) == ("Ada Example", "u-1")
    assert (who.caller.actor.roles, who.caller.scope) == ({"lead"}, Scope.RESPOND)
    assert who.expires_at == NOW + timedelta(hours=1)
    _, _, form = next(asked for asked in fake.asked if asked[1].endswith("/token"))
    assert form == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": CLIENT.redirect_uri,
        "client_id": "board",
        "code_verifier": BEGUN.verifier,
    }


def test_the_provider_is_asked_for_its_keys_once_and_again_when_it_has_new_ones(
    provider: Provider, fake: FakeProvider
) -> None:
    for _ in range(3):
        provider.signed_in(BEGUN, code="c", now=NOW)
    assert [url for _, url, _ in fake.asked].count(f"{ISSUER}/keys") == 1
    fake.keys = {"k2": OTHER_KEY}
    fake.signer = {"key": OTHER_KEY, "algorithm": "RS256", "headers": {"kid": "k2"}}
    assert provider.signed_in(BEGUN, code="c", now=NOW).caller.actor.ident == "u-1"


def test_amazon_cognito_s_access_tokens_name_the_client_instead_of_an_audience(
    provider: Provider, fake: FakeProvider
) -> None:
    del fake.access["aud"]
    fake.access["client_id"] = "leitplanke"
    assert provider.signed_in(BEGUN, code="c", now=NOW).caller.actor.ident == "u-1"


@pytest.mark.parametrize(
    ("identity", "access", "why"),
    [
        ({"nonce": "of another"}, {}, "another sign-in"),
        ({"nonce": None}, {}, "another sign-in"),
        ({"aud": "somebody"}, {}, "meant for somebody else"),
        ({"aud": "leitplanke"}, {}, "meant for somebody else"),
        ({}, {"aud": ["board"]}, "meant for somebody else"),
        ({}, {"aud": None}, "meant for somebody else"),
        ({"sub": "u-2"}, {}, "two people"),
        ({"iss": "https://other.example"}, {}, "InvalidIssuerError"),
        ({}, {"exp": int((NOW - timedelta(minutes=2)).timestamp())}, "over"),
        ({}, {"nbf": int((NOW + timedelta(minutes=2)).timestamp())}, "not good yet"),
        ({}, {"scope": "openid"}, "none of our scopes"),
    ],
)
def test_tokens_that_are_not_for_this_are_not_believed(
    provider: Provider, fake: FakeProvider, identity: dict[str, Any], access: dict[str, Any], why: str
) -> None:
    fake.identity |= identity
    fake.access |= access
    with pytest.raises(NotAllowedError, match=why):
        provider.signed_in(BEGUN, code="c", now=NOW)


@pytest.mark.parametrize(
    "signer",
    [
        {"key": OTHER_KEY, "algorithm": "RS256", "headers": {"kid": "k1"}},
        {"key": OTHER_KEY, "algorithm": "RS256", "headers": {"kid": "k9"}},
        {"key": "", "algorithm": "none", "headers": {"kid": "k1"}},
        {
            "key": "a shared secret of 32 bytes or more",
            "algorithm": "HS256",
            "headers": {"kid": "k1"},
        },
    ],
    ids=["another key", "a key that nobody has", "unsigned", "a shared key"],
)
def test_signatures_that_are_not_the_provider_s_are_not_believed(
    provider: Provider, fake: FakeProvider, signer: dict[str, Any]
) -> None:
    fake.signer = signer
    with pytest.raises(NotAllowedError):
        provider.signed_in(BEGUN, code="c", now=NOW)


def test_a_code_that_the_provider_does_not_take_is_said_as_such(
    provider: Provider, fake: FakeProvider
) -> None:
    provider.address_for(BEGUN)
    fake.status = 400
    with pytest.raises(NotAllowedError, match="does not take the code"):
        provider.signed_in(BEGUN, code="used", now=NOW)


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://other.example"}, {"authorization_endpoint": None}, {"authorization_endpoint": 7}],
)
def test_a_provider_that_says_nonsense_of_itself_is_not_there(
    provider: Provider, fake: FakeProvider, about: dict[str, Any]
) -> None:
    fake.about |= about
    with pytest.raises(UnavailableError):
        provider.address_for(BEGUN)


def test_a_provider_that_was_down_is_asked_again(provider: Provider, fake: FakeProvider) -> None:
    fake.status = 503
    with pytest.raises(UnavailableError, match="503"):
        provider.address_for(BEGUN)
    fake.status = 200
    assert provider.address_for(BEGUN)
