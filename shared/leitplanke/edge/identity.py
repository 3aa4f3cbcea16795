"""Who calls: the claims of the JSON Web Token that the API's authorizer has checked.

    admin > manage > respond > read        each scope implies the ones to its right

Scopes say what a token is for, roles what its bearer is: guardrails name the roles that may override them.

The authorizer lets a request through if one of its route's scopes is in the token; the function looks again,
so that a route that is opened by mistake in the template stays shut here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import NotAllowedError
from leitplanke.domain.events import bounded_text

ROLES_CLAIM = "roles"
"""Where roles stand unless the template's RolesClaim says otherwise; Amazon Cognito has `cognito:groups`."""

_NAME_CHARS = 200
_NAME_CLAIMS = (
    "name",
    "email",
    "preferred_username",
    "username",  # Amazon Cognito's access tokens have no other name
    "sub",
    "client_id",
)


class Scope(IntEnum):
    """What a token allows; a higher one allows what the lower ones do."""

    READ = 1
    RESPOND = 2
    MANAGE = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """As it stands in a token, without prefix."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person or a tool, with the highest scope of their token (None: not one of ours)."""

    actor: Actor
    scope: Scope | None

    def must(self, needed: Scope, *, prefix: str = "") -> None:
        """Raises NotAllowedError if the token does not reach as far."""
        if self.scope is None or self.scope < needed:
            raise NotAllowedError(
                f"this needs the scope {prefix}{needed.word}",
                remedy=f"use a token with the scope {prefix}{needed.word} or a higher one",
            )


def caller_of(
    claims: Mapping[str, Any], *, prefix: str = "", roles_claim: str = ROLES_CLAIM
) -> Caller | None:
    """The caller; None if there are no claims, which no open route minds and no other should see."""
    if not claims:
        return None
    words = {scope.word: scope for scope in Scope}
    scopes = (word for claim in ("scope", "scp") for word in _words(claims.get(claim)))
    held = (words.get(word.removeprefix(prefix)) for word in scopes if word.startswith(prefix))
    actor = Actor(
        name=_first_of(claims, *_NAME_CLAIMS) or "unknown",
        ident=_first_of(claims, "sub", "client_id"),
        roles=frozenset(_words(claims.get(roles_claim))),
    )
    return Caller(actor=actor, scope=max((scope for scope in held if scope), default=None))


def _first_of(claims: Mapping[str, Any], *names: str) -> str:
    found = next((str(claims[name]) for name in names if claims.get(name)), "")
    return bounded_text(found, _NAME_CHARS)[0].strip()


def _words(value: object) -> Iterator[str]:
    """The words of a claim: parted by blanks (RFC 8693, section 4.2, of `scope`), or a list.

    The gateway writes a list as "[a b]", some issuers as JSON. A word with a blank in it cannot be told from
    two words there, so names of roles should have none.
    """
    if isinstance(value, str):
        text = value.strip()
        value = _json_list(text) or text.removeprefix("[").removesuffix("]").split()
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        yield from (str(one) for one in value if one)


def _json_list(text: str) -> list[Any] | None:
    try:
        found = json.loads(text) if text.startswith("[") else None
    except ValueError:
        return None
    return found if isinstance(found, list) else None
