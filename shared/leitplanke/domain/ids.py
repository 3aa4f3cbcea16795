"""Stable short names made from data. Nothing random here: the same input gives the same name for ever."""

import base64
import hashlib

SHARDS = 4
"""Partitions that one logical list or one incident's alerts are spread over.

100,000 distinct alerts of one incident in a minute are 1,667 writes/s; one partition key takes 1,000
(Amazon DynamoDB, "Partition and sort key best practices"). Four shards leave 417 writes/s on each.
"""

SPOKEN = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o and u, so nothing can be misread."""
SPOKEN_CHARS = 10
"""50 bits. A collision is not stored (every opening says "unless it exists") and simply tried again."""

_HASH_CHARS = 26  # 130 bits: collisions are out of the question for any number of alerts


def stable_hash(*parts: str) -> str:
    """26 lower-case base32 characters for these parts; ("a", "bc") and ("ab", "c") differ."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return base64.b32encode(digest.digest()).decode("ascii").lower()[:_HASH_CHARS]


def short_hash(*parts: str) -> str:
    """Ten characters that can be read out on the phone, the same for the same parts (50 bits)."""
    digest = hashlib.sha256(stable_hash(*parts).encode()).digest()
    return "".join(SPOKEN[byte % len(SPOKEN)] for byte in digest[:SPOKEN_CHARS])


def shard_of(name: str) -> int:
    """The shard (0..SHARDS-1) that this name belongs to."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[0] % SHARDS
