"""The API: its routers, who may enter, and what becomes of errors. Built once per process."""

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from functions.serve_api import (
    audit,
    dead_letters,
    guardrails,
    incident_actions,
    incidents,
    integrations,
    policy,
    problem_actions,
    problems,
    public,
    quarantine,
    reports,
)
from functions.serve_api.acts import AlreadyAnsweredError
from functions.serve_api.answers import json_text, map_errors, replayed, response_of, unknown_parameters
from functions.serve_api.here import here_of
from functions.serve_api.scopes import scope_of
from leitplanke.wire.answers import Answer, problem

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.api_gateway import Route


@cache
def the_app() -> APIGatewayHttpResolver:
    """The resolver with all routes."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
        serializer=json_text,  # UTF-8 as it is: escapes would triple what most languages need
    )
    app.use(middlewares=[only_who_may, only_known_parameters])
    for module in (
        incidents,
        reports,
        incident_actions,
        problems,
        problem_actions,
        policy,
        guardrails,
        integrations,
        quarantine,
        dead_letters,
        audit,
        public,
    ):
        app.include_router(module.router)
    map_errors(app)
    app.exception_handler(AlreadyAnsweredError)(lambda before: replayed(before.answer))
    return app


def only_who_may(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """The scope that a route names must be in the token. Raises NotAllowedError."""
    needed = scope_of(app.context["_route"])
    if needed is not None:
        here = here_of(app)
        if here.caller is None:
            return response_of(_who_are_you())
        here.caller.must(needed, prefix=here.scope_prefix)
    return next_middleware(app)


def only_known_parameters(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """A query parameter that is not known is a mistake worth telling; open pages take whatever probes add."""
    route: Route = app.context["_route"]
    wrong = unknown_parameters(app, route) if route.security else None
    return response_of(wrong) if wrong else next_middleware(app)


def _who_are_you() -> Answer:
    return problem(
        401,
        "unauthenticated",
        "No valid token",
        detail="this needs an access token",
        remedy="send authorization: Bearer <token>",
        headers={"www-authenticate": 'Bearer realm="leitplanke"'},
    )
