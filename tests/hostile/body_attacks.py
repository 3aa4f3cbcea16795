"""Whole bodies that no sender should send, and why. `status` is what must be answered, by sender."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from leitplanke.wire.intake import MAX_BODY_BYTES
from tests.hostile.senders import Sender

Bytes = Callable[[Sender], bytes]
TAKEN = 0
"""As good as any: the sender's own success."""
_ANY_DATA = {"cloudevents-binary": TAKEN}
"""Binary mode has its envelope in the headers, and takes any JSON as data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyAttack:
    """One body. `otherwise` has the senders that answer differently, by name."""

    name: str
    why: str
    body: Bytes
    status: int = 400
    otherwise: Mapping[str, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def expected(self, sender: Sender) -> int:
        """The status that this sender must get."""
        return self.otherwise.get(sender.name, self.status) or sender.ok

    def __str__(self) -> str:
        return self.name


def _raw(body: bytes) -> Bytes:
    return lambda _: body


def _good(sender: Sender) -> bytes:
    return sender.body([sender.good(1)])


def _title(raw: bytes) -> Bytes:
    """A good body with these bytes as its title."""
    return lambda sender: sender.body([sender.changed("title", "TITLE")]).replace(b'"TITLE"', raw)


def _twice(sender: Sender) -> bytes:
    """Every name of every object twice: first with nonsense, then as it should be."""
    item = sender.good(1)
    pairs = [f"{json.dumps(name)}:[0]" for name in item]
    pairs += [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in item.items()]
    return sender.body(["ITEM"]).replace(b'"ITEM"', ("{" + ",".join(pairs) + "}").encode())


def _many(value: object) -> Bytes:
    """100,000 items where the protocol has its items."""
    return lambda sender: json.dumps(
        sender.wrap([value] * 100_000) if sender.batch else [value] * 100_000
    ).encode()


@cache
def _bomb() -> bytes:
    return gzip.compress(b"[" + b"0," * (MAX_BODY_BYTES // 2) + b"0]")


def _packed(level: int = 9) -> Bytes:
    return lambda sender: gzip.compress(_good(sender), level)


_GZIP = {"content-encoding": "gzip"}
_TOO_MANY = {"pagerduty": 400, "cloudevents": 400, **_ANY_DATA}

BODY_ATTACKS = (
    BodyAttack(name="empty", why="nothing at all", body=_raw(b""), otherwise=_ANY_DATA),
    BodyAttack(name="spaces", why="the same to a parser", body=_raw(b" \n\t "), status=400),
    BodyAttack(name="null", why="JSON, and nothing", body=_raw(b"null"), otherwise=_ANY_DATA),
    BodyAttack(name="a number", why="JSON, and no object", body=_raw(b"5"), otherwise=_ANY_DATA),
    BodyAttack(name="a text", why="JSON, and no object", body=_raw(b'"x"'), otherwise=_ANY_DATA),
    BodyAttack(name="true", why="an int to Python", body=_raw(b"true"), otherwise=_ANY_DATA),
    BodyAttack(name="100,000 open brackets", why="recursion", body=_raw(b"[" * 100_000)),
    BodyAttack(name="100,000 open objects", why="recursion", body=_raw(b'{"a":' * 100_000)),
    BodyAttack(name="brackets and a surrogate", why="another parser", body=_raw(b"[" * 5_000 + b'"\\ud800')),
    BodyAttack(name="nested 900 times", why="below Python's limit", body=_title(b"[" * 900 + b"]" * 900)),
    BodyAttack(
        name="nested 900 times and a surrogate",
        why="printing it may need more stack than reading it did",
        body=_title(b"[" * 900 + b'"\\ud800"' + b"]" * 900),
    ),
    BodyAttack(name="10^5 digits", why="int() refuses those", body=_title(b"1" * 100_000)),
    BodyAttack(
        name="10^5 digits, a surrogate", why="the same", body=_title(b'["\\ud800",' + b"1" * 10**5 + b"]")
    ),
    BodyAttack(name="1e400", why="infinite once read", body=_title(b"1e400"), status=TAKEN),
    BodyAttack(name="-1e999999999", why="the same", body=_title(b"-1e999999999"), status=TAKEN),
    BodyAttack(name="NaN", why="Python's JSON writes it, JSON has none", body=_title(b"NaN")),
    BodyAttack(name="Infinity", why="the same", body=_title(b"-Infinity")),
    BodyAttack(name="cut short", why="a connection that broke", body=lambda sender: _good(sender)[:-3]),
    BodyAttack(name="two documents", why="NDJSON", body=lambda sender: _good(sender) + b"\n" + _good(sender)),
    BodyAttack(name="comma at the end", why="JavaScript", body=_raw(b'[{"a": 1},]')),
    BodyAttack(name="raw NUL", why="not allowed within a text", body=_title(b'"a\0b"')),
    BodyAttack(name="UTF-16", why="Windows", body=lambda sender: _good(sender).decode().encode("utf-16")),
    BodyAttack(
        name="byte order mark", why="Windows", body=lambda s: b"\xef\xbb\xbf" + _good(s), status=TAKEN
    ),
    BodyAttack(
        name="broken UTF-8", why="one text costs no batch", body=_title(b'"a\xff\xfe\xc3"'), status=TAKEN
    ),
    BodyAttack(name="overlong UTF-8", why="a hidden slash", body=_title(b'"\xc0\xaf"'), status=TAKEN),
    BodyAttack(name="UTF-8 surrogates", why="CESU-8", body=_title(b'"\xed\xa0\x80"'), status=TAKEN),
    BodyAttack(
        name="Latin-1 as it says",
        why="JSON is UTF-8 whatever the header says",
        body=_title('"Tür offen"'.encode("latin-1")),
        headers={"content-type": "application/json; charset=iso-8859-1"},
        status=TAKEN,
    ),
    BodyAttack(name="every name twice", why="the last one counts", body=_twice, status=TAKEN),
    BodyAttack(
        name="100,000 nulls",
        why="little to send, much to refuse",
        body=_many(None),
        status=413,
        otherwise=_TOO_MANY,
    ),
    BodyAttack(name="100,000 empty lists", why="the same", body=_many([]), status=413, otherwise=_TOO_MANY),
    BodyAttack(name="larger than allowed", why="memory", body=_raw(b" " * (MAX_BODY_BYTES + 1)), status=413),
    BodyAttack(name="bomb", why="6 KB that are 6 MB", body=lambda _: _bomb(), headers=_GZIP, status=413),
    BodyAttack(
        name="bomb in members",
        why="each for itself is allowed",
        body=_raw(gzip.compress(b" " * 10**6) * 16),
        headers=_GZIP,
        status=413,
    ),
    BodyAttack(
        name="1,000 empty members",
        why="a loop for each",
        body=_raw(gzip.compress(b"") * 1_000),
        headers=_GZIP,
    ),
    BodyAttack(name="packed", why="a good one", body=_packed(), headers=_GZIP, status=TAKEN),
    BodyAttack(
        name="packed twice",
        why="nobody does",
        body=lambda s: gzip.compress(gzip.compress(_good(s))),
        headers=_GZIP,
    ),
    BodyAttack(name="said to be packed", why="it is not", body=_good, headers=_GZIP),
    BodyAttack(
        name="packed, cut short",
        why="a broken connection",
        body=lambda s: gzip.compress(_good(s))[:-9],
        headers=_GZIP,
    ),
    BodyAttack(
        name="packed, and more",
        why="rubbish behind it",
        body=lambda s: gzip.compress(_good(s)) + b"x",
        headers=_GZIP,
    ),
    BodyAttack(
        name="packed, made text",
        why="a gateway decoded it",
        body=lambda s: gzip.compress(_good(s)).decode("utf-8", "replace").encode(),
        headers=_GZIP,
    ),
    BodyAttack(name="brotli", why="not spoken", body=_good, headers={"content-encoding": "br"}, status=415),
    BodyAttack(
        name="gzip, gzip",
        why="a chain",
        body=_packed(),
        headers={"content-encoding": "gzip, gzip"},
        status=415,
    ),
    BodyAttack(
        name="a long encoding",
        why="the reason must stay short",
        body=_good,
        headers={"content-encoding": "x" * 9_000},
        status=415,
    ),
)
