"""The OpenAPI document: what Powertools knows of the routes, with our errors, headers and scopes."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, License, Server, Tag

from functions.serve_api.scopes import SCHEME
from functions.serve_api.shapes import Problem

VERSION = "0.1.0"
TITLE = "Leitplanke"
DESCRIPTION = """\
Work incidents and problems. Everything needs an access token (`Authorization: Bearer ...`) with the scope
that the route names or a higher one: read < respond < manage < admin.

Senders do not use this part of the API. They keep their own protocol and need an integration key; see
docs/guides/senders.md.

Times are UTC in ISO 8601. Lists come in pages: send `next` as `page`. Records carry a revision, which is
their ETag: send it as `If-Match` and an action only applies if nobody was faster. Errors are problem
documents (RFC 9457); `type` says which case it is, docs/errors.md lists them.
"""
_TAGS = (
    ("Incidents", "What is going on, and why."),
    ("Working on incidents", "Take it, hand it over, say that customers can work again, file it."),
    ("Problems", "What keeps coming back."),
    ("Policy", "Who is behind which service, and who does what when it fails."),
    ("Integrations", "Which senders may speak to us."),
    ("Quarantine", "What senders said and we could not use."),
    ("About", "Open to everybody."),
)
_MEDIA_TYPE = "application/problem+json"
_GENERATED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")

_FAULTS = {
    "400": ("BadRequest", "Something cannot be read: the body, `page` or `If-Match`."),
    "401": ("Unauthenticated", "No valid token. The gateway answers this, with a body of its own."),
    "403": ("NotAllowed", "The token lacks the scope."),
    "404": ("NotFound", "There is no such record."),
    "409": ("Conflict", "The record is in a state in which this makes no sense; `remedy` says what does."),
    "412": ("StaleRevision", "Somebody else changed it first; read it again."),
    "413": ("TooLarge", "The body is too large."),
    "415": ("UnsupportedMediaType", "The body is not of a type that is read here."),
    "422": ("InvalidFields", "Fields are wrong; `errors` (or `faults`, of a policy) has all of them."),
    "500": ("Internal", "Our fault. It is logged."),
    "503": ("Unavailable", "Not just now; `Retry-After` says when to come again."),
}


@cache
def document_of(app: APIGatewayHttpResolver, public_url: str) -> dict[str, Any]:
    """The document as JSON data. Made once per process, when first asked for."""
    document: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title=TITLE,
            version=VERSION,
            openapi_version="3.1.0",
            summary="Serverless ticket routing: incidents restored fast, problems found properly.",
            description=DESCRIPTION,
            tags=[Tag(name=name, description=words) for name, words in _TAGS],
            servers=[Server(url=public_url or "/")],
            license_info=License(name="Apache-2.0", identifier="Apache-2.0"),
            security_schemes={
                SCHEME: HTTPBearer(
                    bearerFormat="JWT", description="An access token of your identity provider."
                )
            },
        )
    )
    _use_our_errors(document)
    for path, method, operation in operations(document):
        _name_statuses(path, method, operation)
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method in capitals, operation) of everything in a document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _use_our_errors(document: dict[str, Any]) -> None:
    components = document["components"]
    for name in _GENERATED:
        components["schemas"].pop(name, None)
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"]["Problem"] = schema
    components["responses"] = {
        name: {
            "description": words,
            "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for name, words in _FAULTS.values()
    }


def _name_statuses(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = {
        status: response for status, response in operation["responses"].items() if status.startswith("2")
    }
    if (
        operation.get("security")
        and (path.endswith("{id}") or method in ("POST", "PUT"))
        and "/integrations" not in path
    ):
        for response in responses.values():
            response["headers"] = {"ETag": {"description": "The revision.", "schema": {"type": "string"}}}
    if path == "/v1/policy" and method == "GET":
        responses["200"]["headers"] = {"ETag": {"description": "The version.", "schema": {"type": "string"}}}
        responses["200"]["content"] = {
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        }
    for status in _statuses(path, method, operation):
        responses[status] = {"$ref": f"#/components/responses/{_FAULTS[status][0]}"}
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield "500"
    if not operation.get("security"):
        return
    yield from ("401", "403", "503")
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    if parameters:
        yield "422"
    if "{id}" in path or "version" in parameters:
        yield "404"
    if parameters & {"page", "If-Match"} or "requestBody" in operation:
        yield "400"
    if "If-Match" in parameters:
        yield "412"
    if method == "POST":
        yield "409"
    if "requestBody" in operation:
        yield from ("413", "422")
        if method == "POST":
            yield "415"
