"""The OpenAPI document: what Powertools knows of the routes, with our errors, headers and scopes."""

import inspect
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from functions.serve_api.scopes import SCHEME
from functions.serve_api.shapes import GatewayRefusal, Problem

VERSION = "0.1.0"
TITLE = "Leitplanke"
SUMMARY = "Serverless ticket routing: incidents restored fast, problems found properly."
DESCRIPTION = """\
Work incidents and problems. Everything needs an access token (`Authorization: Bearer ...`) with the scope
that the route names or a higher one: read < respond < manage < admin.

Senders do not use this part of the API: they keep their own protocol and need an integration key.

Times are UTC in ISO 8601. Lists come in pages: send `next` as `page`. Records carry a revision, which is
their ETag: send it as `If-Match` and an action only applies if nobody was faster. Errors are problem
documents (RFC 9457); `type` says which case it is.
"""
_TAGS = (
    ("Incidents", "What is going on, and why."),
    ("Working on incidents", "Take it, hand it over, say that customers can work again, file it."),
    ("Problems", "What keeps coming back."),
    ("Policy", "Who is behind which service, and who does what when it fails."),
    ("Guardrails", "What keeps decisions on the road, and whether it does."),
    ("Integrations", "Which senders may speak to us."),
    ("Quarantine", "What senders said and we could not use."),
    ("Dead letters", "What our own functions could not handle, and the way home."),
    ("Audit", "Who changed the rules, let senders in, and used a role."),
    ("About", "Open to everybody."),
)
_GENERATED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")

_FAULTS = {
    "400": (
        "BadRequest",
        "Something cannot be read: the body, `page`, `If-Match`, a period that there is not.",
    ),
    "401": ("Unauthenticated", "No valid token."),
    "403": (
        "NotAllowed",
        "The token lacks the scope, or a hard guardrail stands in the way: `remedy` names who may.",
    ),
    "404": ("NotFound", "There is no such record."),
    "409": (
        "Conflict",
        "The record is in a state in which this makes no sense, or guardrails speak against it (`fired` has "
        "all of them); `remedy` says what to do.",
    ),
    "412": ("StaleRevision", "Somebody else changed it first; read it again."),
    "413": ("TooLarge", "The body is larger than the gateway takes (10 MB)."),
    "415": ("UnsupportedMediaType", "The body is not of a type that is read here."),
    "422": ("InvalidFields", "Fields are wrong; `errors` (`faults` for a policy) has all of them."),
    "429": ("TooMany", "More requests than the gateway lets through; come again in a moment."),
    "500": ("Internal", "Our fault. It is logged."),
    "503": ("Unavailable", "Not just now; `Retry-After` says when to come again."),
}

_HEADERS = {"if-match": "If-Match", "idempotency-key": "Idempotency-Key"}
"""As standards spell them; Powertools makes them small."""

_BY_GATEWAY = ("401", "403", "404")
"""What the gateway answers as well, with a body of its own, when a request does not come as far as we do."""
_ONLY_BY_GATEWAY = ("413", "429")

Json = dict[str, Any]


@cache
def document_of(app: APIGatewayHttpResolver, public_url: str) -> Json:
    """The document as JSON data. Made once per process, when first asked for."""
    # These models cost 75 ms of a cold start, and hardly any process is ever asked for the document.
    from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer  # noqa: PLC0415

    scheme = HTTPBearer(bearerFormat="JWT", description="An access token of your identity provider.")
    generated = app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=DESCRIPTION,
        security_schemes={SCHEME: scheme},
    )
    document: Json = json.loads(generated)
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    document["servers"] = [{"url": public_url or "/"}]
    document["tags"] = [{"name": name, "description": words} for name, words in _TAGS]
    _use_our_errors(document)
    said = _docstrings(app)
    for path, method, operation in operations(document):
        _name_after_function(operation, *said[method, path])
        _simplify(operation)
        _name_answers(document, path, method, operation)
    _whole_numbers(document)
    document["paths"] = dict(sorted(document["paths"].items()))
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """(path, method in capitals, operation) of everything in a document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _docstrings(app: APIGatewayHttpResolver) -> dict[tuple[str, str], tuple[str, str]]:
    """Name and docstring of each route's function. Powertools uses neither, and hands out no routes."""
    routes = [*app._static_routes, *app._dynamic_routes]
    return {
        (route.method, route.openapi_path): (route.func.__name__, inspect.getdoc(route.func) or "")
        for route in routes
    }


def _name_after_function(operation: Json, name: str, docstring: str) -> None:
    operation["operationId"] = name
    operation["description"] = docstring


def _use_our_errors(document: Json) -> None:
    components = document["components"]
    for name in _GENERATED:
        components["schemas"].pop(name, None)
    components["schemas"]["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"]["GatewayRefusal"] = GatewayRefusal.model_json_schema()
    components["responses"] = {
        name: {"description": words, "content": dict(_fault_content(status))}
        for status, (name, words) in _FAULTS.items()
    }
    components["responses"]["Unavailable"]["headers"] = {
        "Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}
    }


def _fault_content(status: str) -> Iterator[tuple[str, Json]]:
    if status not in _ONLY_BY_GATEWAY:
        yield "application/problem+json", {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status in _BY_GATEWAY + _ONLY_BY_GATEWAY:
        yield "application/json", {"schema": {"$ref": "#/components/schemas/GatewayRefusal"}}


def _simplify(operation: Json) -> None:
    """What may be left out cannot be null as well: a query has no null, and an empty body is none."""
    for parameter in operation.get("parameters", []):
        parameter["name"] = _HEADERS.get(parameter["name"], parameter["name"])
        parameter["schema"] = _without_null(parameter["schema"])
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["schema"] = _without_null(media["schema"])


def _without_null(schema: Json) -> Json:
    kept = {name: value for name, value in schema.items() if name not in ("title", "description", "anyOf")}
    for one in schema.get("anyOf", []):
        if one != {"type": "null"}:
            kept |= one
    return kept


def _name_answers(document: Json, path: str, method: str, operation: Json) -> None:
    responses = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    for one in responses.values():
        if path == "/v1/policy" and method == "GET":
            one["content"] = {
                "application/yaml": {"schema": {"type": ["object", "null"]}},  # null: nothing was put yet
                "application/json": {"schema": {"type": "object"}},
            }
        one["description"] = _described(document, one)
        if _has_etag(document, path, one):
            one["headers"] = {"ETag": {"description": "The revision, quoted.", "schema": {"type": "string"}}}
        if "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", [])}:
            replayed = {"description": "`true`: the first answer to this key.", "schema": {"const": "true"}}
            one.setdefault("headers", {})["Idempotency-Replayed"] = replayed
    for status in _statuses(path, method, operation):
        responses[status] = {"$ref": f"#/components/responses/{_FAULTS[status][0]}"}
    operation["responses"] = dict(sorted(responses.items()))


def _described(document: Json, response: Json) -> str:
    schema = _schema_in(document, response)
    return str(schema.get("description", "The policy.")).split("\n\n", maxsplit=1)[0]


def _has_etag(document: Json, path: str, response: Json) -> bool:
    return path == "/v1/policy" or "revision" in _schema_in(document, response).get("properties", {})


def _schema_in(document: Json, response: Json) -> Json:
    for media in response["content"].values():
        name = media["schema"].get("$ref", "").rsplit("/", 1)[-1]
        found: Json = document["components"]["schemas"].get(name, {})
        return found
    return {}


def _statuses(path: str, method: str, operation: Json) -> Iterator[str]:
    yield "500"
    if not operation.get("security"):
        return
    yield from ("401", "403", "422", "429", "503")
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    if parameters & {"id", "version"}:
        yield "404"
    if parameters & {"page", "If-Match", "from"} or "requestBody" in operation:
        yield "400"
    if "requestBody" in operation:
        yield "413"
    if "If-Match" in parameters:
        yield "412"
    if method == "POST":
        yield "409"
        if "requestBody" in operation:
            yield "415"


def _whole_numbers(part: Any) -> None:
    """Powertools writes every limit as a fraction: 200.0."""
    inner = list(
        part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    )
    for key, value in inner:
        if isinstance(value, float) and value.is_integer():
            part[key] = int(value)
        _whole_numbers(value)
