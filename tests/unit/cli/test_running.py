"""Policy, integrations, guardrails, audit, quarantine: what people do to keep an installation good."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import FakeApi, Run
from tests.unit.client.answers import refusal

GOOD = "# ours\nteams: {web: }\n"
FAULTY = "teams: {web: }\nservices: {shop: {team: nobody}, api: {team: nobody}}\n"


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(GOOD)
    return file


def test_a_good_policy_is_checked_without_asking_anybody(run: Run, api: FakeApi, policy_file: Path) -> None:
    done = run("policy", "check", str(policy_file))
    assert (done.code, api.asked) == (0, [])
    assert "no faults" in done.out
    assert run("policy", "check", str(policy_file), "--json").json == {"ok": True, "faults": []}


def test_every_fault_of_a_policy_is_named_with_its_place_and_remedy(
    run: Run, api: FakeApi, policy_file: Path
) -> None:
    policy_file.write_text(FAULTY)
    done = run("policy", "check", str(policy_file))
    assert (done.code, done.out, api.asked) == (1, "", [])
    assert f"{policy_file} has 2 faults" in done.err
    assert "services.shop.team: " in done.err
    assert "services.api.team: " in done.err
    found = run("policy", "check", str(policy_file), "--json")
    assert (found.code, found.json["ok"], len(found.json["faults"])) == (1, False, 2)
    assert all(one["remedy"] for one in found.json["faults"])


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_told(run: Run, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "policy.yaml"
    if content is not None:
        file.write_bytes(content)
    done = run("policy", "check", str(file))
    assert done.code in (1, 2)
    assert "do this" in done.err


def test_a_policy_is_got_as_it_was_put(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.routes["GET /v1/policy"] = httpx.Response(200, text=GOOD, headers={"etag": '"7"'})
    assert run("policy", "get").out == GOOD
    assert run("policy", "get", "--json").json == {"version": 7, "text": GOOD}
    output = tmp_path / "out.yaml"
    done = run("policy", "get", "-o", str(output))
    assert (output.read_text(), done.out) == (GOOD, "")
    assert f"leitplanke policy put {output} --if-match 7" in done.err


def test_a_policy_is_put_for_the_version_it_was_edited_from(
    run: Run, api: FakeApi, policy_file: Path
) -> None:
    api.routes["PUT /v1/policy"] = [{"version": 8, "changed": True}, {"version": 8, "changed": False}]
    assert "Version 8 is in force" in run("policy", "put", str(policy_file), "--if-match", "7").out
    assert (api.asked[0].headers["if-match"], api.asked[0].content) == ('"7"', GOOD.encode())
    assert "in force already" in run("policy", "put", str(policy_file)).out


def test_a_policy_that_is_refused_names_every_fault(run: Run, api: FakeApi, policy_file: Path) -> None:
    fault = {"path": "services.shop.team", "message": "is no team", "remedy": "name one"}
    api.routes["PUT /v1/policy"] = refusal(
        422, "invalid-policy", faults=[fault, {**fault, "path": "routing"}]
    )
    done = run("policy", "put", str(policy_file))
    assert done.code == 1
    assert "services.shop.team: is no team; name one" in done.err
    assert "routing: is no team; name one" in done.err


def integration(**members: Any) -> dict[str, Any]:
    made = {"id": "k" * 26, "name": "Zabbix", "sender": None, "capabilities": ["events"]}
    return {**made, "created_at": "2026-03-01T03:10:00Z", "created_by": "Ada Example", **members}


def test_a_new_key_is_shown_once_and_says_so(run: Run, api: FakeApi) -> None:
    api.routes["POST /v1/integrations"] = httpx.Response(201, json=integration(key="s" * 32))
    typed = (
        "--sender zabbix --capability events --capability silences --quiet-after 10min --limit-per-minute 600"
    )
    done = run("integrations", "create", "Zabbix", *typed.split())
    assert "s" * 32 in done.out
    assert "cannot be shown again" in done.out
    assert api.bodies() == [
        {
            "name": "Zabbix",
            "sender": "zabbix",
            "capabilities": ["events", "silences"],
            "quiet_after_s": 600,
            "limit_per_minute": 600,
        }
    ]
    assert run("integrations", "create", "Zabbix", "--quiet-after", "soon").code == 2


def test_integrations_say_who_is_silent_and_who_is_shut_out(run: Run, api: FakeApi) -> None:
    revoked = {"revoked_at": "2026-03-01T03:10:00Z", "revoked_by": "Ada Example"}
    api.routes["GET /v1/integrations"] = {
        "integrations": [integration(silent_since="2026-03-01T03:10:00Z"), integration(**revoked)],
        "next": None,
    }
    _, silent, shut_out, *_ = run("integrations", "list").out.splitlines()
    assert "silent for" in silent
    assert "revoked" in shut_out
    api.routes[f"DELETE /v1/integrations/{'k' * 26}"] = integration(**revoked)
    assert "is revoked" in run("integrations", "revoke", "k" * 26).out


@pytest.mark.parametrize("width", [80, 120])
def test_the_report_says_of_each_guardrail_what_it_did_and_whether_to_keep_it(
    run: Run, api: FakeApi, width: int
) -> None:
    api.routes["GET /v1/guardrails"] = {
        "guardrails": [
            {
                "id": "third-hand-over",
                "purpose": "p",
                "level": "soft",
                "in_force": True,
                "evaluated": 120,
                "fired": 30,
                "heeded": 20,
                "overridden": 10,
                "regretted": 6,
                "false_stops": 4,
                "by": {"Ada Example": 7, "Grace Example": 3},
                "advice": "keep",
                "sentence": "Keep it: people turned back in 20 of 30 cases.",
            }
        ],
        "since": "2026-01-01",
        "until": "2026-03-31",
    }
    done = run("guardrails", "--from", "2026-01-01", "--to", "2026-03-31", width=width)
    assert dict(api.asked[0].url.params) == {"from": "2026-01-01", "to": "2026-03-31"}
    assert max(map(len, done.out.splitlines())) <= width
    assert done.out.splitlines()[2].split() == ["third-hand-over", "120", "30", "20", "10", "6", "4"]
    assert "Keep it: people turned back in 20 of 30 cases." in " ".join(done.out.split())
    assert "gone past by Ada Example 7, Grace Example 3" in done.out
    assert run("guardrails", "--from", "spring").code == 2


def test_the_audit_says_who_did_what(run: Run, api: FakeApi) -> None:
    record = {
        "id": "1",
        "at": "2026-03-01T03:10:00Z",
        "by": "Ada Example",
        "by_id": "u1",
        "roles": ["lead"],
        "did": "policy.put",
        "subject": "policy/7",
        "facts": {"version": 7},
    }
    api.routes["GET /v1/audit"] = {"month": "2026-03", "audit": [record], "next": None}
    done = run("audit", "--month", "2026-03")
    line = " ".join(done.out.splitlines()[1].split())
    assert line == "2026-03-01 03:10:00 Ada Example (lead) policy.put policy/7 version 7"
    assert run("audit", "--month", "March").code == 2


def test_the_quarantine_says_what_to_send_instead(run: Run, api: FakeApi) -> None:
    item = {
        "position": 0,
        "field": "severity",
        "reason": "no such word",
        "remedy": "send error",
        "excerpt": "{}",
    }
    entry = {
        "id": "q",
        "received_at": "2026-03-01T03:10:00Z",
        "integration_id": "k",
        "integration_name": "Zabbix",
        "sender": "json",
        "items": [item],
    }
    api.routes["GET /v1/quarantine"] = {"day": "2026-03-01", "quarantine": [entry], "next": None}
    done = run("quarantine", "--day", "2026-03-01")
    assert "Zabbix (json), 2026-03-01 03:10 UTC" in done.out
    assert "severity: no such word; send error" in done.out
