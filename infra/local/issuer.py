"""The development identity issuer: one RSA key, a key set that the API's authorizer reads, and tokens.

For one machine only. The private key lies in the state folder (mode 0600), so tokens survive a restart;
a deployment to AWS names its own issuer by the template's parameters and never sees this one.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "leitplanke-local"
ALL_SCOPES = ("read", "respond", "manage", "admin")
DEFAULT_TTL_SECONDS = 12 * 3600
ISSUER_PATH = "/_dev/issuer"

KEY_FILE = "issuer-key.pem"


class Issuer:
    """Signs tokens for `base_url`'s API, with the key of `state_dir`, made on first use."""

    def __init__(self, state_dir: Path, base_url: str) -> None:
        self.url = base_url + ISSUER_PATH
        self._key = _load_or_make_key(state_dir / KEY_FILE)
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        self._kid = hashlib.sha256(public["n"].encode()).hexdigest()[:16]
        self._jwk = {"kty": "RSA", "n": public["n"], "e": public["e"]}

    def discovery(self) -> dict[str, Any]:
        """The OpenID discovery document, as far as an API authorizer and a sign-in read it."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "code_challenge_methods_supported": ["S256"],
            "jwks_uri": f"{self.url}/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        return {"keys": [{**self._jwk, "use": "sig", "alg": "RS256", "kid": self._kid}]}

    def mint_token(
        self,
        *,
        scopes: Iterable[str] = ALL_SCOPES,
        roles: Iterable[str] = (),
        subject: str = "developer@example.com",
        ttl: int = DEFAULT_TTL_SECONDS,
        audience: str = AUDIENCE,
        **more: str,
    ) -> str:
        """A signed token for `subject`, valid for `ttl` seconds (negative: expired already)."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": subject,
            "scope": " ".join(scopes),
            "roles": list(roles),
            "iat": now + min(ttl, 0),
            "exp": now + ttl,
            **more,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._kid})


def _load_or_make_key(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.touch(mode=0o600)
        path.write_bytes(pem)
        return key
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key; delete it, a new one is made")
    return loaded
