"""Style of the board, served from the board itself."""

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.pages import HEADERS, not_modified

_TYPES = {"board.css": "text/css; charset=utf-8"}


def asset(name: str, *, if_none_match: str | None) -> Response[str] | None:
    """One file; None if there is no such."""
    if name not in _TYPES:
        return None
    body, tag = _read(name)
    if if_none_match == tag:
        return not_modified(tag)
    headers: dict[str, str | list[str]] = {**HEADERS, "cache-control": "public, max-age=300", "etag": tag}
    return Response(int(HTTPStatus.OK), content_type=_TYPES[name], body=body, headers=headers)


@cache
def _read(name: str) -> tuple[str, str]:
    text = (Path(__file__).parent / f"assets{Path(name).suffix}").read_text("utf-8")
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
