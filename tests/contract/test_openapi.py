"""The OpenAPI document is valid, whole, and says what the template does."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.serve_api.app import the_app
from functions.serve_api.openapi import VERSION, document_of, operations
from infra.local.template import load_template
from leitplanke.edge.identity import Scope

DOCUMENT = document_of(the_app(), "https://api.example")
OPERATIONS = list(operations(DOCUMENT))
IDS = [f"{method} {path}" for path, method, _ in OPERATIONS]
OPEN_AND_ABOUT_ITSELF = {"GET /openapi.json", "GET /docs"}


def routes() -> Iterator[tuple[str, dict[str, Any]]]:
    """(route key, properties) of every route that the template gives to the API's function."""
    for resource in load_template()["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ApiGatewayV2::Route" and "ServeApi" in str(properties["Target"]):
            yield properties["RouteKey"], properties


def scopes_of(properties: dict[str, Any]) -> list[str]:
    """The scopes of a route, without the prefix that the template puts before them."""
    return [
        str(scope["Fn::Sub"]).removeprefix("${ScopePrefix}") for scope in properties["AuthorizationScopes"]
    ]


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    faults = [fault.message for fault in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()]  # type: ignore[arg-type]
    assert faults == []


def test_it_has_the_projects_version() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert DOCUMENT["info"]["version"] == VERSION == project["version"]


def test_it_names_where_the_api_is() -> None:
    assert DOCUMENT["servers"] == [{"url": "https://api.example"}]
    assert document_of(the_app(), "")["servers"] == [{"url": "/"}]


def test_the_template_has_every_operation_and_the_document_every_route() -> None:
    described = {f"{method} {path}" for path, method, _ in OPERATIONS} | OPEN_AND_ABOUT_ITSELF
    assert described == {key for key, _ in routes()}


def test_the_gateway_lets_in_whoever_the_document_says() -> None:
    by_key = dict(routes())
    for path, method, operation in OPERATIONS:
        properties = by_key[f"{method} {path}"]
        if "security" not in operation:
            assert properties["AuthorizationType"] == "NONE", path
            continue
        ((needed,),) = [need["token"] for need in operation["security"]]
        enough = [scope.word for scope in Scope if scope >= Scope[needed.upper()]]
        assert properties["AuthorizationType"] == "JWT", path
        assert scopes_of(properties) == enough, f"{method} {path}"


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_an_operation_is_named_described_and_sorted(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]), f"{method} {path}"
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=IDS)
def test_every_error_is_a_problem_document(path: str, method: str, operation: dict[str, Any]) -> None:
    named = {status for status in operation["responses"] if not status.startswith("2")}
    assert "500" in named
    if "security" in operation:
        assert {"401", "403", "503"} <= named
    for status in named:
        name = operation["responses"][status]["$ref"].removeprefix("#/components/responses/")
        content = DOCUMENT["components"]["responses"][name]["content"]
        ours, of_the_gateway = "application/problem+json", "application/json"
        expected = {
            "401": [ours, of_the_gateway],
            "403": [ours, of_the_gateway],
            "404": [ours, of_the_gateway],
        }
        expected |= {"413": [of_the_gateway], "429": [of_the_gateway]}
        assert list(content) == expected.get(status, [ours]), f"{method} {path}"


def test_acting_on_an_incident_can_name_its_revision() -> None:
    actions = [
        one for path, method, one in OPERATIONS if method == "POST" and path.startswith("/v1/incidents/")
    ]
    assert len(actions) == 9
    for operation in actions:
        assert "If-Match" in {parameter["name"] for parameter in operation["parameters"]}
        assert {"404", "409", "412"} <= set(operation["responses"])
        assert "ETag" in operation["responses"]["200"]["headers"]


def test_nothing_in_it_points_nowhere() -> None:
    text = str(DOCUMENT)
    for kind, name in set(re.findall(r"#/components/(\w+)/(\w+)", text)):
        assert name in DOCUMENT["components"][kind]


def test_what_powertools_would_say_of_errors_is_gone() -> None:
    assert not {"HTTPValidationError", "ValidationError", "ResponseValidationError"} & set(
        DOCUMENT["components"]["schemas"]
    )
