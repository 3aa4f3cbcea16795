"""GET /v1/incidents: what is going on."""

from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.incidents import CutOff, IncidentState
from leitplanke.table.client import Table
from tests.component.serve_api.conftest import NOW, Api, Calls, World


def everything(api: Api, **query: str) -> list[str]:
    """All ids, page by page."""
    found: list[str] = []
    page = api.get("/v1/incidents", **query).json
    while True:
        found.extend(one["id"] for one in page["incidents"])
        if page["next"] is None:
            return found
        page = api.get("/v1/incidents", page=page["next"], **query).json


def test_an_incident_in_the_list_says_exactly_this(api: Api, world: World) -> None:
    incident = world.incident(
        priority="P1",
        impact=1,
        urgency=1,
        lane="expedite",
        team="network",
        also=("platform",),
        cut_off=(CutOff(name="Federal Registry Office", heads=1800),),
        cut_off_count=1,
        heads=1800,
        escalation=1,
    )
    answer = api.get("/v1/incidents")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {
        "incidents": [
            {
                "id": incident.incident_id,
                "revision": 1,
                "state": "open",
                "title": "VPN gateway 1 does not answer",
                "service": "vpn-gateway-1",
                "severity": "critical",
                "priority": "P1",
                "impact": 1,
                "urgency": 1,
                "lane": "expedite",
                "team": "network",
                "also": ["platform"],
                "cut_off": [{"name": "Federal Registry Office", "heads": 1800}],
                "cut_off_count": 1,
                "heads": 1800,
                "assignee": None,
                "acknowledged_by": None,
                "acknowledged_at": None,
                "reported_by": None,
                "escalated": True,
                "hand_overs": 0,
                "overridden": 0,
                "priority_set": False,
                "team_set": False,
                "suppressed": None,
                "began_at": "2026-03-01T08:49:00Z",
                "opened_at": "2026-03-01T08:50:00Z",
                "restored_at": None,
                "restored_by": None,
                "closed_at": None,
                "reopened": 0,
                "problem_id": None,
            }
        ],
        "next": None,
    }


def test_an_empty_list_is_a_list(api: Api) -> None:
    assert api.get("/v1/incidents").json == {"incidents": [], "next": None}


@pytest.fixture
def one_of_each(world: World) -> dict[str, str]:
    """An incident in every state, the latest state the newest."""
    return {
        state.value: world.incident(state=state, opened_at=NOW + timedelta(minutes=number)).incident_id
        for number, state in enumerate(IncidentState)
    }


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ({}, ["acknowledged", "open"]),
        ({"state": "open"}, ["open"]),
        ({"state": "restored"}, ["restored"]),
        ({"state": "restored,open"}, ["restored", "open"]),
        ({"state": "closed"}, ["closed"]),
        ({"state": "all"}, ["closed", "restored", "acknowledged", "open"]),
        ({"state": "open,all"}, ["closed", "restored", "acknowledged", "open"]),
    ],
)
def test_a_list_has_the_states_that_are_asked_for_newest_first(
    api: Api, one_of_each: dict[str, str], query: dict[str, str], states: list[str]
) -> None:
    assert everything(api, **query) == [one_of_each[state] for state in states]


@pytest.fixture
def various(world: World) -> dict[str, str]:
    """Incidents that differ in service, team and lane."""
    wanted: dict[str, dict[str, Any]] = {
        "a": {"service": "vpn", "team": "network", "lane": "expedite"},
        "b": {"service": "vpn", "team": "network", "lane": "standard"},
        "c": {"service": "mail", "team": "platform", "lane": "expedite"},
        "d": {"service": "mail"},
    }
    return {
        name: world.incident(opened_at=NOW - timedelta(minutes=number), **fields).incident_id
        for number, (name, fields) in enumerate(wanted.items())
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"service": "vpn"}, "ab"),
        ({"service": "mail"}, "cd"),
        ({"team": "network"}, "ab"),
        ({"lane": "expedite"}, "ac"),
        ({"team": "network", "lane": "standard"}, "b"),
        ({"service": "mail", "lane": "expedite"}, "c"),
        ({"service": "vpn", "team": "platform"}, ""),
        ({"service": "unheard/of #1"}, ""),
        ({"team": "network", "state": "closed"}, ""),
    ],
)
def test_a_list_can_be_narrowed(api: Api, various: dict[str, str], query: dict[str, str], names: str) -> None:
    assert everything(api, **query) == [various[name] for name in names]


def test_pages_over_hundreds_of_incidents_have_no_gap_and_no_repeat(api: Api, world: World) -> None:
    ids = [
        world.incident(opened_at=NOW + timedelta(seconds=number // 3)).incident_id for number in range(240)
    ]
    found = everything(api, limit="37")
    assert sorted(found) == sorted(ids)
    assert found == [
        one.incident_id
        for one in sorted(
            world.incidents.get_many(ids).values(), key=lambda i: (i.opened_at, i.incident_id), reverse=True
        )
    ]


def test_what_changes_between_two_pages_is_neither_lost_nor_shown_twice(api: Api, world: World) -> None:
    ids = [world.incident(opened_at=NOW + timedelta(seconds=number)).incident_id for number in range(20)]
    first = api.get("/v1/incidents", limit="10").json
    assert [one["id"] for one in first["incidents"]] == ids[:9:-1]
    api.post(f"/v1/incidents/{ids[3]}/acknowledge")
    api.post(f"/v1/incidents/{ids[15]}/acknowledge")
    world.incident(opened_at=NOW + timedelta(minutes=5))
    second = api.get("/v1/incidents", limit="10", page=first["next"]).json
    assert [one["id"] for one in second["incidents"]] == ids[9::-1]
    assert second["next"] is None


@pytest.mark.parametrize("count", [3, 120])
def test_a_page_costs_the_same_whatever_there_is(api: Api, world: World, calls: Calls, count: int) -> None:
    for number in range(count):
        world.incident(opened_at=NOW + timedelta(seconds=number))
    with calls.counted() as seen:
        assert len(api.get("/v1/incidents", limit="3").json["incidents"]) == 3
    assert seen == {"Query": 8, "BatchGetItem": 1}


def test_a_second_condition_costs_a_few_pages_at_most(api: Api, world: World, calls: Calls) -> None:
    for number in range(60):
        world.incident(opened_at=NOW + timedelta(seconds=number), team="network", lane="standard")
    with calls.counted() as seen:
        page = api.get("/v1/incidents", limit="5", team="network", lane="expedite").json
    assert page["incidents"] == []
    assert page["next"] is not None
    assert seen == {"Query": 32, "BatchGetItem": 4}


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ({"state": "opne"}, "state.0", "'open', 'acknowledged', 'restored', 'closed' or 'all'"),
        ({"lane": "fast"}, "lane", "'expedite', 'standard' or 'backlog'"),
        ({"limit": "0"}, "limit", "send 1 or more"),
        ({"limit": "201"}, "limit", "send 200 or less"),
        ({"limit": "ten"}, "limit", "send a whole number"),
        ({"service": ""}, "service", "send something"),
        ({"team": "x" * 129}, "team", "send at most 128 characters"),
        ({"sevrice": "vpn"}, "sevrice", "did you mean service?"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_remedy(
    api: Api, query: dict[str, str], field: str, remedy: str
) -> None:
    answer = api.get("/v1/incidents", **query)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json["type"] == "urn:leitplanke:error:invalid-fields"
    assert answer.json["field"] == field
    assert remedy in answer.json["remedy"]


def test_all_wrong_parameters_are_told_at_once(api: Api) -> None:
    answer = api.get("/v1/incidents", state="opne", limit="0")
    assert [fault["field"] for fault in answer.json["errors"]] == ["state.0", "limit"]


@pytest.mark.parametrize("token", ["garbage", "", "eyJhIjoxfQ", "%%%", "💥"])
def test_a_token_that_is_not_ours_is_told_so(api: Api, token: str) -> None:
    answer = api.get("/v1/incidents", page=token)
    assert answer.status == 400
    assert answer.json["type"] == "urn:leitplanke:error:invalid-input"
    assert answer.json["field"] == "page"


def test_a_token_of_other_conditions_is_told_so(api: Api, world: World) -> None:
    for _ in range(3):
        world.incident()
    token = api.get("/v1/incidents", limit="1").json["next"]
    answer = api.get("/v1/incidents", limit="1", state="closed", page=token)
    assert answer.status == 400
    assert "other conditions" in answer.json["detail"]


def test_what_is_acknowledged_between_two_queries_is_listed_once(api: Api, world: World) -> None:
    """Each state has partitions of its own, which are asked one after the other."""
    incident = world.incident()
    asked = Table.query
    acknowledged = False

    def query(table: Table, partition: str, **how: Any) -> Any:
        nonlocal acknowledged
        if not acknowledged and IncidentState.ACKNOWLEDGED.value in partition:
            acknowledged = True
            api.post(f"/v1/incidents/{incident.incident_id}/acknowledge")
        return asked(table, partition, **how)

    with pytest.MonkeyPatch.context() as during:
        during.setattr(Table, "query", query)
        page = api.get("/v1/incidents", state="open,acknowledged").json
    assert acknowledged
    assert [one["id"] for one in page["incidents"]] == [incident.incident_id]
