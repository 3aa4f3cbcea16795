"""The access matrix: every route of template.yaml x everybody who might call it, through the real authorizer.

A route without a row here fails, and so does a row without a route.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from infra.local.installation import Installation
from infra.local.issuer import ALL_SCOPES
from infra.template.reading import ROUTE, read_template
from tests.flow.callers import bad_tokens, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A route of the work API: its scope, and the answer to whoever has it and asks for nothing real."""

    scope: str
    then: int
    body: Any = None


READ, RESPOND, MANAGE, ADMIN = ALL_SCOPES
WORK = {
    "GET /v1/incidents": Row(scope=READ, then=200),
    "POST /v1/incidents": Row(scope=RESPOND, then=422, body={}),
    "GET /v1/incidents/{id}": Row(scope=READ, then=404),
    "GET /v1/incidents/{id}/timeline": Row(scope=READ, then=404),
    "GET /v1/incidents/{id}/why": Row(scope=READ, then=404),
    "GET /v1/incidents/{id}/alerts": Row(scope=READ, then=404),
    "POST /v1/incidents/{id}/acknowledge": Row(scope=RESPOND, then=404),
    "POST /v1/incidents/{id}/assign": Row(scope=RESPOND, then=404, body={"assignee": "Grace Example"}),
    "POST /v1/incidents/{id}/note": Row(scope=RESPOND, then=404, body={"text": "x"}),
    "POST /v1/incidents/{id}/restore": Row(scope=RESPOND, then=404),
    "POST /v1/incidents/{id}/close": Row(scope=RESPOND, then=404),
    "POST /v1/incidents/{id}/escalate": Row(scope=RESPOND, then=404, body={"reason": "x"}),
    "POST /v1/incidents/{id}/prioritise": Row(
        scope=RESPOND, then=404, body={"priority": None, "reason": "x"}
    ),
    "POST /v1/incidents/{id}/suppress": Row(scope=RESPOND, then=404, body={"until": None, "reason": "x"}),
    "POST /v1/incidents/{id}/reopen": Row(scope=RESPOND, then=404, body={"reason": "x"}),
    "GET /v1/problems": Row(scope=READ, then=200),
    "GET /v1/problems/{id}": Row(scope=READ, then=404),
    "GET /v1/problems/{id}/timeline": Row(scope=READ, then=404),
    "POST /v1/problems/{id}/accept": Row(scope=RESPOND, then=404),
    "POST /v1/problems/{id}/decline": Row(scope=RESPOND, then=404, body={"reason": "x"}),
    "GET /v1/policy": Row(scope=READ, then=200),
    "PUT /v1/policy": Row(scope=MANAGE, then=422, body={"teams": 7}),
    "GET /v1/quarantine": Row(scope=MANAGE, then=200),
    "GET /v1/dead-letters": Row(scope=MANAGE, then=200),
    "GET /v1/dead-letters/{id}": Row(scope=MANAGE, then=404),
    "POST /v1/dead-letters/{id}/redrive": Row(scope=ADMIN, then=404),
    "GET /v1/guardrails": Row(scope=READ, then=200),
    "GET /v1/audit": Row(scope=ADMIN, then=200),
    "GET /v1/integrations": Row(scope=ADMIN, then=200),
    "POST /v1/integrations": Row(scope=ADMIN, then=422, body={}),
    "DELETE /v1/integrations/{id}": Row(scope=ADMIN, then=404),
}
BOARD = ("GET /", "GET /board", "GET /board/{proxy+}", "POST /board/{proxy+}")
"""Open at the gateway; tests/flow/test_board_sessions.py has their rows."""
OPEN = ("GET /health", "GET /openapi.json", "GET /docs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A route of senders: the answers to a key that may, to one that may not, and to what is no key."""

    path: str
    body: Any
    taken: int
    may_not: int = 403
    no_key: int = 401


_OVER = {"alert_key": "access-matrix", "action": "resolve", "title": "access matrix"}
_PAGERDUTY = {"event_action": "resolve", "dedup_key": "access-matrix"}
DOORS = {
    "POST /v1/events": Door(path="/v1/events", body=_OVER, taken=202),
    "POST /v1/events/{sender}": Door(path="/v1/events/json", body=_OVER, taken=202),
    "POST /api/v2/alerts": Door(path="/api/v2/alerts", body=[], taken=200),
    "POST /v2/enqueue": Door(path="/v2/enqueue", body=_PAGERDUTY, taken=202, may_not=400, no_key=400),
    "ANY /i/{key}/{proxy+}": Door(path="/i/{key}/v1/events", body=_OVER, taken=202),
}
HANDSHAKE = "OPTIONS /v1/events"
"""Open, and answered by the local engine itself before any route (tests/component/test_receive_events.py)."""


def routes() -> set[str]:
    return {properties["RouteKey"] for properties in read_template().of_type(ROUTE).values()}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert {*WORK, *BOARD, *OPEN, *DOORS, HANDSHAKE} == routes()


@dataclass(frozen=True, slots=True)
class Callers:
    """Credentials by whose they are; every key and token of the matrix."""

    http: httpx.Client
    worthless: Mapping[str, str]
    scoped: Mapping[str, str]
    keys: Mapping[str, str]

    @property
    def everybody(self) -> dict[str, str | None]:
        return {"nobody": None, **self.worthless, **self.scoped, **self.keys}

    def status(self, method: str, path: str, credential: str | None, body: Any = None) -> int:
        headers = {"authorization": f"Bearer {credential}"} if credential is not None else {}
        return self.http.request(method, path, headers=headers, json=body).status_code


@pytest.fixture(scope="module")
def callers(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    issuer = installation.engine.issuer
    with httpx.Client(base_url=installation.engine.base_url, trust_env=False, timeout=30) as http:
        yield Callers(
            http,
            bad_tokens(issuer, tmp_path_factory.mktemp("strangers")),
            {
                "no scope": issuer.mint_token(scopes=[]),
                "scopes of others": issuer.mint_token(
                    scopes=["openid", "profile", "readonly", "other/admin"]
                ),
                **{scope: issuer.mint_token(scopes=[scope]) for scope in ALL_SCOPES},
            },
            dict(keys(installation)),
        )


@pytest.mark.parametrize("route", WORK)
def test_the_work_api_opens_to_a_good_token_with_the_scope_and_to_nothing_else(
    callers: Callers, route: str
) -> None:
    row = WORK[route]
    method, path = route.replace("{id}", "nobody").split()
    expected = {
        "nobody": 401,
        **dict.fromkeys(callers.worthless, 401),
        "no scope": 403,
        "scopes of others": 403,
        **{
            scope: row.then if ALL_SCOPES.index(scope) >= ALL_SCOPES.index(row.scope) else 403
            for scope in ALL_SCOPES
        },
        **dict.fromkeys(callers.keys, 401),
    }
    found = {who: callers.status(method, path, one, row.body) for who, one in callers.everybody.items()}
    assert found == expected
    by_query = callers.http.request(method, path, params={"access_token": callers.keys["key for all"]})
    assert by_query.status_code == 401


@pytest.mark.parametrize("route", DOORS)
def test_the_door_of_senders_opens_to_keys_that_may_send_events_and_to_no_token(
    callers: Callers, route: str
) -> None:
    door = DOORS[route]
    expected = {
        **dict.fromkeys(callers.everybody, door.no_key),
        "key for events": door.taken,
        "key for all": door.taken,
        "key for silences": door.may_not,
        "key for read": door.may_not,
    }
    found = {}
    for who, one in callers.everybody.items():
        path = door.path.replace("{key}", one if who in callers.keys and one else "nobody")
        credential = None if "{key}" in door.path and who in callers.keys else one
        found[who] = callers.status("POST", path, credential, door.body)
    assert found == expected


@pytest.mark.parametrize("route", OPEN)
def test_what_is_open_is_open_to_everybody(callers: Callers, route: str) -> None:
    method, path = route.split()
    found = {who: callers.status(method, path, one) for who, one in callers.everybody.items()}
    assert found == dict.fromkeys(callers.everybody, 200)


def test_a_path_that_is_no_route_is_open_to_nobody(callers: Callers) -> None:
    for path in ("/v1", "/v1/", "/v1/incidents/", "/v1/nothing", "/V1/incidents", "/v1/incidents/x/y"):
        found = {callers.status("GET", path, one) for one in callers.everybody.values()}
        assert found <= {401, 403, 404}, path
