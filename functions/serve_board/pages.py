"""Pages: a template, what it shows, and the headers that keep a page from being used for anything else.

Whatever senders and people wrote is text here: every template escapes, and no page takes script or style from
elsewhere (Content Security Policy Level 3).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from functions.serve_board.here import Here
from leitplanke.domain.guardrails import may_go_past
from leitplanke.domain.plain_text import ago, clock, people, span, times
from leitplanke.edge.identity import Scope
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
_AGO = Markup('<time datetime="{}" title="{}" data-ago>{}</time>')
_SINCE = Markup("{}, {}")


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

    def ago(self, moment: datetime) -> Markup:
        """`12 minutes ago`. Where scripts run, they keep it true while the page stands."""
        return _AGO.format(moment.isoformat(), clock(moment, self.now), ago(moment, self.now))

    def since(self, moment: datetime) -> Markup:
        """`08:48 UTC, 12 minutes ago`."""
        return _SINCE.format(clock(moment, self.now), self.ago(moment))

    def ahead(self, moment: datetime) -> str:
        """`09:12 UTC, in 12 minutes`."""
        left = moment - self.now
        return (
            f"{clock(moment, self.now)}, in {span(left)}" if left > timedelta(0) else clock(moment, self.now)
        )

    @property
    def may_act(self) -> bool:
        """Whether it is of use to show actions."""
        return self.session is not None and (self.session.caller.scope or Scope.READ) >= Scope.RESPOND


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
    environment.filters["clock"] = _clock
    environment.filters["number"] = "{:,}".format
    environment.filters["times_word"] = times
    environment.filters["may_be_passed"] = may_go_past
    environment.globals["thing"] = _thing
    environment.filters["iso"] = lambda moment: moment.isoformat()
    return environment


@pass_context
def _clock(context: Context, moment: datetime) -> str:
    """`08:48 UTC`, with the day where that is not today."""
    return clock(moment, context["view"].now)


def _thing(service: str, what: str) -> str:
    """`service: what`, without saying the service twice."""
    return what if service.casefold() in what.casefold() else f"{service}: {what}"


def page(
    name: str,
    view: View,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    etag: str | None = None,
    live: bool = False,
    scripts: Sequence[str] = (),
    **facts: Any,
) -> Response[str]:
    """A page, for this person alone. With an `etag` their browser may ask whether it is still the same.

    A `live` page does so every few seconds; `scripts` are what it needs besides, to draw.
    """
    body = _environment().get_template(f"{name}.html").render(view=view, live=live, scripts=scripts, **facts)
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
