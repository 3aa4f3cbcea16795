"""HTTP API requests in (payload format 2.0), answers out, and the one place that maps errors to HTTP.

Handlers let our errors fly; `error_answer` turns each into a problem document (RFC 9457). A test walks the
error tree and fails for a class that is not in the map.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from leitplanke.domain import errors
from leitplanke.wire.answers import Answer, problem
from leitplanke.wire.intake import TooLargeError, UnsupportedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. Header names are lower-case, the path has no stage and no query.

    `claims` are those of the JSON Web Token that the API's authorizer has checked; empty on open routes.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    request_id: str = ""


def request_of(event: Mapping[str, Any]) -> Request:
    """The request in a Lambda event. Raises InvalidInputError if it says base64 and is not."""
    context = event["requestContext"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    authorizer = context.get("authorizer") or {}
    return Request(
        method=context["http"]["method"],
        path=event["rawPath"],
        headers=headers,
        query=event.get("queryStringParameters") or {},
        cookies=_cookies(event.get("cookies"), headers.get("cookie", "")),
        path_parameters=event.get("pathParameters") or {},
        claims=(authorizer.get("jwt") or {}).get("claims") or {},
        body=_body(event),
        request_id=context.get("requestId", ""),
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidInputError(
            "the body is not base64", field="body", remedy="send the body as it is"
        ) from error


def _cookies(listed: list[str] | None, header: str) -> dict[str, str]:
    """From the event's `cookies`; from the header where an engine leaves that out."""
    pairs = listed if listed is not None else header.split(";")
    named = (pair.strip().partition("=") for pair in pairs)
    return {name: value for name, separator, value in named if separator}


def response(answer: Answer) -> dict[str, Any]:
    """The answer as Lambda wants it."""
    return {
        "statusCode": answer.status,
        "headers": dict(answer.headers),
        "body": answer.body,
        "isBase64Encoded": False,
    }


def not_found(detail: str, **members: Any) -> Answer:
    """There is nothing at this address."""
    return problem(404, "not-found", "Not found", detail=detail, **members)


def method_not_allowed(*allowed: str) -> Answer:
    """There is, but it takes other methods."""
    return problem(405, "method-not-allowed", "Method not allowed", headers={"allow": ", ".join(allowed)})


def error_answer(error: errors.LeitplankeError) -> Answer:
    """The problem document for one of our errors."""
    for kind in type(error).__mro__:
        if kind in _ANSWERS:
            return _ANSWERS[kind](error)
    raise error


def _invalid(error: errors.InvalidInputError) -> Answer:
    return problem(
        400,
        "invalid-input",
        "The request is wrong",
        detail=error.message,
        field=error.field,
        remedy=error.remedy,
    )


def _too_large(error: TooLargeError) -> Answer:
    return problem(413, "too-large", "The body is too large", detail=error.message, remedy=error.remedy)


def _unsupported(error: UnsupportedError) -> Answer:
    return problem(
        415,
        "unsupported-media-type",
        "Unsupported media type",
        detail=error.message,
        field=error.field,
        remedy=error.remedy,
    )


def _key_reused(error: errors.KeyReusedError) -> Answer:
    return problem(
        422,
        "idempotency-key-reused",
        "The key belongs to another request",
        detail=error.message,
        field=error.field,
        remedy=error.remedy,
    )


def _policy(error: errors.PolicyError) -> Answer:
    faults = [
        {"path": fault.path, "message": fault.message, "remedy": fault.remedy} for fault in error.faults
    ]
    return problem(
        422,
        "invalid-policy",
        "The policy is wrong",
        detail=error.message,
        field=error.field,
        remedy=error.remedy,
        faults=faults,
    )


_LISTED = {
    "incident": "GET /v1/incidents?state=all",
    "problem": "GET /v1/problems?state=all",
    "integration": "GET /v1/integrations",
    "place of dead letters": "GET /v1/dead-letters",
    "policy version": "GET /v1/policy",
}


def _not_found(error: errors.NotFoundError) -> Answer:
    field = "version" if error.kind == "policy version" else "id"
    where = _LISTED.get(error.kind)
    said = {"field": field, "remedy": f"take one from {where}"} if where else {}
    return not_found(str(error), **said)


def _not_allowed(error: errors.NotAllowedError) -> Answer:
    return problem(403, "not-allowed", "Not allowed", detail=error.message, remedy=error.remedy)


def _conflict(error: errors.ConflictError) -> Answer:
    return problem(409, "conflict", "Not in this state", detail=error.message, remedy=error.remedy)


def _guardrail(error: errors.GuardrailError) -> Answer:
    return problem(
        409,
        "guardrail",
        "A guardrail speaks against it",
        detail=error.message,
        remedy=error.remedy,
        fired=[asdict(one) for one in error.fired],
    )


def _hard_guardrail(error: errors.ForbiddenByGuardrailError) -> Answer:
    return problem(
        403,
        "guardrail-hard",
        "A hard guardrail stands in the way",
        detail=error.message,
        remedy=error.remedy,
        fired=[asdict(one) for one in error.fired],
    )


def _stale(error: errors.StaleRevisionError) -> Answer:
    return problem(
        412,
        "stale-revision",
        "Somebody else changed it first",
        detail=error.message,
        remedy=error.remedy,
        current_revision=error.current,
    )


def _lost_race(error: errors.LostRaceError) -> Answer:
    return problem(
        503,
        "busy",
        "Too many changes at once",
        detail=error.message,
        remedy=error.remedy,
        headers={"retry-after": "1"},
    )


def _unavailable(error: errors.UnavailableError) -> Answer:
    return problem(
        503,
        "unavailable",
        "A service we need is not available",
        detail=str(error),
        headers={"retry-after": "5"},
    )


def _our_fault(_: errors.LeitplankeError) -> Answer:
    return problem(500, "internal", "Something went wrong on our side")


_ANSWERS: Mapping[type[errors.LeitplankeError], Callable[[Any], Answer]] = {
    errors.LeitplankeError: _our_fault,
    errors.InvalidInputError: _invalid,
    errors.KeyReusedError: _key_reused,
    TooLargeError: _too_large,
    UnsupportedError: _unsupported,
    errors.PolicyError: _policy,
    errors.NotFoundError: _not_found,
    errors.NotAllowedError: _not_allowed,
    errors.ForbiddenByGuardrailError: _hard_guardrail,
    errors.ConflictError: _conflict,
    errors.GuardrailError: _guardrail,
    errors.StaleRevisionError: _stale,
    errors.LostRaceError: _lost_race,
    errors.UnavailableError: _unavailable,
}
