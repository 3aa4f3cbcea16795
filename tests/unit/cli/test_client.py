"""What goes wrong on the way to the API, in words that help."""

from pathlib import Path

import httpx
import pytest

from infra.cli.client import Client
from infra.cli.connection import Connection, find_connection
from infra.cli.errors import CliError
from tests.unit.cli.conftest import HERE, FakeApi, Respond, problem

CLOUD = Connection(url="https://api.example", token="good", is_here=False)


def fault_of(respond: Respond, connection: Connection = HERE) -> CliError:
    client = Client(connection, transport=httpx.MockTransport(respond), sleep=lambda _: None)
    with client, pytest.raises(CliError) as caught:
        client.get("/v1/dead-letters")
    return caught.value


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def test_nobody_there_says_how_to_start_it_or_where_to_look() -> None:
    fault = fault_of(unreachable)
    assert fault.message == "http://127.0.0.1:8080 cannot be reached: Connection refused"
    assert fault.remedy == "start it with `make run`"
    assert fault_of(unreachable, CLOUD).remedy == "check LEITPLANKE_URL"


@pytest.mark.parametrize(
    ("answer", "message", "remedy"),
    [
        (httpx.Response(401, json={"message": "Unauthorized"}), "the token is not valid", "get a new one"),
        (
            httpx.Response(403, json={"message": "Forbidden"}),
            "does not allow this",
            "manage, redriving admin",
        ),
        (
            problem(403, "not-allowed", detail="this needs the scope admin", remedy="use another token"),
            "this needs the scope admin (403)",
            "use another token",
        ),
        (httpx.Response(404, json={"message": "Not Found"}), "is not this API", "without a path"),
        (httpx.Response(200, text="<html>"), "is not this API", "without a path"),
        (problem(500, "internal"), "internal (500)", "ServeApiErrorsAlarm"),
        (problem(503, "unavailable", detail="SQS is away"), "SQS is away (503)", "try again in a minute"),
        (httpx.Response(502, text="bad gateway"), "Bad Gateway (502)", "try again in a minute"),
    ],
)
def test_every_answer_says_what_to_do_next(answer: httpx.Response, message: str, remedy: str) -> None:
    fault = fault_of(lambda _: answer)
    assert message in fault.message
    assert remedy in fault.remedy


def test_no_fault_holds_the_token() -> None:
    fault = fault_of(lambda request: problem(400, "invalid-input", detail=str(request.url)))
    assert "good" not in f"{fault.message}{fault.remedy}{HERE!r}"


def test_what_is_busy_is_asked_again_after_the_pause_it_asks_for() -> None:
    api = FakeApi(places={"event": 0})
    api.answers = [
        httpx.Response(503, headers={"retry-after": "5"}),
        httpx.Response(429, headers={"retry-after": "soon"}),
    ]
    with api.client() as client:
        assert client.get("/v1/dead-letters")["dead_letters"]
    assert api.pauses == [5.0, 1.0]


def test_the_environment_names_the_installation() -> None:
    found = find_connection({"LEITPLANKE_URL": "https://api.example/", "LEITPLANKE_TOKEN": "a.b.c"})
    assert (found.url, found.token, found.is_here) == ("https://api.example", "a.b.c", False)


def test_without_it_what_make_run_started_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "leitplanke.env"
    file.write_text("LEITPLANKE_URL=http://127.0.0.1:8081\nLEITPLANKE_TOKEN=a.b.c\nLEITPLANKE_KEY=k\n")
    found = find_connection({}, file)
    assert (found.url, found.token, found.is_here) == ("http://127.0.0.1:8081", "a.b.c", True)


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
