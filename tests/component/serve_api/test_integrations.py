"""/v1/integrations: which senders may speak to us."""

from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from tests.component.serve_api.conftest import Api, Calls


def test_a_new_integration_has_a_key_that_opens_the_door(api: Api, table: Table, calls: Calls) -> None:
    with calls.counted() as seen:
        answer = api.post(
            "/v1/integrations", {"name": " Alertmanager, blue cluster ", "sender": "alertmanager"}
        )
    assert (answer.status, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json
    key = made.pop("key")
    created_at = made.pop("created_at")
    assert datetime.now(UTC) - datetime.fromisoformat(created_at) < timedelta(minutes=1)
    assert made == {
        "id": made["id"],
        "name": "Alertmanager, blue cluster",
        "sender": "alertmanager",
        "capabilities": ["events"],
        "created_by": "Ada Example",
        "heard_at": None,
        "silent_since": None,
        "quiet_after_s": None,
        "limit_per_minute": None,
        "revoked_at": None,
        "revoked_by": None,
    }
    assert seen == {"TransactWriteItems": 1}
    found = Integrations(table).authenticate(key, datetime.now(UTC))
    assert found is not None
    assert found.integration_id == made["id"]


def test_no_answer_is_kept_that_would_hold_a_key(api: Api) -> None:
    answer = api.post("/v1/integrations", {"name": "blue"}, idempotency_key="mine")
    assert (answer.status, answer.json["field"]) == (400, "Idempotency-Key")
    assert "leave it out" in answer.json["remedy"]
    assert api.get("/v1/integrations").json["integrations"] == []


def test_a_key_is_shown_once(api: Api) -> None:
    made = api.post("/v1/integrations", {"name": "blue"}).json
    listed = api.get("/v1/integrations")
    assert made["key"] not in listed.text
    assert listed.json["integrations"] == [{name: value for name, value in made.items() if name != "key"}]


def test_a_revoked_key_opens_nothing_and_its_integration_stays_in_the_list(
    api: Api, table: Table, calls: Calls
) -> None:
    made = api.post("/v1/integrations", {"name": "blue"}).json
    with calls.counted() as seen:
        answer = api.call("DELETE", f"/v1/integrations/{made['id']}")
    assert (answer.status, answer.json["revoked_by"]) == (200, "Ada Example")
    assert seen == {"GetItem": 1, "TransactWriteItems": 1}
    assert Integrations(table).authenticate(made["key"], datetime.now(UTC)) is None
    again = api.as_("Grace Example").call("DELETE", f"/v1/integrations/{made['id']}")
    assert again.json == answer.json
    assert [one["revoked_at"] for one in api.get("/v1/integrations").json["integrations"]] == [
        answer.json["revoked_at"]
    ]


def test_what_does_not_exist_cannot_be_revoked(api: Api) -> None:
    answer = api.call("DELETE", "/v1/integrations/nobody")
    assert (answer.status, answer.json["detail"]) == (404, "no integration 'nobody'")


def test_integrations_come_in_pages_newest_first(api: Api, calls: Calls) -> None:
    ids = [api.post("/v1/integrations", {"name": f"sender {number}"}).json["id"] for number in range(7)]
    with calls.counted() as seen:
        page = api.get("/v1/integrations", limit="3").json
    assert seen == {"Query": 1, "BatchGetItem": 1}
    found = [one["id"] for one in page["integrations"]]
    while page["next"] is not None:
        page = api.get("/v1/integrations", limit="3", page=page["next"]).json
        found.extend(one["id"] for one in page["integrations"])
    assert found == ids[::-1]


def test_a_sender_that_must_speak_is_looked_at_in_time(api: Api, table: Table) -> None:
    made = api.post(
        "/v1/integrations",
        {"name": "blue", "quiet_after_s": 300, "capabilities": ["read", "events", "silences"]},
    ).json
    assert (made["quiet_after_s"], made["capabilities"]) == (300, ["events", "read", "silences"])
    created_at = datetime.fromisoformat(made["created_at"])
    (look,) = Looks(table).due(created_at + timedelta(hours=1))
    assert look.subject == f"integration/{made['id']}"
    assert look.due == created_at + timedelta(seconds=360)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "blue", "capabilities": []}, "capabilities"),
        ({"name": "blue", "capabilities": ["everything"]}, "capabilities.0"),
        ({"name": "blue", "quiet_after_s": 59}, "quiet_after_s"),
        ({"name": "blue", "key": "k" * 32}, "key"),
    ],
)
def test_a_wrong_integration_is_told_by_field(api: Api, body: object, field: str) -> None:
    answer = api.post("/v1/integrations", body)
    assert (answer.status, answer.json["field"]) == (422, field)
