"""What goes wrong on the way to the API, in words that help, and how the program ends then."""

import json
from pathlib import Path

import httpx
import pytest

from infra.cli.connection import find_connection, find_door
from infra.cli.errors import CliError
from tests.unit.cli.conftest import KEY, TOKEN, FakeApi, Run
from tests.unit.client.answers import refusal

LIST = "GET /v1/incidents"


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def too_late(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


def test_nobody_there_says_how_to_start_it_or_where_to_look(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.routes[LIST] = unreachable
    done = run("incidents")
    assert done.err.splitlines() == [
        "leitplanke: http://127.0.0.1:8080 cannot be reached: Connection refused",
        "  do this: start it with `make run`",
    ]
    assert (done.code, done.out) == (7, "")
    monkeypatch.setenv("LEITPLANKE_URL", "https://api.example")
    assert "do this: check LEITPLANKE_URL" in run("incidents").err
    assert len(api.asked) == 1 + 3


@pytest.mark.parametrize(
    ("answer", "message", "remedy", "code"),
    [
        (httpx.Response(401, json={"message": "Unauthorized"}), "the token is not valid", "get a new one", 4),
        (
            httpx.Response(403, json={"message": "Forbidden"}),
            "the token does not allow this",
            "use a token with the scope read or a higher one",
            4,
        ),
        (
            refusal(403, "not-allowed", detail="this needs the scope admin", remedy="use another token"),
            "this needs the scope admin (403)",
            "use another token",
            4,
        ),
        (httpx.Response(404, json={"message": "Not Found"}), "is not this API", "without a path", 1),
        (httpx.Response(200, text="<html>"), "is not this API", "without a path", 1),
        (httpx.Response(200, json={"other": 1}), "something else than this client knows", "deploy", 1),
        (refusal(500, "internal"), "internal (500)", "ServeApiErrorsAlarm", 1),
        (refusal(503, "unavailable", detail="SQS is away"), "SQS is away (503)", "try again in a minute", 7),
        (httpx.Response(502, text="bad gateway"), "Bad Gateway (502)", "try again in a minute", 7),
        (
            refusal(400, "invalid-input", detail="no such page", remedy="leave it out"),
            "(400)",
            "leave it out",
            2,
        ),
        (too_late, "did not answer in time", "it may have been done all the same", 7),
    ],
)
def test_every_answer_says_what_to_do_next(
    run: Run, api: FakeApi, answer: httpx.Response, message: str, remedy: str, code: int
) -> None:
    api.routes[LIST] = answer
    done = run("incidents")
    assert message in done.err
    assert remedy in done.err
    assert (done.code, done.out) == (code, "")
    assert TOKEN not in done.err


def test_all_wrong_fields_are_named_as_they_are_typed(run: Run, api: FakeApi) -> None:
    faults = [
        {"field": "assignee", "message": "is too long", "remedy": "send at most 200 characters"},
        {"field": "reason", "message": "is missing", "remedy": "send it"},
    ]
    api.routes["POST /v1/incidents/7kq2m9p4xe/assign"] = refusal(422, "invalid-fields", errors=faults)
    done = run("assign", "7kq2m9p4xe", "--to", "x")
    assert "to: is too long; send at most 200 characters" in done.err
    assert "reason: is missing; send it" in done.err
    assert done.code == 2


def test_for_programs_a_fault_is_json_as_well(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/incidents/7kq2m9p4xe"] = refusal(
        404, "not-found", detail="no incident 7kq2m9p4xe", remedy="take one from GET /v1/incidents?state=all"
    )
    done = run("show", "7kq2m9p4xe", "--json")
    assert done.out == ""
    assert json.loads(done.err) == {
        "error": "no incident 7kq2m9p4xe (404)",
        "details": [],
        "remedy": "`leitplanke incidents --state all` lists what there is",
        "line": "",
        "exit_code": 5,
        "type": "not-found",
        "status": 404,
    }


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["close"], "Missing argument 'INCIDENT'"),
        (["incidents", "--priority", "P9"], "Invalid value: 'P9' is not known; take P1, P2, P3, P4, P5"),
        (["close", "--nonsense"], "No such option: --nonsense"),
    ],
)
def test_for_programs_what_is_typed_wrongly_is_json_as_well(run: Run, typed: list[str], message: str) -> None:
    done = run(*typed, "--json")
    said = json.loads(done.err)
    assert (done.code, done.out) == (2, "")
    assert (said["error"], said["exit_code"]) == (message, 2)
    assert "--help" in said["remedy"]


def test_what_is_no_text_is_refused_with_a_remedy(run: Run, api: FakeApi) -> None:
    done = run("note", "7kq2m9p4xe", "caf\udce9")
    assert (done.code, api.asked) == (2, [])
    assert "is not UTF-8" in done.err
    assert "do this: type it again" in done.err


def test_an_integration_is_named_by_its_whole_id(run: Run, api: FakeApi) -> None:
    done = run("integrations", "revoke", "a b")
    assert (done.code, api.asked) == (2, [])
    assert "'a b' is no id" in done.err
    assert "leitplanke integrations list" in done.err


def test_a_sign_in_page_is_no_policy(run: Run, api: FakeApi) -> None:
    api.routes["GET /v1/policy"] = httpx.Response(200, text="<html>Welcome to our guest network</html>")
    done = run("policy", "get")
    assert (done.code, done.out) == (1, "")
    assert "is not this API" in done.err


def test_somebody_who_was_faster_is_told_with_the_revision_to_decide_on(run: Run, api: FakeApi) -> None:
    api.routes["POST /v1/incidents/7kq2m9p4xe/close"] = refusal(
        412, "stale-revision", detail="revision 4 is no longer current, it is 5", current_revision=5
    )
    done = run("close", "7kq2m9p4xe", "--if-match", "4")
    assert done.code == 6
    assert "decide again with --if-match 5" in done.err
    assert api.asked[0].headers["if-match"] == '"4"'


def test_a_fault_of_this_program_is_no_stack_trace(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("whatever")

    api.routes[LIST] = broken
    done = run("incidents")
    assert "a fault in this program: RuntimeError: whatever" in done.err
    assert "Traceback" not in done.err
    monkeypatch.setenv("LEITPLANKE_DEBUG", "1")
    with pytest.raises(RuntimeError):
        run("incidents")


def test_the_environment_names_the_installation() -> None:
    environ = {"LEITPLANKE_URL": "https://api.example/", "LEITPLANKE_TOKEN": "a.b.c", "LEITPLANKE_KEY": KEY}
    found = find_connection(environ)
    assert (found.url, found.token, found.is_here) == ("https://api.example", "a.b.c", False)
    assert find_door(environ).token == KEY
    assert "a.b.c" not in repr(found)


def test_without_it_what_make_run_started_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "leitplanke.env"
    file.write_text("LEITPLANKE_URL=http://127.0.0.1:8081\nLEITPLANKE_TOKEN=a.b.c\nLEITPLANKE_KEY=k\n")
    found = find_connection({}, file)
    assert (found.url, found.token, found.is_here) == ("http://127.0.0.1:8081", "a.b.c", True)
    assert find_door({}, file).token == "k"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "it is not known where Leitplanke is"),
        ({"LEITPLANKE_URL": "https://api.example"}, "LEITPLANKE_TOKEN is not set"),
        ({"LEITPLANKE_TOKEN": "a.b.c"}, "LEITPLANKE_URL is not set"),
        ({"LEITPLANKE_URL": "api.example", "LEITPLANKE_TOKEN": "a"}, "is not a URL"),
        ({"LEITPLANKE_URL": "http://api.example", "LEITPLANKE_TOKEN": "a"}, "is not https"),
        ({"LEITPLANKE_URL": "https://api.example", "LEITPLANKE_TOKEN": "a\nb"}, "is not a token"),
    ],
)
def test_half_an_environment_is_told_as_such(environ: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(CliError, match=message) as caught:
        find_connection(environ, tmp_path / "none.env")
    assert caught.value.remedy


def test_a_sender_without_a_key_is_told_how_to_get_one() -> None:
    with pytest.raises(CliError, match="LEITPLANKE_KEY is not set") as caught:
        find_door({"LEITPLANKE_URL": "https://api.example", "LEITPLANKE_TOKEN": "a.b.c"})
    assert "leitplanke integrations create" in caught.value.remedy
