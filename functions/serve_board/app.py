"""The board: its addresses, who may see them, and what becomes of errors. Built once per process."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoSuchRouteError
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.serve_board import signing_in
from functions.serve_board.acting import act, must_be_own, written
from functions.serve_board.assets import asset
from functions.serve_board.guardrails import guardrails_page
from functions.serve_board.headers import elsewhere
from functions.serve_board.here import Here, NotSignedInError
from functions.serve_board.incident import INCIDENTS, incident_page
from functions.serve_board.incidents import incidents_page
from functions.serve_board.map import map_page
from functions.serve_board.message import message
from functions.serve_board.now import now_page
from functions.serve_board.pages import View
from functions.serve_board.plumbing import plumbing_page, send_home
from functions.serve_board.problem import PROBLEMS, problem_page
from functions.serve_board.problems import problems_page
from functions.serve_board.trends import trends_file, trends_page
from leitplanke.domain.errors import LeitplankeError, NotAllowedError, NotFoundError, UnavailableError
from leitplanke.edge.http import request_of
from leitplanke.edge.identity import Scope
from leitplanke.edge.logs import logger

SERVICE = "serve_board"
_MOST_FIELDS = 50
router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@cache
def the_app() -> APIGatewayHttpResolver:
    """The resolver with all routes."""
    app = APIGatewayHttpResolver()
    app.include_router(router)
    _map_errors(app)
    return app


@router.get("/")
def front() -> Response[str]:
    """Where people begin."""
    return elsewhere(signing_in.HOME)


@router.get("/board")
def now() -> Response[str]:
    """Who cannot work, and what is being done."""
    return now_page(_reader(), if_none_match=_seen_before())


@router.get("/board/map")
def catalogue() -> Response[str]:
    """What is down, and what hangs on it."""
    return map_page(_reader(), if_none_match=_seen_before())


@router.get("/board/incidents")
def incidents() -> Response[str]:
    """Incidents as a list."""
    return incidents_page(_reader(), _query())


@router.get("/board/incidents/<ident>")
def incident(ident: str) -> Response[str]:
    """One incident."""
    return incident_page(_reader(), ident, if_none_match=_seen_before())


@router.get("/board/incidents/<ident>/<action>")
def incident_of_action(ident: str, action: str) -> Response[str]:  # noqa: ARG001 - the route names it
    """Where a guardrail objected, loaded anew: the incident, and nothing is done."""
    return elsewhere(f"{INCIDENTS.home}/{quote(ident, safe='')}")


@router.post("/board/incidents/<ident>/<action>")
def act_on_incident(ident: str, action: str) -> Response[str]:
    """Somebody pressed a button."""
    return act(_here(), INCIDENTS, ident, action, _form())


@router.get("/board/problems")
def problems() -> Response[str]:
    """Problems as a list."""
    return problems_page(_reader(), _query())


@router.get("/board/problems/<ident>")
def problem(ident: str) -> Response[str]:
    """One problem."""
    return problem_page(_reader(), ident)


@router.get("/board/problems/<ident>/<action>")
def problem_of_action(ident: str, action: str) -> Response[str]:  # noqa: ARG001 - the route names it
    """Where a guardrail objected, loaded anew: the problem, and nothing is done."""
    return elsewhere(f"{PROBLEMS.home}/{quote(ident, safe='')}")


@router.post("/board/problems/<ident>/<action>")
def act_on_problem(ident: str, action: str) -> Response[str]:
    """Somebody pressed a button."""
    return act(_here(), PROBLEMS, ident, action, _form())


@router.get("/board/guardrails")
def guardrails() -> Response[str]:
    """What the guardrails did."""
    return guardrails_page(_reader(), _query())


@router.get("/board/trends")
def trends() -> Response[str]:
    """Whether it gets better."""
    return trends_page(_reader(), _query())


@router.get("/board/trends/<name>")
def trends_numbers(name: str) -> Response[str]:
    """The numbers of a picture, to work on with."""
    return _found(trends_file(_reader(), name, _query()))


@router.get("/board/plumbing")
def plumbing() -> Response[str]:
    """Whether anything is stuck."""
    return plumbing_page(_reader())


@router.get("/board/plumbing/redrive")
def redriven() -> Response[str]:
    """What was sent home, loaded anew: nothing is sent again."""
    return elsewhere("/board/plumbing")


@router.post("/board/plumbing/redrive")
def redrive() -> Response[str]:
    """Dead letters go home."""
    return send_home(_here(), _form())


@router.get("/board/sign-in")
def sign_in() -> Response[str]:
    """To the identity provider."""
    return signing_in.begin(_here(), _query().get("then", signing_in.HOME))


@router.get("/board/signed-in")
def signed_in() -> Response[str]:
    """Back from it."""
    request = request_of(router.current_event.raw_event)
    return signing_in.finish(_here(), request.query, request.cookies)


@router.post("/board/sign-out")
def sign_out() -> Response[str]:
    """Forget who it was."""
    here = _here()
    must_be_own(here, {name: values[-1] for name, values in _form().items()})
    return signing_in.sign_out(here)


@router.get("/board/signed-out")
def signed_out() -> Response[str]:
    """It is forgotten."""
    view = View.of(_here(), path="")
    return message(view, "Signed out", "You are signed out of the board.", link="Sign in again")


@router.get("/board/assets/<name>")
def assets(name: str) -> Response[str]:
    """Style and scripts."""
    return _found(asset(name, version=_query().get("v"), if_none_match=_if_none_match()))


def _here() -> Here:
    found: Any = router.context["here"]
    if not isinstance(found, Here):
        raise TypeError("the handler did not say where we are")
    return found


def _found(answer: Response[str] | None) -> Response[str]:
    if answer is None:
        raise NoSuchRouteError
    return answer


def _form() -> dict[str, list[str]]:
    """What was sent. More fields than any form of ours has are nobody's form."""
    try:
        return parse_qs(router.current_event.body or "", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def _reader() -> Here:
    """Where we are, asked by somebody who may look. Raises NotSignedInError, NotAllowedError."""
    here = _here()
    here.signed_in.caller.must(Scope.READ)
    return here


def _query() -> Mapping[str, str]:
    """What stands after the question mark; of what stands there twice, the last."""
    return router.current_event.query_string_parameters or {}


def _if_none_match() -> str | None:
    return router.current_event.headers.get("if-none-match")


def _seen_before() -> str | None:
    """The tag of the page that stands in the browser, if its script asks: that keeps the ages on it true.

    Whoever loads it anew gets it anew. Their browser would show what it had kept, with the ages of then.
    """
    return _if_none_match() if "hx-request" in router.current_event.headers else None


def _map_errors(app: APIGatewayHttpResolver) -> None:
    """Every way in which a look can fail, as a page that says what to do."""

    def nobody(_: NotSignedInError) -> Response[str]:
        event = app.current_event
        if "hx-request" in event.headers:
            # A script asks, not a person: it says so on the page that stands there, and loses nothing of it.
            view = View.of(app.context["here"], path="")
            return message(view, "Signed out", "You are signed out.", status=HTTPStatus.UNAUTHORIZED)
        if event.http_method != "GET":
            return _unsent(app, "Nobody is signed in any more", href=_sign_in(_home_of(event.path)))
        query = urlencode(event.query_string_parameters or {})
        return elsewhere(_sign_in(f"{event.path}?{query}" if query else event.path))

    def no_such(_: Exception) -> Response[str]:
        text = "There is no such page on the board."
        return message(View.of(app.context["here"], path=""), "Not here", text, status=HTTPStatus.NOT_FOUND)

    def not_allowed(error: NotAllowedError) -> Response[str]:
        logger(SERVICE).warning("not allowed", extra={"reason": error.message})
        if app.current_event.http_method != "GET":
            return _unsent(app, error.message, remedy=error.remedy, href=_home_of(app.current_event.path))
        return message(
            View.of(app.context["here"], path=""),
            "That does not work",
            f"{error.message[:1].upper()}{error.message[1:]}.",
            remedy=error.remedy,
            status=HTTPStatus.FORBIDDEN,
            href=_sign_in(signing_in.HOME),
            link="Sign in",
        )

    def unavailable(error: UnavailableError) -> Response[str]:
        logger(SERVICE).warning("cannot answer", exc_info=error)
        return _trouble(app, HTTPStatus.SERVICE_UNAVAILABLE)

    def bug(error: Exception) -> Response[str]:
        logger(SERVICE).error("a bug", exc_info=error)
        return _trouble(app, HTTPStatus.INTERNAL_SERVER_ERROR)

    app.exception_handler(NotSignedInError)(nobody)
    app.exception_handler(NoSuchRouteError)(no_such)
    app.exception_handler(NotFoundError)(no_such)
    app.exception_handler(NotAllowedError)(not_allowed)
    app.exception_handler(UnavailableError)(unavailable)
    app.exception_handler(LeitplankeError)(bug)
    app.exception_handler(Exception)(bug)


def _unsent(
    app: APIGatewayHttpResolver, text: str, *, remedy: str = "sign in, and do it again", href: str
) -> Response[str]:
    """Nothing was done; what they had written is here to take along.

    Only if the board's own page sent it (W3C Fetch Metadata, `Sec-Fetch-Site`): nobody else puts words here.
    """
    here: Here = app.context["here"]
    is_ours = app.current_event.headers.get("sec-fetch-site") == "same-origin"
    return message(
        View.of(here, path=""),
        "Nothing was done",
        f"{text[:1].upper()}{text[1:]}.",
        remedy=remedy,
        status=HTTPStatus.UNAUTHORIZED if here.session is None else HTTPStatus.FORBIDDEN,
        href=href,
        link="Sign in" if here.session is None else "Back",
        written=written(_form()) if is_ours else (),
    )


def _sign_in(then: str) -> str:
    return f"{signing_in.HOME}/sign-in?{urlencode({'then': then})}"


def _home_of(path: str) -> str:
    """The page that a form was on, by where the form goes to."""
    return path.rpartition("/")[0] or signing_in.HOME


def _trouble(app: APIGatewayHttpResolver, status: HTTPStatus) -> Response[str]:
    return message(
        View.of(app.context["here"], path=""),
        "The board cannot answer just now",
        "Incidents, lists and notifications go on without it.",
        remedy="reload in a minute; meanwhile `leitplanke incidents` shows the same",
        status=status,
    )
