"""POST /v1/incidents/{id}/...: hand over, get help, prioritise, suppress, reopen; past guardrails, once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import CutOff, Incident, IncidentState
from leitplanke.table.client import Table
from leitplanke.table.policies import Policies
from tests.component.serve_api.conftest import NOW, Answered, Api, AtOnce, Calls, World

POLICY = """
teams:
  network: {}
  platform: {}
services:
  dns: {team: network}
  vpn: {team: network}
guardrails:
  - id: never-suppress-dns
    purpose: Without DNS nobody works.
    applies_to: [suppress]
    when: service == "dns"
    level: hard
    may_override: [duty-manager]
  - id: ask-before-suppressing
    purpose: Somebody may need to know.
    applies_to: [suppress]
  - id: third-hand-over
    purpose: Each hand-over costs hours.
    applies_to: [assign]
    when: hand_overs >= 2
"""


@pytest.fixture(autouse=True)
def policy(table: Table) -> None:
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)


def act(api: Api, incident: Incident, action: str, body: object = None, **headers: str) -> Answered:
    return api.post(f"/v1/incidents/{incident.incident_id}/{action}", body, **headers)


def last_line(api: Api, incident: Incident) -> dict[str, Any]:
    line: dict[str, Any] = api.get(f"/v1/incidents/{incident.incident_id}/timeline", limit="200").json[
        "timeline"
    ][-1]
    return line


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def test_a_team_that_a_person_chose_is_kept_and_told(api: Api, world: World) -> None:
    incident = world.incident(team="network", assignee="Ada Example")
    after = act(api, incident, "assign", {"team": "platform", "reason": "it is their node"}).json
    assert (after["team"], after["team_set"], after["assignee"]) == ("platform", True, "Ada Example")
    assert after["hand_overs"] == 1
    line = last_line(api, incident)
    assert (line["kind"], line["loud"]) == ("incident.assigned", True)
    assert line["data"] == {
        "assignee": "Ada Example",
        "team": "platform",
        "before": {"assignee": "Ada Example", "team": "network"},
        "reason": "it is their node",
    }


def test_a_team_that_the_policy_does_not_have_is_told_with_those_it_has(api: Api, world: World) -> None:
    answer = act(api, world.incident(), "assign", {"team": "platforms"})
    assert (answer.status, answer.json["field"]) == (400, "team")
    assert answer.json["remedy"] == "name one of the policy's teams: network, platform"


def test_asking_for_help_tells_the_next_people_each_time(api: Api, world: World) -> None:
    incident = world.incident(acknowledge_by=NOW)
    for step in (1, 2):
        after = act(api, incident, "escalate", {"reason": "two data centres at once"}).json
        assert (after["escalated"], after["state"]) == (True, "open")
        line = last_line(api, incident)
        assert (line["loud"], line["data"]["step"]) == (True, step)
    assert api.get(f"/v1/incidents/{incident.incident_id}").json["acknowledge_by"] is None


def test_a_priority_set_by_hand_stands_until_it_is_left_to_the_facts(api: Api, world: World) -> None:
    incident = world.incident(priority="P3")
    after = act(api, incident, "prioritise", {"priority": "P1", "reason": "the minister calls"}).json
    assert (after["priority"], after["priority_set"]) == ("P1", True)
    assert (last_line(api, incident)["kind"], last_line(api, incident)["loud"]) == (
        "incident.prioritised",
        True,
    )
    after = act(api, incident, "prioritise", {"priority": None, "reason": "false rumour"}).json
    assert (after["priority"], after["priority_set"]) == ("P1", False)
    assert world.incidents.get(incident.incident_id).pulse == incident.pulse + 2


def test_what_is_suppressed_says_until_when_and_why(api: Api, world: World) -> None:
    incident = world.incident(service="vpn")
    until = in_an_hour()
    override = {"guardrail": "ask-before-suppressing", "reason": "planned work"}
    after = act(
        api, incident, "suppress", {"until": until, "reason": "carrier works", "override": override}
    ).json
    assert after["suppressed"]["by"] == "Ada Example"
    assert after["suppressed"]["reason"] == "carrier works"
    assert datetime.fromisoformat(after["suppressed"]["until"]) == datetime.fromisoformat(until)
    ended = act(api, incident, "suppress", {"until": NOW.isoformat(), "reason": "done"}).json
    assert ended["suppressed"] is None
    assert last_line(api, incident)["kind"] == "incident.unsuppressed"


def test_guardrails_are_asked_of_the_shortest_silence_and_not_of_its_end(api: Api, world: World) -> None:
    incident = world.incident(service="dns")
    soon = (datetime.now(UTC) + timedelta(seconds=50)).isoformat()
    stopped = act(api, incident, "suppress", {"until": soon, "reason": "quiet"})
    assert (stopped.status, stopped.json["fired"][0]["id"]) == (403, "never-suppress-dns")
    silent = world.incident(service="dns", suppressed_until=NOW + timedelta(hours=1))
    assert act(api, silent, "suppress", {"until": NOW.isoformat(), "reason": "done"}).status == 200


def test_what_is_suppressed_without_an_end_shows_none(api: Api, world: World) -> None:
    incident = world.incident(service="vpn")
    override = [{"guardrail": "ask-before-suppressing", "reason": "decommissioned"}]
    body = {"until": None, "reason": "gone in May", "override": override}
    assert act(api, incident, "suppress", body).json["suppressed"] == {
        "until": None,
        "by": "Ada Example",
        "reason": "gone in May",
    }


def test_what_a_person_reopens_waits_for_a_person(api: Api, world: World) -> None:
    incident = world.incident(state=IncidentState.RESTORED, restored_at=NOW, restored_by="leitplanke")
    after = act(api, incident, "reopen", {"reason": "the north still cannot log in"}).json
    assert (after["state"], after["restored_at"], after["reopened"]) == ("open", None, 1)
    assert last_line(api, incident)["data"]["reason"] == "the north still cannot log in"
    assert act(api, incident, "reopen", {"reason": "again"}).json["changed"] is False


def test_a_soft_guardrail_says_what_why_and_how_to_go_on(api: Api, world: World) -> None:
    incident = world.incident(service="vpn")
    body = {"until": in_an_hour(), "reason": "carrier works"}
    stopped = act(api, incident, "suppress", body)
    assert stopped.status == 409
    assert stopped.json == {
        "type": "urn:leitplanke:error:guardrail",
        "title": "A guardrail speaks against it",
        "status": 409,
        "detail": "ask-before-suppressing: Somebody may need to know.",
        "remedy": "leave it, or do it all the same: the same call with "
        '"override": {"guardrail": "ask-before-suppressing", "reason": "<why>"}',
        "fired": [
            {
                "id": "ask-before-suppressing",
                "purpose": "Somebody may need to know.",
                "level": "soft",
                "reason_required": True,
                "may_override": [],
                "source": "",
            }
        ],
    }
    assert world.incidents.get(incident.incident_id).revision == 1
    no_words = {"guardrail": "ask-before-suppressing"}
    assert (
        "`reason` is empty" in act(api, incident, "suppress", {**body, "override": no_words}).json["remedy"]
    )
    override = {"guardrail": "ask-before-suppressing", "reason": "they know"}
    after = act(api, incident, "suppress", {**body, "override": override}).json
    assert after["overridden"] == 1
    assert last_line(api, incident)["data"]["overrides"] == [
        {
            "guardrail": "ask-before-suppressing",
            "purpose": "Somebody may need to know.",
            "level": "soft",
            "reason": "they know",
        }
    ]


def test_a_hard_guardrail_names_the_roles_and_lets_them_pass(api: Api, world: World) -> None:
    incident = world.incident(service="dns")
    overrides = [
        {"guardrail": "never-suppress-dns", "reason": "it moves tonight"},
        {"guardrail": "ask-before-suppressing", "reason": "they know"},
    ]
    body = {"until": in_an_hour(), "reason": "it moves", "override": overrides}
    stopped = act(api, incident, "suppress", body)
    assert (stopped.status, stopped.json["type"]) == (403, "urn:leitplanke:error:guardrail-hard")
    assert [one["id"] for one in stopped.json["fired"]] == [
        "never-suppress-dns",
        "ask-before-suppressing",
    ]
    assert "duty-manager" in stopped.json["remedy"]
    manager = Api(name="Grace Example", roles="duty-manager")
    assert act(manager, incident, "suppress", body).json["overridden"] == 2


def test_a_role_that_goes_past_a_hard_guardrail_is_audited_once_and_with_its_reason(
    api: Api, world: World
) -> None:
    incident = world.incident(service="dns")
    overrides = [
        {"guardrail": "never-suppress-dns", "reason": "it moves tonight"},
        {"guardrail": "ask-before-suppressing", "reason": "they know"},
    ]
    body = {"until": in_an_hour(), "reason": "it moves", "override": overrides}
    assert act(api, incident, "suppress", body).status == 403
    assert [one["did"] for one in api.get("/v1/audit").json["audit"]] == []
    manager = Api(name="Grace Example", roles="duty-manager network")
    for _ in range(2):
        assert act(manager, incident, "suppress", body, idempotency_key="once").status == 200
    (used,) = api.get("/v1/audit").json["audit"]
    assert (used["did"], used["by"], used["subject"]) == (
        "role.used",
        "Grace Example",
        f"incident/{incident.incident_id}",
    )
    assert used["facts"] == {
        "role": "duty-manager",
        "guardrail": "never-suppress-dns",
        "action": "suppress",
        "reason": "it moves tonight",
    }


def test_the_card_says_what_the_guardrails_will_ask(api: Api, world: World) -> None:
    incident = world.incident(service="dns", cut_off=(CutOff(name="Registry", heads=9),), hand_overs=2)
    ahead = api.get(f"/v1/incidents/{incident.incident_id}").json["guardrails"]
    assert {(one["action"], one["guardrail"], one["level"], one["always"]) for one in ahead} == {
        ("suppress", "never-suppress-dns", "hard", True),
        ("suppress", "ask-before-suppressing", "soft", True),
        ("assign", "third-hand-over", "soft", True),
    }


KEYED = [
    ("acknowledge", None),
    ("assign", {"assignee": "Grace Example"}),
    ("note", {"text": "a remark"}),
    ("escalate", {"reason": "help"}),
    ("prioritise", {"priority": "P1", "reason": "the minister calls"}),
    ("restore", {"workaround": "restart"}),
    ("close", None),
]


@pytest.mark.parametrize(("action", "body"), KEYED)
def test_a_request_that_comes_again_with_its_key_gets_the_first_answer(
    api: Api, world: World, calls: Calls, action: str, body: object
) -> None:
    incident = world.incident()
    first = act(api, incident, action, body, idempotency_key="k-1")
    assert first.status == 200
    act(api, incident, "note", {"text": "meanwhile"})
    with calls.counted() as seen:
        again = act(api, incident, action, body, idempotency_key="k-1")
    assert (again.status, again.json, again.headers["etag"]) == (200, first.json, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert seen == {"GetItem": 1}
    assert world.incidents.get(incident.incident_id).revision == first.json["revision"] + 1


def test_a_request_that_had_nothing_to_do_does_not_undo_what_happened_since(
    api: Api, world: World, calls: Calls
) -> None:
    """It is answered, the answer is lost, somebody else takes the incident, and it comes again."""
    incident = world.incident()
    act(api, incident, "acknowledge")
    with calls.counted() as seen:
        first = act(api, incident, "acknowledge", idempotency_key="k-1")
    assert (first.json["changed"], seen) == (False, {"GetItem": 2, "PutItem": 1})
    grace = Api(name="Grace Example", sub="u-2")
    act(grace, incident, "acknowledge")

    again = act(api, incident, "acknowledge", idempotency_key="k-1")

    assert (again.text, again.headers["idempotency-replayed"]) == (first.text, "true")
    assert world.incidents.get(incident.incident_id).assignee == "Grace Example"
    other = act(api, incident, "note", {"text": "one"}, idempotency_key="k-1")
    assert other.status == 422


def test_a_key_is_of_one_caller_and_of_one_request(api: Api, world: World) -> None:
    incident = world.incident()
    act(api, incident, "note", {"text": "one"}, idempotency_key="k-1")
    other = act(api, incident, "note", {"text": "two"}, idempotency_key="k-1")
    assert (other.status, other.json["type"]) == (422, "urn:leitplanke:error:idempotency-key-reused")
    assert other.json["field"] == "Idempotency-Key"
    elsewhere = act(api, world.incident(), "note", {"text": "one"}, idempotency_key="k-1")
    assert elsewhere.status == 422
    someone = Api(name="Grace Example", sub="u-2")
    assert act(someone, incident, "note", {"text": "one"}, idempotency_key="k-1").json["revision"] == 3


def test_what_people_do_and_the_guardrails_they_meet_are_counted_once(
    api: Api, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = world.incident(hand_overs=2, assignee="Ada Example")
    body = {"assignee": "Grace Example"}
    override = {"guardrail": "third-hand-over", "reason": "she built it"}
    act(api, incident, "assign", body)
    for _ in range(2):
        act(api, incident, "assign", {**body, "override": override}, idempotency_key="k-1")
    act(api, incident, "assign", {**body, "override": override})  # she has it already

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = [line for line in lines if "_aws" in line]
    assert [line.get("GuardrailsMet") for line in counted] == [[1.0], None]
    assert [line.get("ActionsDone") for line in counted] == [None, [1.0]]
    assert {line["service"] for line in counted} == {"serve_api"}


def test_what_was_refused_is_judged_anew_when_it_comes_again(api: Api, world: World) -> None:
    incident = world.incident(hand_overs=2, assignee="Ada Example")
    body = {"assignee": "Grace Example"}
    assert act(api, incident, "assign", body, idempotency_key="k-1").status == 409
    override = {"guardrail": "third-hand-over", "reason": "she built it"}
    after = act(api, incident, "assign", {**body, "override": override}, idempotency_key="k-1")
    assert (after.status, after.json["assignee"]) == (200, "Grace Example")


def test_of_sixteen_who_send_the_same_request_at_once_one_is_done_and_all_get_its_answer(
    api: Api, world: World, at_once: AtOnce
) -> None:
    incident = world.incident()
    answers = at_once(
        lambda _: act(api, incident, "note", {"text": "once"}, idempotency_key="k-1"), range(16)
    )
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert world.incidents.get(incident.incident_id).revision == 2


AT_ONCE = [
    ("acknowledge", None),
    ("note", {"text": "looking"}),
    ("assign", {"assignee": "Grace Example"}),
    ("escalate", {"reason": "help"}),
    ("prioritise", {"priority": "P1", "reason": "the minister calls"}),
    ("restore", {"workaround": "restart"}),
]


def test_of_sixteen_who_decided_on_the_same_revision_exactly_one_wins_each(
    api: Api, world: World, at_once: AtOnce
) -> None:
    incident = world.incident()
    path = f"/v1/incidents/{incident.incident_id}"

    def insist(number: int) -> int:
        """Read, decide, act on what was read, until it is done; returns the revision that was made."""
        somebody = Api(name=f"Person {number}", sub=f"u-{number}")
        while True:
            tag = somebody.get(path).headers["etag"]
            answer = somebody.post(f"{path}/note", {"text": f"note {number}"}, if_match=tag)
            if answer.status == 200:
                return int(answer.json["revision"])
            assert answer.status == 412

    first = at_once(lambda one: act(api, incident, one[0], one[1], if_match='"1"').status, (AT_ONCE * 3)[:16])
    assert sorted(first) == [200, *[412] * 15]
    made = at_once(insist, range(16))
    assert sorted(made) == list(range(3, 19))
    lines = api.get(f"{path}/timeline", limit="200").json["timeline"]
    assert [line["revision"] for line in lines] == list(range(1, 19))
    assert {line["data"]["text"] for line in lines[2:]} == {f"note {number}" for number in range(16)}


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("escalate", {}, "reason"),
        ("escalate", {"reason": "  "}, "reason"),
        ("prioritise", {"priority": "P9", "reason": "x"}, "priority"),
        ("prioritise", {"reason": "x"}, "priority"),
        ("suppress", {"until": "tomorrow", "reason": "x"}, "until"),
        ("suppress", {"until": "2026-03-01T09:00:00", "reason": "x"}, "until"),
        ("suppress", {"reason": "x"}, "until"),
        ("reopen", None, "body"),
        ("note", {"text": "x", "override": {"reason": "no id"}}, "override"),
    ],
)
def test_what_is_wrong_is_named(api: Api, world: World, action: str, body: object, field: str) -> None:
    answer = act(api, world.incident(), action, body)
    assert answer.status == 422
    assert answer.json["field"].split(".")[0] == field
