"""What goes wrong is told as a problem document, whatever it is."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from functions.serve_api import handler as function
from leitplanke.domain.errors import LeitplankeError, LostRaceError, UnavailableError
from leitplanke.table.incidents import Incidents
from tests.component.serve_api.conftest import Api, World

ROOT = Path(__file__).parents[3]


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise error

    monkeypatch.setattr(Incidents, "get", fail)
    monkeypatch.setattr(Incidents, "listed", fail)


def test_a_bug_is_a_500_that_gives_nothing_away(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, ValueError("the secret is 42"))
    answer = api.get("/v1/incidents/any")
    assert (answer.status, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json == {
        "type": "urn:leitplanke:error:internal",
        "title": "Something went wrong on our side",
        "status": 500,
    }


def test_a_bug_is_logged_with_its_cause(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(monkeypatch, ValueError("the cause"))
    api.get("/v1/incidents/any")
    (record,) = caplog.records
    assert (record.levelname, record.__dict__["request_id"], record.__dict__["path"]) == (
        "ERROR",
        "r-1",
        "/v1/incidents/any",
    )
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the cause"


def test_an_answer_that_does_not_fit_its_shape_is_our_fault_and_not_the_callers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.serve_api import incidents

    monkeypatch.setattr(incidents, "shown", lambda *_, **__: {"incidents": "none"})
    answer = api.get("/v1/incidents")
    assert (answer.status, answer.json["type"]) == (500, "urn:leitplanke:error:internal")


def test_a_table_that_is_away_is_a_503_that_says_when_to_come_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, UnavailableError("the table refuses for now"))
    answer = api.get("/v1/incidents")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.json["type"] == "urn:leitplanke:error:unavailable"


def test_a_race_that_is_lost_for_good_is_a_503(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = world.incident()

    def lose(*_: object, **__: object) -> Any:
        raise LostRaceError("changing incident")

    monkeypatch.setattr(Incidents, "commit", lose)
    answer = api.post(f"/v1/incidents/{incident.incident_id}/acknowledge")
    assert (answer.status, answer.json["type"]) == (503, "urn:leitplanke:error:busy")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("PATCH", "/v1/incidents"), ("GET", "/"), ("OPTIONS", "/v1/incidents")],
)
def test_what_there_is_not_is_told_with_where_to_look(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["detail"] == f"there is no {method} {path}"
    assert answer.json["remedy"] == "GET /openapi.json lists what there is"


def test_a_body_that_is_not_json_is_told_where_it_breaks(api: Api, world: World) -> None:
    path = f"/v1/incidents/{world.incident().incident_id}/note"
    answer = api.call("POST", path, body='{"text": ')
    assert (answer.status, answer.json["type"]) == (400, "urn:leitplanke:error:invalid-input")
    assert answer.json["detail"] == "the body is not JSON: Expecting value at character 9"


def test_what_curl_calls_a_form_is_read_as_the_json_it_is(api: Api, world: World) -> None:
    path = f"/v1/incidents/{world.incident().incident_id}/note"
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert api.call("POST", path, body=' {"text": "x"}', headers=form).status == 200


def test_a_body_of_another_type_is_told_what_to_send(api: Api, world: World) -> None:
    path = f"/v1/incidents/{world.incident().incident_id}/note"
    answer = api.call("POST", path, body="text", headers={"content_type": "text/plain"})
    assert (answer.status, answer.json["type"]) == (415, "urn:leitplanke:error:unsupported-media-type")
    assert answer.json["remedy"] == "send content-type: application/json"


def raw_event(body: str, *, base64_encoded: bool) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/v1/incidents/any/note",
        "headers": {"Content-Type": "application/json"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": "POST", "path": "/v1/incidents/any/note"},
            "authorizer": {"jwt": {"claims": {"sub": "u-1", "scope": "respond"}}},
        },
        "body": body,
        "isBase64Encoded": base64_encoded,
    }


@pytest.mark.usefixtures("api")
def test_a_body_in_base64_is_the_body() -> None:
    encoded = base64.b64encode(b'{"text": "x"}').decode()
    assert function.handler(raw_event(encoded, base64_encoded=True), None)["statusCode"] == 404


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("body", ["not base64!", base64.b64encode(b"\xff\xfe{}").decode()])
def test_a_body_that_is_no_text_is_the_callers_fault(body: str) -> None:
    answer = function.handler(raw_event(body, base64_encoded=True), None)
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"


def kinds_in_code() -> set[str]:
    """The last part of every problem type that the code can give."""
    found: set[str] = set()
    for folder in ("shared/leitplanke", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r'problem\(\s*(?:\d+|[\w.]+),\s*"([a-z-]+)"', path.read_text("utf-8")))
    return found


def test_every_problem_type_is_explained_and_no_other() -> None:
    page = (ROOT / "docs" / "errors.md").read_text("utf-8")
    explained = set(re.findall(r"^### `([a-z-]+)`", page, re.MULTILINE))
    named_apart = {"unknown-key", "missing-capability", "unreadable"}  # chosen by a condition
    assert explained == kinds_in_code() | named_apart


def test_the_tree_of_errors_has_no_branch_without_an_answer() -> None:
    from leitplanke.edge.http import _ANSWERS

    def branches(kind: type[LeitplankeError]) -> set[type[LeitplankeError]]:
        return {kind}.union(*(branches(child) for child in kind.__subclasses__()))

    ours = {kind for kind in branches(LeitplankeError) if kind.__module__.startswith("leitplanke.domain")}
    assert ours <= set(_ANSWERS)
