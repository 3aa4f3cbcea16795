"""Page tokens: opaque to callers, and a clean error when they are not ours.

A token holds the mark of the table's next page and the question it belongs to, so that a token of one list
does not give nonsense in another. It is not a secret and needs no signature: whoever forges one moves their
own reading position.
"""

import base64
import binascii
import json

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.ids import stable_hash

_VERSION = 1
_MAX_CHARS = 1_000
_MAX_MARK = 600


def page_token(mark: str | None, *, of: tuple[object, ...]) -> str | None:
    """The token for the page after `mark` of the list that `of` describes (its name and conditions)."""
    if mark is None:
        return None
    raw = json.dumps([_VERSION, _question(of), mark], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def mark_of(token: str | None, *, of: tuple[object, ...]) -> str | None:
    """The mark in a token, None without one. Raises InvalidInputError for anything we did not hand out."""
    if token is None:
        return None
    try:
        if len(token) > _MAX_CHARS:
            raise ValueError
        padded = token + "=" * (-len(token) % 4)
        version, question, mark = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise _unusable("is not a token of ours") from error
    if version != _VERSION or not _is_mark(mark):
        raise _unusable("is not a token of ours")
    if question != _question(of):
        raise _unusable("belongs to another list, or to other conditions")
    return str(mark)


def number_of(token: str | None, *, of: tuple[object, ...]) -> int | None:
    """The mark of a list that is counted, None without a token. Raises InvalidInputError."""
    mark = mark_of(token, of=of)
    if mark is None:
        return None
    if not (mark.isascii() and mark.isdigit() and len(mark) <= 8):  # noqa: PLR2004 - digits of a revision in keys
        raise _unusable("is not a token of ours")
    return int(mark)


def _question(of: tuple[object, ...]) -> str:
    return stable_hash(*(repr(part) for part in of))[:8]


def _is_mark(mark: object) -> bool:
    return isinstance(mark, str) and 0 < len(mark) <= _MAX_MARK and mark.isascii() and mark.isprintable()


def _unusable(what: str) -> InvalidInputError:
    return InvalidInputError(
        f"`page` {what}",
        field="page",
        remedy="use `next` of the page before, with the same conditions; leave `page` out to begin anew",
    )
