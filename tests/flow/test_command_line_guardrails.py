"""Guardrails met by the command line: read why, go on all the same, see what came of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.waiting import wait_for
from tests.flow.typed import in_terminal, told, typed

HARD = """guardrails:
  - id: freeze
    purpose: The release is frozen until the lead has looked.
    applies_to: [close]
    when: service == "frozen-by-hand"
    level: hard
    may_override: [lead]
"""


def reported(installation: Installation, service: str) -> Any:
    """What a person reports, once it is routed."""
    ident = told(installation, "report", "Nobody can log in", "--service", service)["id"]
    return wait_for(lambda: routed(installation, ident), timeout=60, what="a routed report")


def routed(installation: Installation, ident: str) -> Any:
    card = told(installation, "show", ident)
    return card if card["lane"] else None


def test_a_report_is_worked_past_soft_guardrails_until_it_is_closed(installation: Installation) -> None:
    ident = reported(installation, "met-by-hand")["id"]
    again = told(installation, "report", "Still nobody", "--service", "met-by-hand")
    assert (again["id"], again["joined"]) == (ident, True)

    told(installation, "ack", ident)
    assert ident in [
        one["id"] for one in told(installation, "incidents", "--mine", "--since", "1h")["incidents"]
    ]
    assert told(installation, "escalate", ident, "--reason", "more hands")["escalated"] is True
    assert told(installation, "prioritise", ident, "P2", "--reason", "the board calls")["priority"] == "P2"
    assert (
        told(installation, "suppress", ident, "--until", "2h", "--reason", "known")["suppressed"]["reason"]
        == "known"
    )
    assert told(installation, "suppress", ident, "--until", "now", "--reason", "over")["suppressed"] is None

    met = typed(installation, "suppress", ident, "--no-end", "--reason", "for good")
    assert met.returncode == 3
    assert "a guardrail speaks against this: suppress-without-end" in met.stderr
    line = met.stderr.splitlines()[-1].strip()
    assert line == (
        f"leitplanke suppress {ident} --no-end --reason 'for good' --override suppress-without-end"
    )

    code, lines = in_terminal(installation, "close", ident, answers=[("leave it): ", "a duplicate")])
    assert code == 0, lines
    assert any("guardrail close-before-restored" in one for one in lines)
    assert any(one.startswith(ident) and "closed" in one for one in lines), lines

    story = told(installation, "timeline", ident)["timeline"]
    past = [over for one in story for over in one["data"].get("overrides", ())]
    assert [(one["guardrail"], one["reason"]) for one in past] == [("close-before-restored", "a duplicate")]

    def counted() -> Any:
        report = told(installation, "guardrails")["guardrails"]
        return {one["id"]: (one["fired"] >= 1, one["overridden"] >= 1) for one in report}

    assert counted()["close-before-restored"] == (True, True)
    assert counted()["suppress-without-end"] == (True, False)


def test_what_is_restored_too_early_is_reopened(installation: Installation) -> None:
    ident = reported(installation, "back-by-hand")["id"]
    told(installation, "restore", ident, "--workaround", "Restart it")
    assert told(installation, "reopen", ident, "--reason", "it is back")["state"] == "open"
    assert told(installation, "show", ident)["reopened"] == 1


@pytest.fixture
def frozen(installation: Installation) -> Iterator[None]:
    """A policy with one hard guardrail, for a while."""
    installation.put_policy(EXAMPLE_POLICY.read_text("utf-8").replace("guardrails:\n", HARD, 1))
    yield
    installation.put_policy(EXAMPLE_POLICY.read_text("utf-8"))


@pytest.mark.usefixtures("frozen")
def test_a_hard_guardrail_names_who_may_go_past_it(installation: Installation) -> None:
    ident = reported(installation, "frozen-by-hand")["id"]
    told(installation, "restore", ident)

    def met() -> Any:
        """All functions have the new policy within 15 s; until then it is foreseen by nobody."""
        ahead = told(installation, "show", ident)["guardrails"]
        return any(one["guardrail"] == "freeze" for one in ahead)

    wait_for(met, timeout=60, what="the new policy")
    done = typed(installation, "close", ident, "--override", "freeze", "--reason", "I may not")
    assert done.returncode == 3
    assert "who may: freeze: lead" in done.stderr
    assert told(installation, "show", ident)["state"] == "restored"
    lead = installation.engine.issuer.mint_token(subject="grace@example.com", roles=["lead"])
    past = typed(
        installation,
        *("close", ident, "--override", "freeze", "--reason", "I have looked"),
        LEITPLANKE_TOKEN=lead,
    )
    assert past.returncode == 0, past.stderr
    assert told(installation, "show", ident)["closed_by"] == "grace@example.com"
    audited = told(installation, "audit")["audit"]
    assert [one["by"] for one in audited[:1]] == ["grace@example.com"]
    assert "policy.put" in [one["did"] for one in audited]
