"""What goes with every answer of the board, so that no page is used for anything else."""

from collections.abc import Mapping
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
    "vary": "accept-encoding",
}
"""On every answer (Content Security Policy Level 3): our own files, and nothing from elsewhere.

Answers are packed for whoever unpacks them, so what keeps them keeps both (RFC 9110, section 12.5.5).
"""


def not_modified(etag: str) -> Response[str]:
    """It looks as it did."""
    headers: dict[str, str | list[str]] = {**HEADERS, "cache-control": "private, no-cache", "etag": etag}
    return Response(int(HTTPStatus.NOT_MODIFIED), body="", headers=headers)


def elsewhere(path: str, **headers: str) -> Response[str]:
    """The browser goes there, with GET."""
    given: dict[str, str | list[str]] = {
        **HEADERS,
        "cache-control": "no-store",
        "location": path,
        **headers,
    }
    return Response(int(HTTPStatus.SEE_OTHER), body="", headers=given)
