"""Every route of the work API has a method of the client, which asks for exactly that."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from infra.local.template import load_template
from leitplanke_client import Client, Event, Override, Sender
from tests.unit.client.answers import URL, acted, client_of, incident, problem

ID = "7kq2m9p4xe"
Act = Callable[[Client], object]

_PAGES: dict[str, list[Any]] = {
    name: [] for name in ("incidents", "problems", "timeline", "decisions", "alerts", "integrations", "audit")
} | {"quarantine": [], "guardrails": [], "dead_letters": []}
EVERYTHING = {
    **acted(),
    **_PAGES,
    "next": None,
    "headline": "1,800 people cannot work.",
    "joined": True,
    "month": "2026-03",
    "day": "2026-03-01",
    "version": 3,
}
"""One answer that all lists and actions can be read from."""
PLACE = {
    **{"id": "routing", "holds": "", "reader": "", "home": "queue", "messages": 0, "in_work": 0},
    **{"oldest_at": None, "letters": [], "moved": 0, "looks": 0, "dropped": 0, "kept": 0, "left": 0},
    "empty": True,
}
INTEGRATION = {
    "id": "k1",
    "name": "n",
    "created_at": "2026-03-01T03:10:00Z",
    "created_by": "Ada",
    "key": "s" * 32,
}

INCIDENT = f"/v1/incidents/{ID}"
UNTIL = datetime(2026, 3, 1, 6, tzinfo=UTC)

READS: list[tuple[str, str, dict[str, str], Act, dict[str, Any]]] = [
    (
        "GET /v1/incidents",
        "/v1/incidents",
        {"state": "open,closed", "team": "web", "since": "2026-03-01T06:00:00.000000Z", "limit": "20"},
        lambda c: c.incidents.list(state=["open", "closed"], team="web", since=UNTIL, limit=20).page(),
        EVERYTHING,
    ),
    ("GET /v1/incidents/{id}", INCIDENT, {}, lambda c: c.incidents.get(ID), EVERYTHING),
    (
        "GET /v1/incidents/{id}/timeline",
        f"{INCIDENT}/timeline",
        {"limit": "100"},
        lambda c: c.incidents.timeline(ID).page(),
        EVERYTHING,
    ),
    (
        "GET /v1/incidents/{id}/why",
        f"{INCIDENT}/why",
        {"limit": "50"},
        lambda c: c.incidents.why(ID).page(),
        EVERYTHING,
    ),
    (
        "GET /v1/incidents/{id}/alerts",
        f"{INCIDENT}/alerts",
        {"limit": "100", "page": "abc"},
        lambda c: c.incidents.alerts(ID).page("abc"),
        EVERYTHING,
    ),
    (
        "GET /v1/problems",
        "/v1/problems",
        {"state": "open", "limit": "50"},
        lambda c: c.problems.list(state=["open"]).page(),
        EVERYTHING,
    ),
    ("GET /v1/problems/{id}", "/v1/problems/p1", {}, lambda c: c.problems.get("p1"), problem()),
    (
        "GET /v1/problems/{id}/timeline",
        "/v1/problems/p1/timeline",
        {"limit": "100"},
        lambda c: c.problems.timeline("p1").page(),
        EVERYTHING,
    ),
    (
        "GET /v1/guardrails",
        "/v1/guardrails",
        {"from": "2026-01-01", "to": "2026-03-31"},
        lambda c: c.guardrails.report(first=date(2026, 1, 1), last=date(2026, 3, 31)),
        EVERYTHING,
    ),
    ("GET /v1/policy", "/v1/policy", {"version": "3"}, lambda c: c.policy.get(3), {}),
    (
        "GET /v1/integrations",
        "/v1/integrations",
        {"limit": "100"},
        lambda c: c.integrations.list().page(),
        EVERYTHING,
    ),
    (
        "GET /v1/audit",
        "/v1/audit",
        {"month": "2026-02", "limit": "100"},
        lambda c: c.audit.list(month="2026-02").page(),
        EVERYTHING,
    ),
    (
        "GET /v1/quarantine",
        "/v1/quarantine",
        {"day": "2026-03-01", "limit": "20"},
        lambda c: c.quarantine.list(day=date(2026, 3, 1)).page(),
        EVERYTHING,
    ),
    ("GET /v1/dead-letters", "/v1/dead-letters", {}, lambda c: c.dead_letters.places(), EVERYTHING),
    (
        "GET /v1/dead-letters/{id}",
        "/v1/dead-letters/routing",
        {"limit": "20"},
        lambda c: c.dead_letters.look("routing"),
        PLACE,
    ),
]

WRITES: list[tuple[str, str, dict[str, Any] | None, Act, dict[str, Any]]] = [
    (
        "POST /v1/incidents",
        "/v1/incidents",
        {"title": "VPN down", "service": "vpn", "severity": "error", "labels": {"site": "north"}},
        lambda c: c.incidents.report("VPN down", service="vpn", severity="error", labels={"site": "north"}),
        EVERYTHING,
    ),
    (
        "POST /v1/incidents/{id}/acknowledge",
        f"{INCIDENT}/acknowledge",
        {},
        lambda c: c.incidents.acknowledge(ID),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/assign",
        f"{INCIDENT}/assign",
        {"assignee": "Grace Example", "team": "web", "reason": "knows it"},
        lambda c: c.incidents.assign(ID, assignee="Grace Example", team="web", reason="knows it"),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/escalate",
        f"{INCIDENT}/escalate",
        {"reason": "more hands"},
        lambda c: c.incidents.escalate(ID, reason="more hands"),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/restore",
        f"{INCIDENT}/restore",
        {"workaround": "Restart it", "helped": False},
        lambda c: c.incidents.restore(ID, workaround="Restart it", helped=False),
        acted(),
    ),
    ("POST /v1/incidents/{id}/close", f"{INCIDENT}/close", {}, lambda c: c.incidents.close(ID), acted()),
    (
        "POST /v1/incidents/{id}/reopen",
        f"{INCIDENT}/reopen",
        {"reason": "it is back"},
        lambda c: c.incidents.reopen(ID, reason="it is back"),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/note",
        f"{INCIDENT}/note",
        {"text": "Carrier confirms"},
        lambda c: c.incidents.note(ID, "Carrier confirms"),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/prioritise",
        f"{INCIDENT}/prioritise",
        {"priority": None, "reason": "as computed"},
        lambda c: c.incidents.prioritise(ID, None, reason="as computed"),
        acted(),
    ),
    (
        "POST /v1/incidents/{id}/suppress",
        f"{INCIDENT}/suppress",
        {"until": "2026-03-01T06:00:00+00:00", "reason": "planned"},
        lambda c: c.incidents.suppress(ID, until=UNTIL, reason="planned"),
        acted(),
    ),
    (
        "POST /v1/problems/{id}/accept",
        "/v1/problems/p1/accept",
        {},
        lambda c: c.problems.accept("p1"),
        {**problem(), "changed": True},
    ),
    (
        "POST /v1/problems/{id}/decline",
        "/v1/problems/p1/decline",
        {"reason": "too rare"},
        lambda c: c.problems.decline("p1", reason="too rare"),
        {**problem(), "changed": True},
    ),
    (
        "POST /v1/integrations",
        "/v1/integrations",
        {"name": "Zabbix", "capabilities": ["events"], "quiet_after_s": 600},
        lambda c: c.integrations.create("Zabbix", quiet_after_s=600),
        INTEGRATION,
    ),
    (
        "DELETE /v1/integrations/{id}",
        "/v1/integrations/k1",
        None,
        lambda c: c.integrations.revoke("k1"),
        INTEGRATION,
    ),
    (
        "POST /v1/dead-letters/{id}/redrive",
        "/v1/dead-letters/routing/redrive",
        {"at_most": 5},
        lambda c: c.dead_letters.redrive("routing", at_most=5),
        PLACE,
    ),
]


def asked(act: Act, answer: dict[str, Any]) -> httpx.Request:
    """The one request that `act` makes."""
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=answer, headers={"etag": '"3"'})

    act(client_of(respond))
    (one,) = seen
    return one


def test_every_route_of_the_work_api_has_a_method() -> None:
    resources = load_template()["Resources"].values()
    routes = [one["Properties"] for one in resources if one["Type"] == "AWS::ApiGatewayV2::Route"]
    guarded = {one["RouteKey"] for one in routes if one.get("AuthorizationType") == "JWT"}
    assert guarded - {key for key, *_ in [*READS, *WRITES]} - {"PUT /v1/policy"} == set()
    assert len(guarded) > 15


@pytest.mark.parametrize(("key", "path", "query", "act", "answer"), READS, ids=[one[0] for one in READS])
def test_reading_asks_for_exactly_that(
    key: str, path: str, query: dict[str, str], act: Act, answer: dict[str, Any]
) -> None:
    request = asked(act, answer)
    assert (request.method, request.url.path) == (key.split(maxsplit=1)[0], path)
    assert dict(request.url.params) == query
    assert request.headers["authorization"] == "Bearer a.b.c"
    assert "idempotency-key" not in request.headers


@pytest.mark.parametrize(("key", "path", "body", "act", "answer"), WRITES, ids=[one[0] for one in WRITES])
def test_acting_says_exactly_that(
    key: str, path: str, body: dict[str, Any] | None, act: Act, answer: dict[str, Any]
) -> None:
    request = asked(act, answer)
    assert (request.method, request.url.path) == (key.split(maxsplit=1)[0], path)
    assert (json.loads(request.content) if request.content else None) == body
    keeps_none = key in ("POST /v1/integrations", "POST /v1/dead-letters/{id}/redrive")
    assert ("idempotency-key" in request.headers) == (request.method == "POST" and not keeps_none)
    assert "if-match" not in request.headers


def test_an_action_names_the_revision_it_was_decided_on_and_the_guardrails_it_goes_past() -> None:
    request = asked(
        lambda c: c.incidents.close(
            ID, if_match=4, overrides=[Override(guardrail="close-before-restored", reason="false alarm")]
        ),
        acted(),
    )
    assert request.headers["if-match"] == '"4"'
    assert json.loads(request.content) == {
        "override": [{"guardrail": "close-before-restored", "reason": "false alarm"}]
    }


def test_a_policy_is_got_with_its_version_and_put_for_that_version_only() -> None:
    answer = httpx.Response(200, text="teams: {web: }\n", headers={"etag": '"7"'})
    got = client_of(lambda _: answer).policy.get()
    assert (got.version, got.text) == (7, "teams: {web: }\n")
    request = asked(lambda c: c.policy.put(got.text, if_match=7), {"version": 8, "changed": True})
    assert (request.method, request.url.path) == ("PUT", "/v1/policy")
    assert (request.headers["if-match"], request.headers["content-type"]) == ('"7"', "application/yaml")
    assert request.content == b"teams: {web: }\n"


def test_what_cannot_be_an_id_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="is no id"):
        client_of(lambda _: httpx.Response(200)).incidents.close("../policy")


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        client_of(lambda _: httpx.Response(200)).incidents.list(since=datetime(2026, 3, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a time zone"):
        client_of(lambda _: httpx.Response(200)).incidents.suppress(
            ID,
            until=datetime(2026, 3, 1),  # noqa: DTZ001
            reason="planned",
        )


def test_an_answer_is_given_on_as_it_came_with_what_is_not_known_here() -> None:
    answer = incident(brand_new={"field": 1})
    page = {"incidents": [answer], "next": None, "total": 1}
    found = client_of(lambda _: httpx.Response(200, json=page)).incidents.list().page()
    assert found.as_json() == page


def test_a_list_is_walked_through_page_by_page_also_over_empty_ones() -> None:
    pages = {
        None: {"incidents": [incident("a")], "next": "t1"},
        "t1": {"incidents": [], "next": "t2"},
        "t2": {"incidents": [incident("b"), incident("c")], "next": None},
    }
    client = client_of(lambda request: httpx.Response(200, json=pages[request.url.params.get("page")]))
    assert [one.id for one in client.incidents.list()] == ["a", "b", "c"]
    found, more = client.incidents.list().first(2)
    assert ([one.id for one in found], more) == (["a", "b"], True)
    found, more = client.incidents.list().first(3)
    assert ([one.id for one in found], more) == (["a", "b", "c"], False)


def test_a_sender_says_events_with_its_key() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(202, json={"accepted": 1, "rejected": [], "rejected_count": 0, "ignored": []})

    with Sender(URL, "k" * 32, http=httpx.MockTransport(respond)) as sender:
        received = sender.send([Event(alert_key="vpn/1", title="Down", labels={"site": "north"})])
    (request,) = seen
    assert received.accepted == 1
    assert (request.url.path, request.headers["authorization"]) == ("/v1/events", f"Bearer {'k' * 32}")
    assert json.loads(request.content) == [
        {"alert_key": "vpn/1", "title": "Down", "labels": {"site": "north"}}
    ]
