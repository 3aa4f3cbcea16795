"""Style and scripts, served from the board itself. Scripts are bundled by infra/board/bundle.mjs."""

import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.headers import HEADERS, not_modified

_HOME = "/board/assets/"
_SCRIPT = "text/javascript; charset=utf-8"
_TYPES: Mapping[str, tuple[str, str]] = {
    "board.css": ("assets.css", "text/css; charset=utf-8"),
    "board.js": ("assets.board.js", _SCRIPT),
    "charts.js": ("assets.charts.js", _SCRIPT),
    "map.js": ("assets.map.js", _SCRIPT),
    "icon.svg": ("assets.svg", "image/svg+xml"),
    "licences.txt": ("assets.licences.txt", "text/plain; charset=utf-8"),
}
ASSETS = tuple(_TYPES)
"""The names under which they are served."""
_FOREVER = "public, max-age=31536000, immutable"
_FOR_A_WHILE = "public, max-age=300"


def asset_address(name: str) -> str:
    """Where it is, as it is now: another content has another address, so browsers need not ask again."""
    return f"{_HOME}{name}?v={_version(name)}"


def asset(name: str, *, version: str | None, if_none_match: str | None) -> Response[str] | None:
    """One file; None if there is no such."""
    if name not in _TYPES:
        return None
    tag = f'"{_version(name)}"'
    if if_none_match == tag:
        return not_modified(tag)
    kept = _FOREVER if version == _version(name) else _FOR_A_WHILE
    headers: dict[str, str | list[str]] = {**HEADERS, "cache-control": kept, "etag": tag}
    return Response(
        int(HTTPStatus.OK), content_type=_TYPES[name][1], body=_text(name), headers=headers, compress=True
    )


@cache
def _text(name: str) -> str:
    path = Path(__file__).parent / _TYPES[name][0]
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path.name} is made by infra/bootstrap.sh node; `make` does so") from error


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_text(name).encode()).hexdigest()[:16]
