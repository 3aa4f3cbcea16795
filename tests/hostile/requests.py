"""Requests as API Gateway hands them over (payload format 2.0)."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.hostile.cloud import KEY


def request(
    path: str, body: bytes, headers: Mapping[str, str] | None = None, *, method: str = "POST", **more: Any
) -> dict[str, Any]:
    """One request with the key as bearer; `more` replaces parts of the event."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {KEY}", **(headers or {})},
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "req-1"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        **more,
    }
