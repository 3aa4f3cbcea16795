"""Pages: a template, what it shows, and the headers that keep a page from being used for anything else.

Whatever senders and people wrote is text here: every template escapes, and no page takes script or style from
elsewhere (Content Security Policy Level 3).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from functions.serve_board.here import Here
from leitplanke.domain.guardrails import may_go_past
from leitplanke.domain.plain_text import ago, people
from leitplanke.edge.sessions import Session

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
}
"""On every answer of the board."""

_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at the board: by whom, when. Templates know it as `view`."""

    session: Session | None
    now: datetime
    path: str

    @classmethod
    def of(cls, here: Here, *, path: str) -> Self:
        """This look."""
        return cls(session=here.session, now=here.now, path=path)

    def ago(self, moment: datetime) -> str:
        """`12 minutes ago`."""
        return ago(moment, self.now)


@cache
def _environment() -> Environment:
    """Pages are HTML, so everything is escaped, and a name that nobody gave is an error and not a gap."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["people"] = people
    environment.filters["clock"] = lambda moment: f"{moment:%H:%M} UTC"
    environment.filters["may_be_passed"] = may_go_past
    environment.globals["thing"] = _thing
    environment.filters["iso"] = lambda moment: moment.isoformat()
    return environment


def _thing(service: str, what: str) -> str:
    """`service: what`, without saying the service twice."""
    return what if service.casefold() in what.casefold() else f"{service}: {what}"


def page(
    name: str,
    view: View,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    etag: str | None = None,
    **facts: Any,
) -> Response[str]:
    """A page, for this person alone. With an `etag` their browser may ask whether it is still the same."""
    body = _environment().get_template(f"{name}.html").render(view=view, **facts)
    kept = "private, no-cache" if etag else "no-store"
    headers: dict[str, str | list[str]] = {**HEADERS, "cache-control": kept}
    if etag:
        headers["etag"] = etag
    return Response(int(status), content_type=_HTML, body=body, headers=headers)


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


def etag_of(*facts: object) -> str:
    """An entity tag for what a page was made from. Two people never share one."""
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'
