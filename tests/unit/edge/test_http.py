import base64
import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest

from leitplanke.domain import errors
from leitplanke.domain.guardrails import Fired
from leitplanke.edge import http
from leitplanke.edge.http import Request, error_answer, request_of, response
from leitplanke.wire.answers import PROBLEM_TYPES, Answer
from leitplanke.wire.intake import TooLargeError, UnsupportedError


def _event(**changes: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "POST /v1/events",
        "rawPath": "/v1/events",
        "rawQueryString": "a=1&a=2",
        "cookies": ["session=abc=", "theme=dark"],
        "headers": {"Content-Type": "application/json", "x-forwarded-for": "192.0.2.1"},
        "queryStringParameters": {"a": "1,2"},
        "pathParameters": {"id": "7"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/events", "sourceIp": "192.0.2.1"},
            "requestId": "req-1",
            "authorizer": {"jwt": {"claims": {"sub": "sam", "scope": "read"}, "scopes": ["read"]}},
        },
        "body": "{}",
        "isBase64Encoded": False,
        **changes,
    }


def test_a_request_is_what_the_event_says() -> None:
    assert request_of(_event()) == Request(
        method="POST",
        path="/v1/events",
        headers={"content-type": "application/json", "x-forwarded-for": "192.0.2.1"},
        query={"a": "1,2"},
        cookies={"session": "abc=", "theme": "dark"},
        path_parameters={"id": "7"},
        claims={"sub": "sam", "scope": "read"},
        body=b"{}",
        request_id="req-1",
    )


def test_what_an_event_leaves_out_is_empty() -> None:
    event = {"rawPath": "/", "requestContext": {"http": {"method": "GET"}}}
    assert request_of(event) == Request(method="GET", path="/")


def test_cookies_come_from_the_header_where_an_engine_drops_the_field() -> None:
    event = _event(headers={"Cookie": "session=abc; theme=dark; odd"})
    del event["cookies"]
    assert request_of(event).cookies == {"session": "abc", "theme": "dark"}


def test_a_base64_body_is_decoded() -> None:
    encoded = base64.b64encode(b"\x1f\x8b\x00").decode()
    assert request_of(_event(body=encoded, isBase64Encoded=True)).body == b"\x1f\x8b\x00"


def test_a_body_that_says_base64_and_is_not_is_the_callers_fault() -> None:
    with pytest.raises(errors.InvalidInputError):
        request_of(_event(body="%%%", isBase64Encoded=True))


def test_text_bodies_are_utf8() -> None:
    assert request_of(_event(body="Zürich")).body == "Zürich".encode()


def test_an_answer_is_what_lambda_wants() -> None:
    assert response(Answer(status=202, headers={"a": "b"}, body="c")) == {
        "statusCode": 202,
        "headers": {"a": "b"},
        "body": "c",
        "isBase64Encoded": False,
    }


def _tree(root: type[errors.LeitplankeError]) -> Iterator[type[errors.LeitplankeError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


THIRD_HAND_OVER = Fired(
    id="third-hand-over",
    purpose="Each hand-over multiplies the time.",
    level="soft",
    reason_required=True,
    may_override=(),
    source="a public log",
)
FREEZE = Fired(
    id="freeze",
    purpose="Not now.",
    level="hard",
    reason_required=True,
    may_override=("lead", "duty-manager"),
    source="",
)

_EXAMPLES: dict[type[errors.LeitplankeError], errors.LeitplankeError] = {
    errors.LeitplankeError: errors.LeitplankeError("anything"),
    errors.InvalidInputError: errors.InvalidInputError("wrong", field="a.b", remedy="mend it"),
    errors.KeyReusedError: errors.KeyReusedError(),
    errors.GuardrailError: errors.GuardrailError("no", remedy="say why", fired=[]),
    errors.ForbiddenByGuardrailError: errors.ForbiddenByGuardrailError("no", remedy="ask", fired=[]),
    errors.PolicyError: errors.PolicyError([errors.Fault(path="a", message="wrong", remedy="mend it")]),
    errors.NotFoundError: errors.NotFoundError("incident", "inc-1"),
    errors.NotAllowedError: errors.NotAllowedError("no", remedy="ask for the scope"),
    errors.ForbiddenByGuardrailError: errors.ForbiddenByGuardrailError(
        "freeze: Not now.", remedy="ask a lead", fired=[FREEZE, THIRD_HAND_OVER]
    ),
    errors.ConflictError: errors.ConflictError("closed", remedy="reopen it"),
    errors.GuardrailError: errors.GuardrailError("a: No.", remedy="say why", fired=[THIRD_HAND_OVER]),
    errors.StaleRevisionError: errors.StaleRevisionError(expected=3, current=5),
    errors.LostRaceError: errors.LostRaceError("alert"),
    errors.UnavailableError: errors.UnavailableError("throttled"),
    TooLargeError: TooLargeError("too large", field="body", remedy="split it"),
    UnsupportedError: UnsupportedError("packed", field="content-encoding", remedy="unpack it"),
}


def test_every_error_of_the_tree_has_its_own_answer() -> None:
    ours = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    assert set(_tree(errors.LeitplankeError)) >= ours
    assert ours <= set(http._ANSWERS)
    types = [json.loads(error_answer(_EXAMPLES[kind]).body)["type"] for kind in http._ANSWERS]
    assert len(set(types)) == len(types)
    assert all(name.startswith(PROBLEM_TYPES) for name in types)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.LeitplankeError, 500),
        (errors.InvalidInputError, 400),
        (TooLargeError, 413),
        (UnsupportedError, 415),
        (errors.PolicyError, 422),
        (errors.KeyReusedError, 422),
        (errors.GuardrailError, 409),
        (errors.ForbiddenByGuardrailError, 403),
        (errors.NotFoundError, 404),
        (errors.NotAllowedError, 403),
        (errors.ForbiddenByGuardrailError, 403),
        (errors.ConflictError, 409),
        (errors.GuardrailError, 409),
        (errors.StaleRevisionError, 412),
        (errors.LostRaceError, 503),
        (errors.UnavailableError, 503),
    ],
)
def test_an_error_is_a_problem_document_with_its_status(
    kind: type[errors.LeitplankeError], status: int
) -> None:
    answer = error_answer(_EXAMPLES[kind])
    assert answer.status == json.loads(answer.body)["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_all_guardrails_that_fired_are_told_with_what_it_takes_to_go_past_each() -> None:
    document = json.loads(error_answer(_EXAMPLES[errors.ForbiddenByGuardrailError]).body)
    assert (document["type"], document["remedy"]) == (f"{PROBLEM_TYPES}guardrail-hard", "ask a lead")
    assert document["fired"] == [
        {
            "id": "freeze",
            "purpose": "Not now.",
            "level": "hard",
            "reason_required": True,
            "may_override": ["lead", "duty-manager"],
            "source": "",
        },
        {
            "id": "third-hand-over",
            "purpose": "Each hand-over multiplies the time.",
            "level": "soft",
            "reason_required": True,
            "may_override": [],
            "source": "a public log",
        },
    ]


def test_a_wrong_field_is_named_with_its_remedy() -> None:
    document = json.loads(error_answer(_EXAMPLES[errors.InvalidInputError]).body)
    assert (document["detail"], document["field"], document["remedy"]) == ("wrong", "a.b", "mend it")


def test_a_stale_revision_says_which_is_current() -> None:
    assert json.loads(error_answer(_EXAMPLES[errors.StaleRevisionError]).body)["current_revision"] == 5


def test_all_faults_of_a_policy_are_told() -> None:
    document = json.loads(error_answer(_EXAMPLES[errors.PolicyError]).body)
    assert document["faults"] == [{"path": "a", "message": "wrong", "remedy": "mend it"}]


def test_who_should_come_again_is_told_when() -> None:
    assert error_answer(_EXAMPLES[errors.UnavailableError]).headers["retry-after"] == "5"


def test_an_error_of_a_finer_kind_is_answered_like_its_parent() -> None:
    class FinerError(errors.ConflictError):
        pass

    assert error_answer(FinerError("x", remedy="y")).status == 409


def test_a_method_that_is_not_served_is_answered_with_those_that_are() -> None:
    answer = http.method_not_allowed("POST", "OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")
