"""Answers and errors as Powertools wants them. leitplanke.edge.http says what an error means in HTTP."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoSuchRouteError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from pydantic import BaseModel

from leitplanke.domain.errors import GuardrailError, LeitplankeError
from leitplanke.edge.conditions import etag
from leitplanke.edge.http import error_answer, not_found
from leitplanke.edge.logs import count, logger
from leitplanke.table.receipts import Answer as Kept
from leitplanke.wire.answers import Answer, problem

SERVICE = "serve_api"
T = TypeVar("T")

_REMEDIES = {
    "extra_forbidden": "leave it out",
    "literal_error": "send {expected}",
    "enum": "send {expected}",
    "string_too_long": "send at most {max_length} characters",
    "string_too_short": "send something",
    "string_pattern_mismatch": "send something that matches {pattern}",
    "too_short": "send at least {min_length}",
    "int_parsing": "send a whole number",
    "int_type": "send a whole number",
    "bool_type": "send true or false",
    "bool_parsing": "send true or false",
    "string_type": "send a text",
    "greater_than_equal": "send {ge} or more",
    "less_than_equal": "send {le} or less",
    "model_attributes_type": "send a JSON object",
    "missing": "send it",
    "nobody": "send assignee, team, or both",
}


def shown(body: T, *, status: HTTPStatus = HTTPStatus.OK, revision: int | None = None) -> Response[T]:
    """A record as JSON, with its revision as ETag. Nobody but the caller may keep it."""
    headers: dict[str, str | list[str]] = {"cache-control": "no-store"}
    if revision is not None:
        headers["etag"] = etag(revision)
    return Response(int(status), content_type="application/json", body=body, headers=headers)


def response_of(answer: Answer) -> Response[str]:
    """An answer of the edge as Powertools sends it. It may quote a caller who sent half a character."""
    headers: dict[str, str | list[str]] = {
        name: value for name, value in answer.headers.items() if name != "content-type"
    }
    body = answer.body.encode("utf-8", "replace").decode("utf-8")
    return Response(answer.status, content_type=answer.headers["content-type"], body=body, headers=headers)


def replayed(answer: Kept) -> Response[str]:
    """The answer that the same request got before."""
    headers: dict[str, str | list[str]] = {
        "cache-control": "no-store",
        "etag": etag(answer.revision),
        "idempotency-replayed": "true",
    }
    return Response(answer.status, content_type="application/json", body=answer.body, headers=headers)


def map_errors(app: APIGatewayHttpResolver) -> None:
    """Every way in which a request can fail, as a problem document."""

    def wrong_fields(error: RequestValidationError) -> Response[str]:
        return response_of(_wrong_fields(error.errors(), app.context["_route"]))

    def nothing_here(_: NoSuchRouteError) -> Response[str]:
        event = app.current_event
        detail = f"there is no {event.http_method} {event.path[:200]}"
        return response_of(not_found(detail, remedy="GET /openapi.json lists what there is"))

    def ours(error: LeitplankeError) -> Response[str]:
        answer = error_answer(error)
        if isinstance(error, GuardrailError):
            count(SERVICE, {"GuardrailsMet": len(error.fired)})
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            logger(SERVICE).warning("cannot answer", exc_info=error, extra=_request(app))
        return response_of(answer)

    def bug(error: Exception) -> Response[str]:
        logger(SERVICE).error("a bug", exc_info=error, extra=_request(app))
        return response_of(error_answer(LeitplankeError()))

    app.exception_handler(LeitplankeError)(ours)
    app.exception_handler(RequestValidationError)(wrong_fields)
    app.exception_handler(RequestUnsupportedContentType)(_wrong_type)
    app.exception_handler(NoSuchRouteError)(nothing_here)
    app.exception_handler(Exception)(bug)


def _request(app: APIGatewayHttpResolver) -> dict[str, str]:
    """For the log: the gateway's request id leads to its access log. No query and no body."""
    event = app.current_event
    context = event.request_context
    return {"request_id": context.request_id, "method": event.http_method, "path": event.path}


def unknown_parameters(app: APIGatewayHttpResolver, route: Route) -> Answer | None:
    """The answer to query parameters that this route does not have: a typo would ask for something else."""
    known = [field.alias for field in route.dependant.query_params]
    given: Mapping[str, str] = app.current_event.query_string_parameters or {}
    wrong = [
        {"field": name, "message": "is not known here", "remedy": _did_you_mean(name, known)}
        for name in given
        if name not in known
    ]
    return _fields_answer(wrong) if wrong else None


def _wrong_fields(errors: Sequence[Any], route: Route) -> Answer:
    for error in errors:
        if error["type"] == "json_invalid":
            return problem(
                400,
                "invalid-input",
                "The request is wrong",
                detail=f"the body is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}",
                field="body",
                remedy="send a JSON object",
            )
    return _fields_answer(list(_faults(errors, route)))


def _fields_answer(faults: Sequence[Mapping[str, str]]) -> Answer:
    first = faults[0]
    return problem(
        422,
        "invalid-fields",
        "Fields of the request are wrong",
        detail="; ".join(f"{fault['field']} {fault['message']}" for fault in faults[:5]),
        field=first["field"],
        remedy=first["remedy"],
        errors=list(faults),
    )


def _faults(errors: Sequence[Any], route: Route) -> Iterator[dict[str, str]]:
    for error in errors:
        place, *path = error["loc"]
        field = ".".join(str(part) for part in path) or str(place)
        context = error.get("ctx") or {}
        remedy = _REMEDIES.get(error["type"], "see /docs")
        if error["type"] == "extra_forbidden":
            message, remedy = "is not known here", _did_you_mean(field, _body_fields(route))
        elif error["type"] == "missing":
            message = "is missing"
        else:
            message = error["msg"][:1].lower() + error["msg"][1:]
        yield {
            "field": field,
            "message": message,
            "remedy": remedy.format_map({name: str(value) for name, value in context.items()}),
        }


def _body_fields(route: Route) -> list[str]:
    for param in route.dependant.body_params:
        kind = param.field_info.annotation
        models = [kind, *getattr(kind, "__args__", ())]
        for model in models:
            if isinstance(model, type) and issubclass(model, BaseModel):
                return list(model.model_fields)
    return []


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(known)}" if known else "leave it out"


def _wrong_type(_: RequestUnsupportedContentType) -> Response[str]:
    return response_of(
        problem(
            415,
            "unsupported-media-type",
            "Not a type that is read here",
            detail="the content-type of the body is not JSON",
            field="content-type",
            remedy="send content-type: application/json",
        )
    )


def json_text(value: object) -> str:
    """Any JSON value as an answer's body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
