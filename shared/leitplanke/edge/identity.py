"""Who calls: the claims of the JSON Web Token that the API's authorizer has checked.

    admin > manage > respond > read        each scope implies the ones to its right

The authorizer lets a request through if one of its route's scopes is in the token; the function looks again,
so that a route that is opened by mistake in the template stays shut here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from leitplanke.domain.errors import NotAllowedError
from leitplanke.domain.events import bounded_text

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
    """A person or a tool: the name for timelines, and the highest scope (None: not one of ours)."""

    name: str
    scope: Scope | None

    def must(self, needed: Scope, *, prefix: str = "") -> None:
        """Raises NotAllowedError if the token does not reach as far."""
        if self.scope is None or self.scope < needed:
            raise NotAllowedError(
                f"this needs the scope {prefix}{needed.word}",
                remedy=f"use a token with the scope {prefix}{needed.word} or a higher one",
            )


def caller_of(claims: Mapping[str, Any], *, prefix: str = "") -> Caller | None:
    """The caller; None if there are no claims, which no open route minds and no other should see."""
    if not claims:
        return None
    named = next((claims[claim] for claim in _NAME_CLAIMS if claims.get(claim)), "unknown")
    name = bounded_text(named, _NAME_CHARS)[0].strip() or "unknown"
    words = {scope.word: scope for scope in Scope}
    held = (words.get(text.removeprefix(prefix)) for text in _scopes(claims) if text.startswith(prefix))
    return Caller(name=name, scope=max((scope for scope in held if scope), default=None))


def _scopes(claims: Mapping[str, Any]) -> Iterator[str]:
    """`scope` is words with blanks between (RFC 8693, section 4.2); `scp` is a list with some issuers,

    and the gateway writes lists as "[a b]".
    """
    for name in ("scope", "scp"):
        value = claims.get(name) or ()
        if isinstance(value, str):
            yield from value.removeprefix("[").removesuffix("]").split()
        else:
            yield from (str(one) for one in value)
