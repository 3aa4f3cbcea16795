"""Fresh ids for incidents and problems: short enough to read out on the phone at 3 a.m."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u, so nothing can be misread."""
_CHARS = 10
"""50 bits. A collision is not stored (every opening says "unless it exists") and simply tried again."""


def new_id() -> str:
    """Ten characters, unpredictable."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CHARS))
