"""Who may do what: every route of the API x every scope, as the document says it."""

import json
from typing import Any

import pytest

from functions.serve_api.app import the_app
from functions.serve_api.openapi import document_of, operations
from leitplanke.edge.identity import Scope
from tests.component.serve_api.conftest import Api

OPERATIONS = list(operations(document_of(the_app(), "")))
LOCKED = [(path, method, one) for path, method, one in OPERATIONS if one.get("security")]
BODIES = {
    "/v1/incidents/{id}/assign": json.dumps({"assignee": "Grace Example"}),
    "/v1/incidents/{id}/note": json.dumps({"text": "a remark"}),
    "/v1/incidents": json.dumps({"title": "nobody can log in"}),
    "/v1/incidents/{id}/escalate": json.dumps({"reason": "too much for one"}),
    "/v1/incidents/{id}/prioritise": json.dumps({"priority": "P1", "reason": "the minister calls"}),
    "/v1/incidents/{id}/reopen": json.dumps({"reason": "still no login"}),
    "/v1/incidents/{id}/suppress": json.dumps({"until": None, "reason": "planned"}),
    "/v1/problems/{id}/decline": json.dumps({"reason": "it goes away in May"}),
    "/v1/integrations": json.dumps({"name": "blue"}),
    "/v1/policy": json.dumps({"teams": {"network": {}}}),
}


def _call(api: Api, path: str, method: str, claims: dict[str, str]) -> tuple[int, Any]:
    body = BODIES.get(path) if method in ("POST", "PUT") else None
    answer = api.call(method, path.replace("{id}", "nobody"), body=body, claims=claims)
    is_json = answer.headers["content-type"].endswith("json")
    return answer.status, answer.json if is_json else None


@pytest.mark.parametrize("held", ["", "openid profile", *(scope.word for scope in Scope)])
@pytest.mark.parametrize(("path", "method", "operation"), LOCKED, ids=[f"{m} {p}" for p, m, _ in LOCKED])
def test_a_route_opens_to_its_scope_and_the_higher_ones(
    api: Api, path: str, method: str, operation: dict[str, Any], held: str
) -> None:
    (needed,) = operation["security"][0]["token"]
    status, body = _call(api, path, method, {"sub": "u-1", "scope": held})
    if held in Scope.__members__.values() or held.upper() in Scope.__members__:
        allowed = Scope[held.upper()] >= Scope[needed.upper()]
    else:
        allowed = False
    if allowed:
        assert status in (200, 201, 404), body
    else:
        assert (status, body["type"]) == (403, "urn:leitplanke:error:not-allowed")
        assert body["detail"] == f"this needs the scope {needed}"


@pytest.mark.parametrize(("path", "method", "operation"), LOCKED, ids=[f"{m} {p}" for p, m, _ in LOCKED])
def test_without_a_token_nothing_is_open(api: Api, path: str, method: str, operation: dict[str, Any]) -> None:
    body = BODIES.get(path) if method in ("POST", "PUT") else None
    answer = api.call(method, path.replace("{id}", "nobody"), body=body, claims={})
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="leitplanke"'
    assert answer.json["type"] == "urn:leitplanke:error:unauthenticated"
    assert operation["responses"]["401"]


def test_the_prefix_of_scopes_comes_from_the_settings(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from leitplanke.edge.settings import settings

    monkeypatch.setenv("SCOPE_PREFIX", "leitplanke/")
    settings.cache_clear()
    assert _call(api, "/v1/incidents", "GET", {"sub": "u-1", "scope": "leitplanke/read"})[0] == 200
    status, body = _call(api, "/v1/incidents", "GET", {"sub": "u-1", "scope": "read"})
    assert (status, body["detail"]) == (403, "this needs the scope leitplanke/read")
