"""POST /v1/incidents: a person reports what is wrong."""

from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import IncidentState
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_api.conftest import NOW, Answered, Api, AtOnce, World

POLICY = """
teams: {network: {}}
services: {vpn: {team: network}}
grouping: {service_from: [svc]}
"""
REPORT = {"title": "Nobody in the north can log in", "service": "vpn"}


@pytest.fixture(autouse=True)
def policy(table: Table) -> None:
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)


def report(api: Api, body: object = REPORT, **headers: str) -> Answered:
    return api.post("/v1/incidents", body, **headers)


def timeline(api: Api, ident: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = api.get(f"/v1/incidents/{ident}/timeline").json["timeline"]
    return lines


def test_a_report_opens_an_incident_that_says_who_reported_it(api: Api) -> None:
    answer = report(api, {**REPORT, "severity": "critical", "description": "since the storm"})
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    made = answer.json
    assert (made["joined"], made["service"], made["severity"]) == (False, "vpn", "critical")
    assert made["reported_by"] == "Ada Example"
    card = api.get(f"/v1/incidents/{made['id']}").json
    (firing,) = card["firing"]
    assert (firing["title"], firing["annotations"]) == (
        "Nobody in the north can log in",
        {"description": "since the storm"},
    )
    (line,) = timeline(api, made["id"])
    assert (line["kind"], line["by"]) == ("incident.opened", "Ada Example")


def test_a_second_report_of_the_same_joins_it(api: Api) -> None:
    first = report(api).json
    second = report(api, {**REPORT, "title": "Cannot log in either"}).json
    assert (second["id"], second["joined"], first["joined"]) == (first["id"], True, False)
    assert len(api.get(f"/v1/incidents/{first['id']}").json["firing"]) == 2
    line = timeline(api, first["id"])[-1]
    assert (line["kind"], line["by"], line["data"]) == (
        "incident.reported",
        "Ada Example",
        {"title": "Cannot log in either"},
    )


def test_a_report_that_joins_is_noted_once_however_often_it_comes(api: Api) -> None:
    first = report(api).json
    other = {**REPORT, "title": "Cannot log in either"}
    joined = report(api, other, idempotency_key="k-1")
    again = report(api, other, idempotency_key="k-1")
    assert (again.json, again.headers["idempotency-replayed"]) == (joined.json, "true")
    kinds = [line["kind"] for line in timeline(api, first["id"])]
    assert kinds == ["incident.opened", "incident.reported"]


def test_of_sixteen_who_report_the_same_at_once_one_opens_it_and_all_stand_in_its_story(
    api: Api, at_once: AtOnce
) -> None:
    answers = at_once(
        lambda number: report(Api(name=f"Person {number}", sub=f"u-{number}"), idempotency_key="k-1"),
        range(16),
    )
    assert {answer.status for answer in answers} == {201}
    (ident,) = {answer.json["id"] for answer in answers}
    assert [answer.json["joined"] for answer in answers].count(False) == 1
    lines = timeline(api, ident)
    assert [line["revision"] for line in lines] == list(range(1, 17))
    assert {line["by"] for line in lines} == {f"Person {number}" for number in range(16)}


def test_a_service_that_nobody_knows_is_reported_all_the_same(api: Api) -> None:
    assert report(api, {"title": "The coffee machine is cold"}).json["service"] == "unassigned"
    assert report(api, {"title": "It is slow", "service": "intranet"}).json["service"] == "intranet"


def test_a_report_with_its_key_is_taken_once(api: Api) -> None:
    first = report(api, idempotency_key="k-1")
    api.post(f"/v1/incidents/{first.json['id']}/note", {"text": "looking"})
    again = report(api, idempotency_key="k-1")
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api.get(f"/v1/incidents/{first.json['id']}").json["firing"]) == 1
    other = report(api, {"title": "something else"}, idempotency_key="k-1")
    assert other.json["type"] == "urn:leitplanke:error:idempotency-key-reused"


def test_a_report_that_was_cut_short_is_completed_when_it_comes_again(
    api: Api, world: World, table: Table
) -> None:
    """It died after the incident was opened: the receipt was never kept."""
    first = report(api, idempotency_key="k-1").json
    _forget_receipts(table)
    again = report(api, idempotency_key="k-1").json
    assert (again["id"], again["joined"]) == (first["id"], False)
    assert world.incidents.get(first["id"]).state is IncidentState.OPEN
    assert len(api.get(f"/v1/incidents/{first['id']}").json["firing"]) == 1


def _forget_receipts(table: Table) -> None:
    client = table._client
    for row in client.scan(TableName=table.name)["Items"]:
        if row["type"]["S"] == "receipt":
            client.delete_item(TableName=table.name, Key={"pk": row["pk"], "sk": row["sk"]})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x", "severity": "bad"}, "severity"),
        ({"title": "x", "labels": {"a": 1}}, "labels"),
        ({"title": "x", "serivce": "vpn"}, "serivce"),
    ],
)
def test_what_is_wrong_with_a_report_is_named(api: Api, body: object, field: str) -> None:
    answer = report(api, body)
    assert answer.status == 422
    assert answer.json["field"].split(".")[0] == field


def test_a_report_needs_the_scope_respond(api: Api) -> None:
    assert report(api.as_("Ada Example", scopes="read")).status == 403
