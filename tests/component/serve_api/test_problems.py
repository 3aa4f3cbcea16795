"""GET /v1/problems...: what keeps coming back."""

from datetime import timedelta

import pytest

from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.problems import ProblemState
from tests.component.serve_api.conftest import NOW, Api, Calls, World


def test_a_problem_in_the_list_says_exactly_this(api: Api, world: World, calls: Calls) -> None:
    problem = world.problem(world.incident())
    with calls.counted() as seen:
        answer = api.get("/v1/problems")
    assert answer.json == {
        "problems": [
            {
                "id": problem.problem_id,
                "revision": 1,
                "state": "open",
                "title": "vpn-gateway-1: gateway down",
                "service": "vpn-gateway-1",
                "symptom": "gateway down",
                "signature": problem.signature,
                "team": "network",
                "rule": "twice in a month",
                "reason": "it happened 2 times within 30d; the rule says 2",
                "accepted_by": None,
                "declined_by": None,
                "declined_because": None,
                "opened_at": "2026-03-01T09:00:00Z",
                "incident_count": 1,
                "last_incident_at": "2026-03-01T09:00:00Z",
            }
        ],
        "next": None,
    }
    assert seen == {"Query": 20, "BatchGetItem": 1}


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ({}, ["regressed", "fix_deployed", "known_error", "open", "candidate"]),
        ({"state": "closed,declined"}, ["declined", "closed"]),
        ({"state": "all"}, [state.value for state in reversed(ProblemState)]),
    ],
)
def test_a_list_has_the_states_that_are_asked_for_newest_first(
    api: Api, world: World, query: dict[str, str], states: list[str]
) -> None:
    for number, state in enumerate(ProblemState):
        world.problem(state=state, opened_at=NOW + timedelta(minutes=number))
    assert [one["state"] for one in api.get("/v1/problems", **query).json["problems"]] == states


def test_problems_come_in_pages(api: Api, world: World) -> None:
    ids = [world.problem(opened_at=NOW + timedelta(minutes=number)).problem_id for number in range(23)]
    page = api.get("/v1/problems", limit="5").json
    found = [one["id"] for one in page["problems"]]
    while page["next"] is not None:
        page = api.get("/v1/problems", limit="5", page=page["next"]).json
        found.extend(one["id"] for one in page["problems"])
    assert found == ids[::-1]


def test_a_problem_comes_with_its_incidents_and_what_restored_them(
    api: Api, world: World, calls: Calls
) -> None:
    old = world.incident(
        signature="same",
        opened_at=NOW - timedelta(days=9),
        state=IncidentState.RESTORED,
        workaround="restart",
    )
    new = world.incident(signature="same")
    world.learn(old)
    problem = world.problem(new, old, signature="same")
    with calls.counted() as seen:
        answer = api.get(f"/v1/problems/{problem.problem_id}")
    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    found = answer.json
    assert [one["id"] for one in found["incidents"]] == [new.incident_id, old.incident_id]
    assert (found["worked_last_time"]["text"], found["more_incidents"]) == ("restart", False)
    here = f"/v1/problems/{problem.problem_id}"
    assert found["links"] == {"self": here, "timeline": f"{here}/timeline"}
    assert seen == {"GetItem": 2, "Query": 1, "BatchGetItem": 1}


def test_of_many_incidents_the_newest_hundred_are_shown(api: Api, world: World) -> None:
    problem = world.problem()
    from leitplanke.domain.problems import Link, linked

    ids = []
    for number in range(103):
        incident = world.incident(opened_at=NOW + timedelta(minutes=number))
        ids.append(incident.incident_id)
        link = Link(incident_id=incident.incident_id, opened_at=incident.opened_at)
        after = world.problems.link(problem, linked(problem, incident, by="leitplanke", at=NOW), link)
        assert after is not None
        problem = after
    found = api.get(f"/v1/problems/{problem.problem_id}").json
    assert [one["id"] for one in found["incidents"]] == ids[:2:-1]
    assert (found["more_incidents"], found["incident_count"]) == (True, 103)


def test_a_problem_has_a_story(api: Api, world: World, calls: Calls) -> None:
    problem = world.problem(world.incident())
    with calls.counted() as seen:
        answer = api.get(f"/v1/problems/{problem.problem_id}/timeline")
    (line,) = answer.json["timeline"]
    assert (line["revision"], line["kind"], line["loud"]) == (1, "problem.opened", True)
    assert seen == {"Query": 1}


@pytest.mark.parametrize("below", ["", "/timeline"])
def test_a_problem_that_does_not_exist_is_not_found(api: Api, below: str) -> None:
    answer = api.get(f"/v1/problems/nobody{below}")
    assert (answer.status, answer.json["detail"]) == (404, "no problem 'nobody'")
