"""Whatever comes in, the answer is one that the document names, and never a fault of ours."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.serve_api.app import the_app
from functions.serve_api.openapi import document_of, operations
from tests.component.serve_api.conftest import Api, World

OPERATIONS = list(operations(document_of(the_app(), "")))
ANY_CHARACTER = st.characters(exclude_categories=())
TEXT = st.text(ANY_CHARACTER, max_size=40) | st.sampled_from(
    ["open", "all", "10", "0", "2026-03-01", '"1"', "*", "network"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def bodies(document_fields: list[str]) -> st.SearchStrategy[str]:
    """JSON with the fields that are known, any JSON, any text."""
    known = st.dictionaries(st.sampled_from(document_fields or ["x"]), JSON | TEXT, max_size=4)
    return (known | JSON).map(json.dumps) | st.text(max_size=60)


def fields_of(operation: dict[str, Any]) -> list[str]:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        name = media["schema"].get("$ref", "").rsplit("/", 1)[-1]
        schema = document_of(the_app(), "")["components"]["schemas"].get(name, {})
        return list(schema.get("properties", {}))
    return []


@st.composite
def requests(draw: st.DrawFn, ident: str) -> tuple[dict[str, Any], str, str, dict[str, Any]]:
    """(operation, method, path, the rest of a call)."""
    path, method, operation = draw(st.sampled_from(OPERATIONS))
    names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    query = draw(st.dictionaries(st.sampled_from(names) if names else TEXT, TEXT, max_size=3))
    call: dict[str, Any] = {
        "query": query,
        "headers": draw(st.fixed_dictionaries({}, optional={"if-match": TEXT})),
    }
    if method in ("POST", "PUT"):
        call["body"] = draw(st.none() | bodies(fields_of(operation)))
    real = draw(st.sampled_from([ident, "nobody", "prb1"]) | st.text("abc-_Z09", min_size=1, max_size=70))
    return operation, method, path.replace("{id}", real), call


@given(data=st.data())
@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_input_is_answered_in_a_way_that_the_document_does_not_know(
    api: Api, world: World, data: st.DataObject
) -> None:
    ident = "known"
    if not world.incidents.get_many([ident]):
        incident = world.incident(incident_id=ident)
        world.alert(incident)
    operation, method, path, call = data.draw(requests(ident))
    answer = api.call(method, path, **call)
    assert answer.status < 500, answer.text
    assert answer.text.encode("utf-8").decode("utf-8") == answer.text
    assert str(answer.status) in operation["responses"], answer.text
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["type"].startswith("urn:leitplanke:error:")
        assert answer.json["title"]
