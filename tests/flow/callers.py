"""Everybody who might stand at the door: tokens good and bad, keys of every kind."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization

from infra.local.installation import Installation
from infra.local.issuer import ALL_SCOPES, AUDIENCE, Issuer
from leitplanke.domain.integrations import Capability

HOUR = 3_600


def bad_tokens(issuer: Issuer, folder: Path) -> dict[str, str]:
    """Tokens that say all scopes and must be worth nothing, by what is wrong with them."""
    stranger = Issuer(folder / "stranger", issuer.url.removesuffix("/_dev/issuer"))
    twin = Issuer(folder / "twin", "http://127.0.0.1")
    now = int(time.time())
    good: dict[str, Any] = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "mallory@example.com",
        "scope": " ".join(ALL_SCOPES),
        "iat": now,
        "exp": now + HOUR,
    }
    header = {"kid": issuer._kid}

    def signed(key: Any, **changes: Any) -> str:
        return jwt.encode({**good, **changes}, key, algorithm="RS256", headers=header)

    right = signed(issuer._key)
    return {
        "garbage": "garbage",
        "half a token": right.rpartition(".")[0],
        "expired": issuer.mint_token(ttl=-10),
        "another issuer": signed(issuer._key, iss="https://issuer.example"),
        "another audience": issuer.mint_token(audience="somebody-else"),
        "unsigned": jwt.encode(good, "", algorithm="none", headers=header),
        "HS256 with our public key": _with_public_key(issuer, good),
        "another key": stranger.mint_token(),
        "another key that claims to be ours": signed(twin._key),
        "scopes changed afterwards": _changed(issuer.mint_token(scopes=["read"]), scope=good["scope"]),
    }


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _with_public_key(issuer: Issuer, claims: Mapping[str, Any]) -> str:
    """Whoever takes the algorithm from the token checks this with a secret that everybody knows."""
    secret = issuer._key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    said = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': issuer._kid})}.{_part(claims)}"
    digest = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _changed(token: str, **changes: Any) -> str:
    header, claims, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return f"{header}.{_part({**known, **changes})}.{signature}"


def keys(installation: Installation) -> Iterator[tuple[str, str]]:
    """A key of each capability, one that may do all, and one that was revoked; none was used before."""
    kinds = {f"key for {one}": [one] for one in Capability}
    for name, capabilities in {**kinds, "key for all": list(Capability), "revoked key": ["events"]}.items():
        made = installation.api.post("/v1/integrations", {"name": name, "capabilities": capabilities})
        if name == "revoked key":
            revoke(installation, made["id"])
        yield name, made["key"]


def revoke(installation: Installation, ident: str) -> None:
    """The key of this integration opens nothing from now on."""
    installation.api._http.delete(
        f"/v1/integrations/{ident}", headers=installation.api._work()
    ).raise_for_status()
