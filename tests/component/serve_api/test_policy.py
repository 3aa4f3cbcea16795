"""/v1/policy: YAML in, the same YAML out, JSON for programs."""

import json

import pytest

from infra.local.installation import EXAMPLE_POLICY
from tests.component.serve_api.conftest import Answered, Api, Calls

FIRST = "# who is behind what\nteams: {network: {}}\nservices:\n  vpn: {team: network}\n"
SECOND = "teams: {network: {}}\nservices: {vpn: {team: network}, mail: {team: network}}\n"


def put(api: Api, text: str, **headers: str) -> Answered:
    headers = {"content_type": "application/yaml", **headers}
    return api.call("PUT", "/v1/policy", body=text, headers=headers)


def test_before_the_first_policy_there_is_an_empty_one(api: Api) -> None:
    answer = api.get("/v1/policy")
    assert (answer.status, answer.text, answer.headers["etag"]) == (200, "", '"0"')
    assert answer.headers["content-type"] == "application/yaml"
    as_json = api.call("GET", "/v1/policy", headers={"accept": "application/json"})
    assert as_json.json == {}


def test_yaml_comes_back_exactly_as_it_was_put(api: Api, calls: Calls) -> None:
    with calls.counted() as seen:
        answer = put(api, FIRST)
    assert (answer.status, answer.json, answer.headers["etag"]) == (
        200,
        {"version": 1, "changed": True},
        '"1"',
    )
    assert seen == {"GetItem": 1, "TransactWriteItems": 1}
    with calls.counted() as seen:
        read = api.get("/v1/policy")
    assert (read.text, read.headers["etag"], read.headers["vary"]) == (FIRST, '"1"', "accept")
    assert read.headers["cache-control"] == "no-store"
    assert seen == {"GetItem": 1, "Query": 1}


def test_the_example_that_ships_can_be_put(api: Api) -> None:
    text = EXAMPLE_POLICY.read_text("utf-8")
    assert put(api, text).status == 200
    assert api.get("/v1/policy").text == text


@pytest.mark.parametrize(
    "accept", ["application/json", "application/json, text/plain;q=0.5", "Application/JSON;q=1"]
)
def test_programs_can_ask_for_json(api: Api, accept: str) -> None:
    put(api, FIRST)
    answer = api.call("GET", "/v1/policy", headers={"accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {"teams": {"network": {}}, "services": {"vpn": {"team": "network"}}}


@pytest.mark.parametrize("accept", ["*/*", "application/yaml", "application/json, application/yaml", ""])
def test_everybody_else_gets_yaml(api: Api, accept: str) -> None:
    put(api, FIRST)
    assert api.call("GET", "/v1/policy", headers={"accept": accept}).text == FIRST


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "text/plain", ""]
)
def test_json_is_taken_whatever_it_is_called(api: Api, content_type: str) -> None:
    document = {"teams": {"network": {"description": 'tab\t, quote", smile \U0001f600, slash /'}}}
    escaped = json.dumps(document, indent="\t").replace("/", "\\/")
    assert put(api, escaped, content_type=content_type).status == 200
    answer = api.call("GET", "/v1/policy", headers={"accept": "application/json"})
    assert answer.json == document


@pytest.mark.parametrize(
    "content_type", ["application/yaml", "text/yaml", "application/x-www-form-urlencoded", ""]
)
def test_yaml_is_taken_whatever_it_is_called(api: Api, content_type: str) -> None:
    assert put(api, FIRST, content_type=content_type).status == 200
    assert put(api, "{teams: {network: {}}}", content_type="application/yaml").json["version"] == 2


def test_the_same_text_again_is_no_new_version(api: Api) -> None:
    put(api, FIRST)
    assert put(api, FIRST).json == {"version": 1, "changed": False}


def test_every_version_stays_readable(api: Api) -> None:
    put(api, FIRST)
    put(api, SECOND)
    assert api.get("/v1/policy").text == SECOND
    old = api.get("/v1/policy", version="1")
    assert (old.text, old.headers["etag"]) == (FIRST, '"1"')
    missing = api.get("/v1/policy", version="3")
    assert (missing.status, missing.json["detail"]) == (404, "no policy version '3'")
    assert api.get("/v1/policy", version="0").status == 422


def test_who_expects_another_version_is_told_which_is_in_force(api: Api) -> None:
    assert put(api, FIRST, if_match='"0"').json["version"] == 1
    assert put(api, SECOND, if_match='"1"').json["version"] == 2
    refused = put(api, FIRST, if_match='"1"')
    assert (refused.status, refused.json["current_revision"]) == (412, 2)
    assert api.get("/v1/policy").text == SECOND


def test_a_wrong_policy_is_refused_with_every_fault_and_changes_nothing(api: Api) -> None:
    put(api, FIRST)
    wrong = "teams: {network: {chanels: []}}\nservices:\n  vpn: {team: netwrok}\n  vpn: {}\n"
    answer = put(api, wrong)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json["type"] == "urn:leitplanke:error:invalid-policy"
    assert answer.json["faults"]
    assert all(set(fault) == {"path", "message", "remedy"} for fault in answer.json["faults"])
    assert api.get("/v1/policy").headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("body", "content_type", "status", "field"),
    [
        ("{", "application/json", 400, "body"),
        ('{"a": NaN}', "application/json", 400, "body"),
        ("[" * 200_000, "application/json", 400, "body"),
        ('{"teams": {}, "teams": {}}', "application/json", 422, None),
        ("", "application/yaml", 422, None),
        ("- a\n- b\n", "application/yaml", 422, None),
        ("a: [", "application/yaml", 422, None),
        ("description: \x00", "application/yaml", 422, None),
        ('{"description": "\\ud800"}', "application/json", 422, None),
    ],
)
def test_what_is_no_policy_is_refused_cleanly(
    api: Api, body: str, content_type: str, status: int, field: str | None
) -> None:
    answer = put(api, body, content_type=content_type)
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json.get("field") == field or field is None
