"""Signing in with any OpenID Connect provider: authorization code with PKCE.

    browser ──/board/sign-in──▶ us: state, nonce, verifier into a cookie
            ◀──redirect─────── to the provider, with state, nonce, and the verifier's hash
            ──/board/signed-in─▶ us: code, state ──code, verifier──▶ provider
                                                 ◀──ID token, access token──
            ◀──session cookie──

OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9700 (best practice). The access token says what
its bearer may do, exactly as at the gateway; the ID token proves by its nonce that it was made for this
sign-in. What a provider answers is read with care and is never shown to anybody but the log.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3

from leitplanke.domain.errors import NotAllowedError, UnavailableError
from leitplanke.edge.identity import Caller, caller_of
from leitplanke.edge.sessions import SignIn

_DISCOVERY = "/.well-known/openid-configuration"
_ALGORITHMS = ("RS256", "ES256")
"""Public-key signatures only: with HS256 a public key could be taken for a shared one (RFC 8725, 2.1)."""
_LEEWAY_SECONDS = 60
"""How far our clock and the provider's may be apart; the gateway's authorizer allows as much."""
_TIMEOUT = urllib3.Timeout(connect=2.0, read=5.0)
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_MAX_BYTES = 256 * 1024
_NAMES = ("name", "email", "preferred_username")
"""What the ID token may call a person, where the access token calls them nothing."""
_OK = 200
_REFUSED = range(400, 500)


class Reply(NamedTuple):
    """What a provider answered."""

    status: int
    body: bytes


Fetch = Callable[[str, str, Mapping[str, str] | None], Reply]
"""(method, url, form) to its answer. Raises UnavailableError if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How the provider knows us. `audiences`: those that the gateway accepts; `scopes`: what is asked for."""

    issuer: str
    client_id: str
    client_secret: str
    audiences: Sequence[str]
    redirect_uri: str
    scopes: str
    scope_prefix: str = ""
    roles_claim: str = "roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who came back, and until when their access token is good."""

    caller: Caller
    expires_at: datetime


class Provider:
    """One identity provider. What it says of itself, and its keys, are asked for once a process."""

    def __init__(self, client: Client, fetch: Fetch) -> None:
        self._client = client
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}

    def address_for(self, begun: SignIn) -> str:
        """Where to send the browser. Raises UnavailableError."""
        challenge = urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=")
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client.client_id,
                "redirect_uri": self._client.redirect_uri,
                "scope": self._client.scopes,
                "state": begun.state,
                "nonce": begun.nonce,
                "code_challenge": challenge.decode(),
                "code_challenge_method": "S256",
            }
        )
        where = self._endpoint("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{query}"

    def signed_in(self, begun: SignIn, *, code: str, now: datetime) -> SignedIn:
        """Who has this code. Raises NotAllowedError, UnavailableError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "client_id": self._client.client_id,
            "code_verifier": begun.verifier,
        }
        if self._client.client_secret:
            form["client_secret"] = self._client.client_secret
        tokens = self._json("POST", self._endpoint("token_endpoint"), form)
        identity = self._verified(str(tokens.get("id_token", "")), now, audiences=[self._client.client_id])
        if identity.get("nonce") != begun.nonce:
            raise _refused("the ID token was made for another sign-in")
        claims = self._verified(str(tokens.get("access_token", "")), now, audiences=self._client.audiences)
        if claims.get("sub") != identity.get("sub"):
            raise _refused("the two tokens are about two people")
        named: dict[str, Any] = {name: identity[name] for name in _NAMES if name in identity}
        caller = caller_of(
            {**named, **claims}, prefix=self._client.scope_prefix, roles_claim=self._client.roles_claim
        )
        if caller is None or caller.scope is None:
            raise _refused("the access token has none of our scopes")
        return SignedIn(caller=caller, expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC))

    @cached_property
    def _about(self) -> Mapping[str, Any]:
        said = self._json("GET", self._client.issuer.rstrip("/") + _DISCOVERY, None)
        if said.get("issuer") != self._client.issuer:
            raise UnavailableError("the identity provider calls itself something else than JwtIssuer")
        return said

    def _endpoint(self, name: str) -> str:
        found = self._about.get(name)
        if not isinstance(found, str):
            raise UnavailableError(f"the identity provider does not say its {name}")
        return found

    def _verified(self, token: str, now: datetime, *, audiences: Sequence[str]) -> dict[str, Any]:
        """The claims of a token that the provider made for us and that is good now."""
        try:
            key = self._key_for(jwt.get_unverified_header(token).get("kid", ""))
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[name for name in _ALGORITHMS if name == key.algorithm_name],
                issuer=self._client.issuer,
                options={
                    "verify_aud": False,  # below: some providers (Amazon Cognito) have client_id instead
                    "verify_exp": False,  # below, by the caller's clock
                    "verify_nbf": False,
                    "verify_iat": False,
                    "require": ["iss", "exp", "sub"],
                },
            )
        except jwt.InvalidTokenError as error:
            raise _refused(f"a token is not valid: {type(error).__name__}") from error
        meant = claims.get("aud", claims.get("client_id"))
        if not set(meant if isinstance(meant, list) else [meant]) & set(audiences):
            raise _refused("a token is meant for somebody else")
        if claims["exp"] + _LEEWAY_SECONDS <= now.timestamp():
            raise _refused("a token is over")
        if claims.get("nbf", 0) - _LEEWAY_SECONDS > now.timestamp():
            raise _refused("a token is not good yet")
        return claims

    def _key_for(self, kid: str) -> jwt.PyJWK:
        """The provider's key of this name; a new one is asked for once, since providers rotate them."""
        if kid not in self._keys:
            said = self._json("GET", self._endpoint("jwks_uri"), None)
            self._keys = {str(key.key_id): key for key in jwt.PyJWKSet.from_dict(dict(said)).keys}
        if kid not in self._keys:
            raise _refused("a token is signed with a key that the provider does not have")
        return self._keys[kid]

    def _json(self, method: str, url: str, form: Mapping[str, str] | None) -> Mapping[str, Any]:
        reply = self._fetch(method, url, form)
        if form is not None and reply.status in _REFUSED:
            raise _refused("the identity provider does not take the code")
        try:
            said = json.loads(reply.body) if reply.status == _OK else None
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise UnavailableError(f"the identity provider answers {reply.status}, and no JSON object")
        return said


def fetch(method: str, url: str, form: Mapping[str, str] | None) -> Reply:
    """One request. No redirects: whoever could send us elsewhere could read the code."""
    try:
        answer = _pool().request(
            method,
            url,
            body=urlencode(form) if form is not None else None,
            headers=_FORM if form is not None else None,
            redirect=False,
            retries=False,
            timeout=_TIMEOUT,
            preload_content=False,
        )
        try:
            return Reply(answer.status, answer.read(_MAX_BYTES))
        finally:
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise UnavailableError(
            f"the identity provider could not be reached: {type(error).__name__}"
        ) from error


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager()


def _refused(why: str) -> NotAllowedError:
    return NotAllowedError(why, remedy="sign in again; if it goes on, ask whoever set up sign-in")
