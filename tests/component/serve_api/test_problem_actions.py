"""POST /v1/problems/{id}/...: people decide what is worth the work."""

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_api.conftest import NOW, Answered, Api, World


def act(api: Api, problem: Problem, action: str, body: object = None, **headers: str) -> Answered:
    return api.post(f"/v1/problems/{problem.problem_id}/{action}", body, **headers)


def test_who_accepts_a_problem_takes_it_into_work(api: Api, world: World) -> None:
    problem = world.problem(state=ProblemState.CANDIDATE)
    after = act(api, problem, "accept").json
    assert (after["state"], after["accepted_by"], after["changed"]) == ("open", "Ada Example", True)
    assert act(api, problem, "accept").json["changed"] is False
    line = api.get(f"/v1/problems/{problem.problem_id}/timeline").json["timeline"][-1]
    assert (line["kind"], line["by"], line["data"]) == (
        "problem.accepted",
        "Ada Example",
        {"before": "candidate"},
    )


def test_why_a_problem_is_declined_is_remembered_until_somebody_takes_it_up(api: Api, world: World) -> None:
    problem = world.problem()
    after = act(api, problem, "decline", {"reason": "the box goes in May"}).json
    assert (after["state"], after["declined_by"], after["declined_because"]) == (
        "declined",
        "Ada Example",
        "the box goes in May",
    )
    assert api.get("/v1/problems").json["problems"] == []
    taken = act(api, problem, "accept").json
    assert (taken["state"], taken["declined_because"]) == ("open", None)


def test_a_team_that_works_on_as_many_as_it_can_finish_is_asked_first(
    api: Api, world: World, table: Table
) -> None:
    Policies(table).put(
        "teams: {network: {wip_limit: 1}}", expected=None, by=Actor(name="Ada Example"), at=NOW
    )
    first, second = world.problem(), world.problem()
    assert act(api, first, "accept").status == 200
    stopped = act(api, second, "accept")
    assert (stopped.status, stopped.json["fired"][0]["id"]) == (409, "problem-work-in-progress")
    override = {"guardrail": "problem-work-in-progress", "reason": "the same cause"}
    assert act(api, second, "accept", {"override": override}).json["accepted_by"] == "Ada Example"
    line = api.get(f"/v1/problems/{second.problem_id}/timeline").json["timeline"][-1]
    assert line["data"]["overrides"][0]["reason"] == "the same cause"


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_what_is_over_stays_over(api: Api, world: World, action: str) -> None:
    problem = world.problem(state=ProblemState.CLOSED)
    answer = act(api, problem, action, {"reason": "late"} if action == "decline" else None)
    assert (answer.status, answer.json["type"]) == (409, "urn:leitplanke:error:conflict")


def test_an_older_revision_is_refused_and_the_same_request_is_done_once(api: Api, world: World) -> None:
    problem = world.problem()
    first = act(api, problem, "decline", {"reason": "rare"}, idempotency_key="k-1", if_match='"1"')
    assert first.status == 200
    assert act(api, problem, "decline", {"reason": "rare"}, idempotency_key="k-1").json == first.json
    assert act(api, problem, "accept", if_match='"1"').status == 412
