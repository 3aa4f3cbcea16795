"""/v1/audit: who changed the rules, let senders in, and used a role."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.audit import role_used
from leitplanke.table import audit
from leitplanke.table.client import ConditionFailedError, Table
from tests.component.serve_api.conftest import Answered, Api, Calls

ADA = Actor(name="Ada Example", ident="u-1", roles=frozenset({"network", "duty-manager"}))
MARCH = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


def put_policy(api: Api, text: str, *, roles: str = "", **headers: str) -> Answered:
    claims = {"sub": "u-1", "name": "Ada Example", "scope": "manage", "roles": roles}
    named = {"content-type": "application/yaml", **headers}
    return api.call("PUT", "/v1/policy", body=text, headers=named, claims=claims)


def test_putting_a_policy_is_audited_with_who_and_what_it_replaced(api: Api) -> None:
    put_policy(api, "teams: {network: {}}")
    put_policy(api, "teams: {platform: {}}", roles="[network duty-manager]")
    newest, first = api.get("/v1/audit").json["audit"]
    assert {name: newest[name] for name in ("by", "by_id", "roles", "did", "subject", "facts")} == {
        "by": "Ada Example",
        "by_id": "u-1",
        "roles": ["duty-manager", "network"],
        "did": "policy.put",
        "subject": "policy/2",
        "facts": {"version": 2, "instead_of": 1},
    }
    assert (first["subject"], first["roles"]) == ("policy/1", [])
    assert datetime.now(UTC) - datetime.fromisoformat(newest["at"]) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "headers", "status"),
    [
        ("teams: {network: {}}", {}, 200),
        ("teams: {other: {}}", {"if-match": '"7"'}, 412),
        ("teams: 7", {}, 422),
    ],
)
def test_what_changes_nothing_is_not_audited(
    api: Api, text: str, headers: dict[str, str], status: int
) -> None:
    put_policy(api, "teams: {network: {}}")
    assert put_policy(api, text, **headers).status == status
    assert len(api.get("/v1/audit").json["audit"]) == 1


def test_letting_a_sender_in_and_putting_it_out_are_audited_and_its_key_is_not_shown(api: Api) -> None:
    made = api.post("/v1/integrations", {"name": "blue", "capabilities": ["read", "events"]}).json
    api.as_("Grace Example").call("DELETE", f"/v1/integrations/{made['id']}")
    api.call("DELETE", f"/v1/integrations/{made['id']}")
    answer = api.get("/v1/audit")
    out, let_in = answer.json["audit"]
    assert (out["did"], out["by"], out["facts"]) == (
        "integration.revoked",
        "Grace Example",
        {"name": "blue"},
    )
    assert (let_in["did"], let_in["facts"]) == (
        "integration.created",
        {"name": "blue", "capabilities": ["events", "read"]},
    )
    assert {out["subject"], let_in["subject"]} == {f"integration/{made['id']}"}
    assert made["key"] not in answer.text


def test_the_use_of_a_role_goes_into_the_transaction_of_what_it_was_used_for(table: Table, api: Api) -> None:
    facts = {"guardrail": "close-before-restored", "reason": "the building is gone"}
    used = role_used(ADA, "duty-manager", subject="incident/4h2k", at=MARCH, facts=facts)
    table.transact([audit.entry(used)])
    with pytest.raises(ConditionFailedError):
        table.transact([audit.entry(used)])
    (shown,) = api.get("/v1/audit", month="2026-03").json["audit"]
    assert shown["id"] == used.record_id
    assert (shown["did"], shown["subject"]) == ("role.used", "incident/4h2k")
    assert shown["facts"] == {"role": "duty-manager", **facts}


def test_months_are_utc_and_come_in_pages_newest_first(table: Table, api: Api, calls: Calls) -> None:
    first = role_used(ADA, "duty-manager", subject="incident/0", at=MARCH - timedelta(days=3))
    records = [
        replace(first, subject=f"incident/{n}", at=first.at + timedelta(seconds=n // 2)) for n in range(7)
    ]
    for record in [*records, replace(first, at=MARCH + timedelta(seconds=1))]:
        table.transact([audit.entry(record)])
    with calls.counted() as seen:
        page = api.get("/v1/audit", month="2026-03", limit="3").json
    assert seen == {"Query": 1}
    found = [one["id"] for one in page["audit"]]
    while page["next"]:
        page = api.get("/v1/audit", month="2026-03", limit="3", page=page["next"]).json
        found += [one["id"] for one in page["audit"]]
    assert sorted(found) == sorted(record.record_id for record in records)
    assert [len(api.get("/v1/audit", month=month).json["audit"]) for month in ("2026-02", "2026-04")] == [
        0,
        1,
    ]
    answer = api.get(
        "/v1/audit", month="2026-04", page=api.get("/v1/audit", month="2026-03", limit="1").json["next"]
    )
    assert (answer.status, answer.json["field"]) == (400, "page")


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-3", "1999-01", "2026-03-01", ""])
def test_a_month_that_is_none_is_told(api: Api, month: str) -> None:
    answer = api.get("/v1/audit", month=month)
    assert (answer.status, answer.json["field"]) == (422, "month")
