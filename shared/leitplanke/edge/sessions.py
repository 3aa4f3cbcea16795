"""Sessions of the board: who is signed in, in a cookie that only we can write.

A session is a JSON Web Token of our own, signed with a key that no one else has (HMAC, RFC 7518 section 3.2).
It lives no longer than the access token that it was made from, so that rights which were taken away end with
it; the identity provider then signs the person in again without asking, if it still knows them.

A page that looks the same needs one read of the table: therefore nothing of a session is stored there.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.identity import Caller, Scope

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LONGEST = timedelta(hours=12)
"""A working day, whatever the tokens are good for (OWASP Session Management: an absolute time-out)."""
UNFINISHED = timedelta(minutes=10)
"""How long somebody may take to sign in."""

_ALGORITHM = "HS256"
_KEY_BYTES = 32
"""RFC 7518, section 3.2: a key of at least the hash's size."""
_SESSION, _SIGN_IN = "leitplanke/session", "leitplanke/sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody is signed in. Only their browser and we know `secret`: their forms bring it back, masked."""

    caller: Caller
    secret: str
    until: datetime

    def csrf(self) -> str:
        """What a form carries: the secret under a mask that is new each time.

        Pages are compressed, and an answer's size must not tell what in it stays the same
        (breachattack.com, "Mitigations": masking secrets).
        """
        secret = self.secret.encode()
        mask = secrets.token_bytes(len(secret))
        return urlsafe_b64encode(mask + _xor(mask, secret)).decode()

    def owns(self, csrf: str) -> bool:
        """Whether a form was shown in this session."""
        secret = self.secret.encode()
        try:
            said = urlsafe_b64decode(csrf)
        except ValueError:
            return False
        mask, masked = said[: len(secret)], said[len(secret) :]
        return len(masked) == len(mask) and hmac.compare_digest(_xor(mask, masked), secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Somebody is on the way through the identity provider.

    `state` ties the way back to this browser (RFC 6749, section 10.12), `nonce` the ID token (OpenID Connect
    Core, section 3.1.2.1), `verifier` the code (RFC 7636). `then` is the path that they wanted to see.
    """

    state: str
    nonce: str
    verifier: str
    then: str

    @classmethod
    def begun(cls, then: str) -> "SignIn":
        """A new one."""
        return cls(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            then=then,
        )


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def read_key(client: "SecretsManagerClient", arn: str) -> str:
    """The key of sessions. Raises UnavailableError."""
    try:
        return client.get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(f"the key of sessions cannot be read: {type(error).__name__}") from None


class Cookies:
    """Writes and reads what the cookies hold. Raises ValueError for a key that is too short."""

    def __init__(self, key: str) -> None:
        if len(key.encode()) < _KEY_BYTES:
            raise ValueError(f"the key of sessions needs {_KEY_BYTES} bytes or more")
        self._key = key

    def session(self, caller: Caller, *, expires_at: datetime, now: datetime) -> str:
        """A session, good as long as the access token and at most half a day."""
        return self._signed(
            {
                "sub": caller.actor.ident,
                "name": caller.actor.name,
                "roles": sorted(caller.actor.roles),
                "scope": None if caller.scope is None else caller.scope.word,
                "csrf": secrets.token_urlsafe(24),
            },
            _SESSION,
            until=min(expires_at, now + LONGEST),
        )

    def session_of(self, cookie: str, *, now: datetime) -> Session | None:
        """The session in a cookie; None if it is over, or none of ours."""
        claims = self._read(cookie, _SESSION, now)
        if claims is None:
            return None
        actor = Actor(name=claims["name"], ident=claims["sub"], roles=frozenset(claims["roles"]))
        scope = None if claims["scope"] is None else Scope[claims["scope"].upper()]
        return Session(
            caller=Caller(actor=actor, scope=scope),
            secret=claims["csrf"],
            until=datetime.fromtimestamp(claims["exp"], tz=UTC),
        )

    def sign_in(self, begun: SignIn, *, now: datetime) -> str:
        """Somebody is sent to the identity provider."""
        facts = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "then": begun.then}
        return self._signed(facts, _SIGN_IN, until=now + UNFINISHED)

    def sign_in_of(self, cookie: str, *, now: datetime) -> SignIn | None:
        """Who comes back; None if it took too long, or began elsewhere."""
        claims = self._read(cookie, _SIGN_IN, now)
        if claims is None:
            return None
        return SignIn(**{name: claims[name] for name in ("state", "nonce", "verifier", "then")})

    def _signed(self, claims: Mapping[str, Any], kind: str, *, until: datetime) -> str:
        return jwt.encode({**claims, "aud": kind, "exp": int(until.timestamp())}, self._key, _ALGORITHM)

    def _read(self, cookie: str, kind: str, now: datetime) -> dict[str, Any] | None:
        """What we signed for this purpose. The time is ours to compare: a test's clock stands still."""
        try:
            claims: dict[str, Any] = jwt.decode(
                cookie,
                self._key,
                algorithms=[_ALGORITHM],
                audience=kind,
                options={"verify_exp": False, "require": ["exp", "aud"]},
            )
        except jwt.InvalidTokenError:
            return None
        return claims if now.timestamp() < claims["exp"] else None
