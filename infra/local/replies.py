"""Answers of the development routes, and the reading of their requests: plain ASGI, no framework."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

MAX_BODY_BYTES = 1_000_000


class BodyTooLargeError(Exception):
    """The request's body exceeds MAX_BODY_BYTES."""


async def reply_json(
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    status: int,
    body: object,
    *,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Send `body` as JSON."""
    raw = json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(raw)), **(headers or {})}
    encoded = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": raw})


async def reply_page(send: Callable[[MutableMapping[str, Any]], Awaitable[None]], page: str) -> None:
    """Send HTML that nobody may keep, frame, or load anything from."""
    raw = page.encode()
    policy = b"default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'"
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(raw)).encode()),
        (b"content-security-policy", policy),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


async def reply_elsewhere(send: Callable[[MutableMapping[str, Any]], Awaitable[None]], url: str) -> None:
    """Send the browser to another address, there with GET."""
    headers = [(b"location", url.encode()), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def read_body(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> bytes:
    """The whole request body. Raises BodyTooLargeError."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise BodyTooLargeError
        parts.append(chunk)
        if not message.get("more_body", False):
            return b"".join(parts)
