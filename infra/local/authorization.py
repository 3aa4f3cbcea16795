"""The development issuer's sign-in: whoever asks is let in as whoever they want to be. One machine only.

It is an OpenID Connect provider in small: authorization code, PKCE (S256 and nothing else), codes that work
once and for a minute. What a real provider would refuse is refused here: mistakes show before a deployment.
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from string import Template
from typing import Any
from urllib.parse import urlencode

from infra.local.issuer import ALL_SCOPES, Issuer

CLIENT_ID = "leitplanke-local"
_GOOD_FOR_SECONDS = 60
_WANTED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


class RequestRefusedError(Exception):
    """A request is wrong; `error` is the word of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted:
    """What a code stands for."""

    query: Mapping[str, str]
    subject: str
    scopes: tuple[str, ...]
    roles: tuple[str, ...]
    until: float


class Authorization:
    """Codes for browsers, tokens for codes. `home` is the base URL: codes go nowhere else."""

    def __init__(self, issuer: Issuer, home: str, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._home = home
        self._seconds = seconds
        self._codes: dict[str, _Granted] = {}

    def page(self, query: Mapping[str, str]) -> str:
        """The form in which somebody says who they are. Raises RequestRefusedError."""
        self._check(query)
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(query.get(name, ""))}">' for name in _WANTED
        )
        return _PAGE.substitute(hidden=hidden)

    def granted(self, form: Mapping[str, str]) -> str:
        """Where the browser goes next, with a code. Raises RequestRefusedError."""
        self._check(form)
        level = form.get("level", "admin")
        if level not in ALL_SCOPES:
            raise RequestRefusedError("invalid_scope", f"level is one of {', '.join(ALL_SCOPES)}")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Granted(
            query=dict(form),
            subject=form.get("name", "").strip() or "developer@example.com",
            scopes=ALL_SCOPES[: ALL_SCOPES.index(level) + 1],
            roles=tuple(form.get("roles", "").split()),
            until=self._seconds() + _GOOD_FOR_SECONDS,
        )
        return f"{form['redirect_uri']}?{urlencode({'code': code, 'state': form.get('state', '')})}"

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The tokens of a code, once. Raises RequestRefusedError."""
        if form.get("grant_type") != "authorization_code":
            raise RequestRefusedError("unsupported_grant_type", "grant_type is authorization_code")
        granted = self._codes.pop(form.get("code", ""), None)
        if granted is None or granted.until <= self._seconds():
            raise RequestRefusedError("invalid_grant", "the code is unknown, used or over")
        query = granted.query
        if any(form.get(name) != query.get(name) for name in ("client_id", "redirect_uri")):
            raise RequestRefusedError("invalid_grant", "the code was made for another client or address")
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if not hmac.compare_digest(challenge, query["code_challenge"].encode()):
            raise RequestRefusedError("invalid_grant", "the verifier does not fit the challenge")
        return {
            "token_type": "Bearer",
            "access_token": self._issuer.mint_token(
                subject=granted.subject, scopes=granted.scopes, roles=granted.roles
            ),
            "id_token": self._issuer.mint_token(
                subject=granted.subject, scopes=(), audience=CLIENT_ID, nonce=query.get("nonce", "")
            ),
        }

    def _check(self, query: Mapping[str, str]) -> None:
        wanted = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "code_challenge_method": "S256",
        }
        for name, value in wanted.items():
            if query.get(name) != value:
                raise RequestRefusedError("invalid_request", f"{name} has to be {value}")
        if not query.get("redirect_uri", "").startswith(f"{self._home}/"):
            raise RequestRefusedError("invalid_request", f"redirect_uri has to begin with {self._home}/")
        if "openid" not in query.get("scope", "").split() or not query.get("code_challenge"):
            raise RequestRefusedError("invalid_request", "scope needs openid, and code_challenge a value")


_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in, on this machine</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 10vh auto; padding: 0 1rem; }
label, button { display: block; margin-top: 1rem; }
input, select, button { font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; }
</style>
</head>
<body>
<main>
<h1>Who are you?</h1>
<p>This is the development issuer of <code>make run</code>. It believes everybody; a deployment has a
provider of identities of its own.</p>
<form method="post">
$hidden
<label>Name <input name="name" value="developer@example.com" maxlength="200" autocomplete="off"></label>
<label>What you may do
<select name="level">
<option value="read">read: look</option>
<option value="respond">respond: work incidents</option>
<option value="manage">manage: also policy and quarantine</option>
<option value="admin" selected>admin: everything</option>
</select></label>
<label>Roles, for hard guardrails <input name="roles" placeholder="duty-manager" autocomplete="off"></label>
<button>Sign in</button>
</form>
</main>
</body>
</html>
""")
