"""Acting on incidents and problems, and meeting guardrails on the way."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.cli import guardrails_met, screen
from tests.unit.cli.conftest import FakeApi, Run
from tests.unit.client.answers import FIRED, HARD, acted, incident, problem, refusal

ID = "7kq2m9p4xe"
WITHOUT_REASON = {**FIRED, "id": "cause-before-restore", "reason_required": False}


@pytest.mark.parametrize(
    ("typed", "action", "body"),
    [
        (["ack", ID], "acknowledge", {}),
        (["assign", ID, "--to", "Grace Example"], "assign", {"assignee": "Grace Example"}),
        (["assign", ID, "--team", "web", "-r", "theirs"], "assign", {"team": "web", "reason": "theirs"}),
        (["escalate", ID, "--reason", "more hands"], "escalate", {"reason": "more hands"}),
        (["note", ID, "Carrier confirms"], "note", {"text": "Carrier confirms"}),
        (
            ["prioritise", ID, "p4", "-r", "nobody there"],
            "prioritise",
            {"priority": "P4", "reason": "nobody there"},
        ),
        (["prioritise", ID, "computed", "-r", "r"], "prioritise", {"priority": None, "reason": "r"}),
        (["suppress", ID, "--no-end", "-r", "r"], "suppress", {"until": None, "reason": "r"}),
        (
            ["suppress", ID, "--until", "2026-03-01T07:00+01:00", "-r", "r"],
            "suppress",
            {"until": "2026-03-01T06:00:00+00:00", "reason": "r"},
        ),
        (["restore", ID], "restore", {}),
        (["restore", ID, "-w", "Restart it"], "restore", {"workaround": "Restart it", "helped": True}),
        (
            ["restore", ID, "-w", "Restart it", "--did-not-help", "--note", "by itself"],
            "restore",
            {"workaround": "Restart it", "helped": False, "note": "by itself"},
        ),
        (["close", ID, "--reason", "false alarm"], "close", {"reason": "false alarm"}),
        (["reopen", ID, "--reason", "it is back"], "reopen", {"reason": "it is back"}),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_every_action_says_what_was_typed(
    run: Run, api: FakeApi, typed: list[str], action: str, body: dict[str, Any]
) -> None:
    api.routes[f"POST /v1/incidents/{ID}/{action}"] = acted(
        state="acknowledged", acknowledged_by="Ada Example", assignee="Ada Example"
    )
    done = run(*typed)
    assert (done.code, done.err) == (0, "")
    assert api.bodies() == [body]
    assert done.out.startswith(f"{ID}  P1  acknowledged, Ada Example of team network has it")
    assert run(*typed, "--json").json["state"] == "acknowledged"


def test_suppressing_for_a_time_counts_from_now(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/suppress"] = acted()
    before = datetime.now(UTC)
    run("suppress", ID, "--until", "2h", "--reason", "planned work")
    until = datetime.fromisoformat(api.bodies()[0]["until"])
    assert timedelta() <= until - (before + timedelta(hours=2)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "typed",
    [
        ["assign", ID],
        ["escalate", ID],
        ["suppress", ID, "--reason", "r"],
        ["suppress", ID, "--reason", "r", "--until", "2h", "--no-end"],
        ["suppress", ID, "--reason", "r", "--until", "soon"],
        ["prioritise", ID, "P7", "--reason", "r"],
        ["restore", ID, "-w", "x", "--as-before"],
        ["note", ID],
        ["report", "x", "--label", "no equals sign"],
    ],
    ids=" ".join,
)
def test_half_an_action_is_refused_before_anybody_is_asked(run: Run, api: FakeApi, typed: list[str]) -> None:
    done = run(*typed)
    assert (done.code, done.out, api.asked) == (2, "", [])


def test_doing_what_is_done_already_says_so(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/acknowledge"] = acted(
        changed=False, notice="Alerts still fire in it."
    )
    done = run("ack", ID)
    assert "It was so already; nothing changed." in done.out
    assert "Alerts still fire in it." in done.out


def test_what_worked_last_time_is_one_word_away(run: Run, api: FakeApi) -> None:
    known = {
        "text": "Restart it",
        "incident_id": "x",
        "used": 1,
        "worked": 1,
        "last_at": "2026-03-01T03:12:00Z",
    }
    card = {**incident(ID), "headline": "h", "worked_last_time": known}
    api.routes[f"GET /v1/incidents/{ID}"] = [card, {**card, "worked_last_time": None}]
    api.routes[f"POST /v1/incidents/{ID}/restore"] = acted(state="restored")
    run("restore", ID, "--as-before")
    assert api.bodies() == [{"workaround": "Restart it", "helped": True}]
    nothing = run("restore", ID, "--as-before")
    assert nothing.code == 5
    assert "--workaround" in nothing.err


@pytest.mark.parametrize(("joined", "words"), [(True, "open already"), (False, "was opened")])
def test_a_report_says_whether_it_joined(run: Run, api: FakeApi, joined: bool, words: str) -> None:
    api.routes["POST /v1/incidents"] = httpx.Response(201, json={**incident(ID), "joined": joined})
    done = run(
        "report", "Nobody can log in", "--service", "vpn", "--severity", "critical", "--label", "site=north"
    )
    assert words in done.out
    assert ID in done.out
    assert api.bodies() == [
        {"title": "Nobody can log in", "service": "vpn", "severity": "critical", "labels": {"site": "north"}}
    ]


def test_a_soft_guardrail_says_why_and_the_very_line_that_goes_on(run: Run, api: FakeApi) -> None:
    met = refusal(409, "guardrail", fired=[FIRED])
    api.routes[f"POST /v1/incidents/{ID}/assign"] = met
    done = run("assign", ID, "--to", "Grace Example")
    assert (done.code, done.out) == (3, "")
    assert done.err.splitlines() == [
        "leitplanke: a guardrail speaks against this: third-hand-over",
        "  why: Each hand-over multiplies the time until customers work again.",
        "  evidence: A public log of 24,918 incidents.",
        "  do this: leave it, or go on all the same:",
        f"    leitplanke assign {ID} --to 'Grace Example' --override third-hand-over --reason \"...\"",
    ]


def test_an_override_that_nothing_asked_for_is_pointed_out(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/note"] = refusal(409, "guardrail", fired=[WITHOUT_REASON])
    done = run("note", ID, "words", "--override", "cause-before-restor")
    assert "  cause-before-restor: was named with --override, but does not speak against this" in done.err


def test_that_line_goes_on(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/assign"] = acted()
    run("assign", ID, "--to", "Grace", "--override", "third-hand-over", "--reason", "she wrote it")
    assert api.bodies() == [
        {
            "assignee": "Grace",
            "reason": "she wrote it",
            "override": [{"guardrail": "third-hand-over", "reason": "she wrote it"}],
        }
    ]


def test_the_line_to_copy_stays_right_behind_a_double_dash(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/note"] = refusal(409, "guardrail", fired=[WITHOUT_REASON])
    met = run("note", ID, "--", "-minus")
    assert met.err.rstrip().endswith(f"leitplanke note {ID} --override cause-before-restore -- -minus")


def test_for_programs_the_guardrails_are_told_whole(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/close"] = refusal(409, "guardrail", fired=[FIRED])
    said = json.loads(run("close", ID, "--json").err)
    assert (said["type"], said["status"], said["exit_code"]) == ("guardrail", 409, 3)
    assert said["fired"][0]["id"] == "third-hand-over"
    assert said["fired"][0]["reason_required"] is True


def test_several_guardrails_are_met_at_once_and_each_may_have_its_own_reason(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/suppress"] = [
        refusal(409, "guardrail", fired=[FIRED, WITHOUT_REASON]),
        acted(),
    ]
    met = run("suppress", ID, "--no-end", "--reason", "planned")
    assert "guardrails speak against this: third-hand-over, cause-before-restore" in met.err
    assert met.err.rstrip().endswith("--override third-hand-over --override cause-before-restore")
    run(
        "suppress",
        ID,
        "--no-end",
        "-r",
        "planned",
        "--override",
        "third-hand-over=known",
        "--override",
        "other",
    )
    assert api.bodies()[-1]["override"] == [
        {"guardrail": "third-hand-over", "reason": "known"},
        {"guardrail": "other", "reason": "planned"},
    ]


def test_a_hard_guardrail_names_who_may_go_past_it(run: Run, api: FakeApi) -> None:
    api.routes[f"POST /v1/incidents/{ID}/close"] = refusal(403, "guardrail-hard", fired=[HARD])
    done = run("close", ID)
    assert done.code == 3
    assert "only some may go past: freeze" in done.err
    assert "who may: freeze: lead" in done.err
    assert f'leitplanke close {ID} --override freeze --reason "..."' in done.err


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bool], None]:
    """A person sits there, who answers like this."""

    def answers(said: str | bool) -> None:
        monkeypatch.setattr(screen, "may_ask", lambda: True)
        monkeypatch.setattr(guardrails_met.typer, "prompt", lambda *_, **__: said)
        monkeypatch.setattr(guardrails_met.typer, "confirm", lambda *_, **__: said)

    return answers


def test_at_a_terminal_it_asks_for_the_reason_and_goes_on(
    run: Run, api: FakeApi, at_a_terminal: Callable[[str | bool], None]
) -> None:
    at_a_terminal("  she wrote it ")
    api.routes[f"POST /v1/incidents/{ID}/assign"] = [refusal(409, "guardrail", fired=[FIRED]), acted()]
    done = run("assign", ID, "--to", "Grace")
    assert done.code == 0
    assert "guardrail third-hand-over: Each hand-over multiplies" in done.err
    assert api.bodies()[-1]["override"] == [{"guardrail": "third-hand-over", "reason": "she wrote it"}]
    keys = {request.headers["idempotency-key"] for request in api.asked}
    assert len(keys) == 2, "another request is not a repeated one"


def test_whoever_says_nothing_leaves_it(
    run: Run, api: FakeApi, at_a_terminal: Callable[[str | bool], None]
) -> None:
    at_a_terminal("")
    api.routes[f"POST /v1/incidents/{ID}/assign"] = refusal(409, "guardrail", fired=[FIRED])
    done = run("assign", ID, "--to", "Grace")
    assert done.code == 3
    assert "leitplanke: nothing was done" in done.err
    assert len(api.asked) == 1


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_reason_that_was_given_is_only_asked_to_be_confirmed(
    run: Run, api: FakeApi, at_a_terminal: Callable[[str | bool], None], goes_on: bool
) -> None:
    at_a_terminal(goes_on)
    api.routes[f"POST /v1/incidents/{ID}/prioritise"] = [
        refusal(409, "guardrail", fired=[FIRED, WITHOUT_REASON]),
        acted(),
    ]
    done = run("prioritise", ID, "P4", "-r", "nobody there", "--override", "cause-before-restore=own words")
    assert done.code == (0 if goes_on else 3)
    if goes_on:
        assert api.bodies()[-1]["override"] == [
            {"guardrail": "cause-before-restore", "reason": "own words"},
            {"guardrail": "third-hand-over", "reason": "nobody there"},
        ]


def test_a_program_is_never_asked(
    run: Run, api: FakeApi, at_a_terminal: Callable[[str | bool], None]
) -> None:
    at_a_terminal("yes")
    api.routes[f"POST /v1/incidents/{ID}/close"] = refusal(409, "guardrail", fired=[FIRED])
    assert run("close", ID, "--json").code == 3
    assert len(api.asked) == 1


def test_problems_are_accepted_and_declined(run: Run, api: FakeApi) -> None:
    here = {**problem(), "changed": True}
    api.routes["POST /v1/problems/p9xq2m7k4e/accept"] = [refusal(409, "guardrail", fired=[FIRED]), here]
    api.routes["POST /v1/problems/p9xq2m7k4e/decline"] = {**here, "state": "declined"}
    met = run("problems", "accept", "p9xq2m7k4e")
    assert met.code == 3
    assert 'leitplanke problems accept p9xq2m7k4e --override third-hand-over --reason "..."' in met.err
    assert "p9xq2m7k4e  open, team network" in run("problems", "accept", "p9xq2m7k4e").out
    assert "declined" in run("problems", "decline", "p9xq2m7k4e", "--reason", "too rare").out
    assert api.bodies()[-1] == {"reason": "too rare"}
