"""Pages: a template, and what it shows. Whatever senders and people wrote is text: every template escapes."""

import hashlib
from collections.abc import Sequence
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

from functions.serve_board.assets import asset_address
from functions.serve_board.headers import HEADERS
from functions.serve_board.here import Here
from leitplanke.domain.guardrails import may_go_past
from leitplanke.domain.plain_text import ago, clock, people, span, times
from leitplanke.edge.identity import Scope
from leitplanke.edge.sessions import Session

PAGES = (
    ("/board", "Now"),
    ("/board/map", "Map"),
    ("/board/incidents", "Incidents"),
    ("/board/problems", "Problems"),
    ("/board/guardrails", "Guardrails"),
    ("/board/trends", "Trends"),
    ("/board/plumbing", "Plumbing"),
)
"""What people go to, in the order in which they do."""

_HTML = "text/html; charset=utf-8"
_AGO = Markup('<time datetime="{}" title="{}" data-ago>{}</time>')
_AHEAD = Markup('{}, <time datetime="{}" data-ahead>in {}</time>')
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
        """`09:12 UTC, in 12 minutes`. Scripts count it down, and ask for the page anew when it is over."""
        when, left = clock(moment, self.now), moment - self.now
        return _AHEAD.format(when, moment.isoformat(), span(left)) if left > timedelta(0) else when

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
    environment.globals["asset"] = asset_address
    environment.globals["pages"] = PAGES
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
    body = (
        _environment()
        .get_template(f"{name}.html")
        .render(view=view, etag=etag if live else None, scripts=scripts, **facts)
    )
    kept = "private, no-cache" if etag else "no-store"
    headers: dict[str, str | list[str]] = {**HEADERS, "cache-control": kept}
    if etag:
        headers["etag"] = etag
    return Response(int(status), content_type=_HTML, body=body, headers=headers, compress=True)


def etag_of(*facts: object) -> str:
    """An entity tag for what a page was made from. Two people never share one."""
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'
