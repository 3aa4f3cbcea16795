"""What holds for all commands: help, --json, completion."""

from collections.abc import Iterator

import pytest
from typer.main import get_command

from infra.cli.app import app
from infra.cli.completing import incidents, problems
from tests.unit.cli.conftest import FakeApi, Run
from tests.unit.client.answers import incident, problem


def commands() -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command, by the words that are typed."""

    def below(found: object, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
        children = getattr(found, "commands", {})
        if not children:
            yield words, found
        for name, child in children.items():
            yield from below(child, (*words, name))

    yield from below(get_command(app), ())


ALL = dict(commands())


def test_there_is_a_command_for_everything_people_do() -> None:
    assert {" ".join(words) for words in ALL} == {
        *("incidents", "show", "why", "timeline", "alerts"),
        *(
            "report",
            "ack",
            "assign",
            "escalate",
            "note",
            "prioritise",
            "suppress",
            "restore",
            "close",
            "reopen",
        ),
        *("problems show", "problems timeline", "problems accept", "problems decline", "guardrails"),
        *("send", "replay", "quarantine", "integrations list", "integrations create", "integrations revoke"),
        *("policy check", "policy get", "policy put", "audit", "dead-letters", "redrive"),
    }


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_json_and_help_that_names_what_it_takes(run: Run, words: tuple[str, ...]) -> None:
    options = {name for one in ALL[words].params for name in one.opts}  # type: ignore[attr-defined]
    assert "--json" in options
    done = run(*words, "--help", width=80)
    assert done.code == 0
    assert "Usage: leitplanke " + " ".join(words) in done.out
    text = " ".join(done.out.split())
    assert "Takes" in text or words == ("policy", "check")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_be_taught(run: Run, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = run("--show-completion", shell)
    assert done.code == 0
    assert "_LEITPLANKE_COMPLETE" in done.out


def test_tab_offers_what_is_going_on_and_nothing_where_nobody_answers(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(incidents("")) == []
    api.routes["GET /v1/incidents"] = {
        "incidents": [incident("7kq2m9p4xe"), incident("b" * 10)],
        "next": None,
    }
    api.routes["GET /v1/problems"] = {"problems": [problem()], "next": None}
    assert list(incidents("7k")) == [("7kq2m9p4xe", "P1 vpn-gateway-2: VPN gateway 2 does not answer")]
    assert list(problems("")) == [("p9xq2m7k4e", "vpn-gateway-2: VPN gateway 2 keeps failing")]
    monkeypatch.setenv("LEITPLANKE_URL", "nowhere")
    assert list(incidents("7k")) == []


def test_typed_nothing_shows_what_there_is(run: Run) -> None:
    done = run()
    assert "Look at incidents" in done.out + done.err
