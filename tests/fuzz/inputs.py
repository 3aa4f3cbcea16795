"""A fuzzer's bytes as a request: the first byte says how the rest is read. Seeds are good requests.

raw         the rest is the body: libFuzzer's own mutations of good JSON
filled      a good body, its places filled with made-up JSON values
around      a good body, with made-up headers (but for the key: without it nothing is read)
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tests.hostile.requests import request
from tests.hostile.senders import Sender

RAW, FILLED, AROUND = range(3)
_DEPTH = 6
_WORDS = (
    *("", "\x00", "\ufeff", "\u202e", "\ud800", "R" * 32),
    *("9999-12-31T23:59:59Z", "0000-00-00", "1e400", "${x}"),
)


class Provider(Protocol):
    """Atheris's FuzzedDataProvider, as far as it is used here."""

    def ConsumeIntInRange(self, low: int, high: int) -> int: ...  # noqa: N802, D102 - its name
    def ConsumeInt(self, size: int) -> int: ...  # noqa: N802, D102
    def ConsumeFloat(self) -> float: ...  # noqa: N802, D102
    def ConsumeUnicode(self, count: int) -> str: ...  # noqa: N802, D102
    def ConsumeBytes(self, count: int) -> bytes: ...  # noqa: N802, D102


def request_of(
    data: bytes, sender: Sender, path: str, provide: Callable[[bytes], Provider]
) -> dict[str, Any]:
    """The request that these bytes mean."""
    kind, rest = (data[0] % 3, data[1:]) if data else (RAW, b"")
    if kind == RAW:
        return request(path, rest, sender.headers)
    provider = provide(rest)
    if kind == FILLED:
        return request(path, _filled(sender, provider), sender.headers)
    return request(path, sender.body([sender.good(1)]), {**sender.headers, **_headers(provider)})


def seeds(sender: Sender) -> Iterator[bytes]:
    """Good requests of each kind to begin with."""
    yield bytes([RAW]) + sender.body([sender.good(1)])
    if sender.batch:
        yield bytes([RAW]) + sender.body([sender.good(1), sender.good(2)])
    for kind in (FILLED, AROUND):
        yield bytes([kind]) + bytes(range(64))


def words(sender: Sender) -> set[str]:
    """What this protocol says: names and values of a good item, and JSON's own."""
    return {"true", "false", "null", "[]", "{}", "\\u0000", "\\ud800", "1e400", *_said(sender.good(1))}


def _said(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f'"{name}":'
            yield from _said(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner)
    else:
        yield json.dumps(value)


def _filled(sender: Sender, provider: Provider) -> bytes:
    slots = list(sender.slots)
    items = []
    for number in range(provider.ConsumeIntInRange(1, 4) if sender.batch else 1):
        slot = slots[provider.ConsumeIntInRange(0, len(slots) - 1)]
        items.append(sender.changed(slot, _value(provider, _DEPTH), number))
    return sender.body(items)


def _headers(provider: Provider) -> dict[str, str]:
    names = ("content-type", "content-encoding", "ce-id", "ce-time", "ce-x", "traceparent", "x")
    count = provider.ConsumeIntInRange(1, 4)
    return {
        names[provider.ConsumeIntInRange(0, len(names) - 1)]: provider.ConsumeUnicode(64)
        for _ in range(count)
    }


def _value(provider: Provider, depth: int) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: provider.ConsumeUnicode(provider.ConsumeIntInRange(0, 300)),
        lambda: _WORDS[provider.ConsumeIntInRange(0, len(_WORDS) - 1)],
        lambda: _WORDS[provider.ConsumeIntInRange(0, len(_WORDS) - 1)] * provider.ConsumeIntInRange(1, 3_000),
        lambda: provider.ConsumeInt(16),
        lambda: 10 ** provider.ConsumeIntInRange(0, 400),
        provider.ConsumeFloat,
        lambda: None,
        lambda: True,
    ]
    if depth:
        kinds += [
            lambda: [_value(provider, depth - 1) for _ in range(provider.ConsumeIntInRange(0, 4))],
            lambda: {
                provider.ConsumeUnicode(20): _value(provider, depth - 1)
                for _ in range(provider.ConsumeIntInRange(0, 4))
            },
        ]
    return kinds[provider.ConsumeIntInRange(0, len(kinds) - 1)]()
