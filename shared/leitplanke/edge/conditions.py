"""ETag and If-Match: a record's revision as HTTP says it (RFC 9110, sections 8.8.3 and 13.1.1)."""

import re

from leitplanke.domain.errors import InvalidInputError

_TAG = re.compile(r'(?:W/)?"([0-9]{1,9})"|([0-9]{1,9})')


def etag(revision: int) -> str:
    """The entity tag of a revision."""
    return f'"{revision}"'


def expected_revision(if_match: str | None) -> int | None:
    """The revision that the caller decided on; None if they do not mind (no header, or `*`).

    Raises InvalidInputError for a header that no answer of ours gave them. Quotes may be left out, and a
    weak tag counts as well: proxies weaken tags when they compress.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise InvalidInputError(
            "If-Match is not a revision",
            field="If-Match",
            remedy='send the ETag of what you have read, for example If-Match: "7"',
        )
    return int(match[1] or match[2])
