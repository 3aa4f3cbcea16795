"""What the client tries again, after how long, and what it leaves alone: nothing is ever done twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

import leitplanke_client
from leitplanke_client import BusyError, Client, NotLeitplankeError, NotReachedError
from leitplanke_client.errors import ClientError, error_of
from tests.unit.client.answers import FIRED, HARD, URL, acted, client_of, refusal

HERE = "http://127.0.0.1:8080"


def in_turn(
    *answers: httpx.Response | type[httpx.HTTPError],
) -> tuple[list[httpx.Request], Callable[..., httpx.Response]]:
    """An API that gives these answers, or breaks like this, one after the other."""
    seen: list[httpx.Request] = []
    left: Iterator[httpx.Response | type[httpx.HTTPError]] = iter(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = next(left)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("broken")

    return seen, respond


def close(client: Client) -> object:
    return client.incidents.close("7kq2m9p4xe")


def create(client: Client) -> object:
    return client.integrations.create("Zabbix")


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(429), httpx.Response(503), httpx.Response(502), httpx.ReadError, httpx.ConnectError],
    ids=str,
)
def test_what_is_busy_or_cut_off_is_tried_again_with_the_same_key(
    trouble: httpx.Response | type[httpx.HTTPError],
) -> None:
    seen, respond = in_turn(trouble, trouble, httpx.Response(200, json=acted()))
    pauses: list[float] = []
    close(client_of(respond, pauses=pauses))
    assert len(seen) == 3
    assert len({request.headers["idempotency-key"] for request in seen}) == 1
    assert len(pauses) == 2
    assert all(0 <= pause <= 10 for pause in pauses)


def test_another_call_has_another_key() -> None:
    seen, respond = in_turn(*[httpx.Response(200, json=acted())] * 2)
    client = client_of(respond)
    close(client)
    close(client)
    assert len({request.headers["idempotency-key"] for request in seen}) == 2


def test_a_key_of_ones_own_is_kept() -> None:
    seen, respond = in_turn(httpx.Response(200, json=acted()))
    client_of(respond).incidents.close("7kq2m9p4xe", idempotency_key="mine-1")
    assert seen[0].headers["idempotency-key"] == "mine-1"


def test_it_waits_as_long_as_it_is_asked_to() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    _, respond = in_turn(
        httpx.Response(503, headers={"retry-after": "5"}),
        httpx.Response(429, headers={"retry-after": soon}),
        httpx.Response(200, json=acted()),
    )
    pauses: list[float] = []
    close(client_of(respond, pauses=pauses))
    assert pauses[0] == 5.0
    assert 0 <= pauses[1] <= 5.0


def test_who_asks_for_minutes_gets_the_caller_to_decide() -> None:
    seen, respond = in_turn(httpx.Response(503, headers={"retry-after": "120"}))
    with pytest.raises(BusyError) as caught:
        close(client_of(respond))
    assert (len(seen), caught.value.retry_after) == (1, 120.0)


def test_after_three_tries_it_gives_up() -> None:
    seen, respond = in_turn(*[refusal(503, "unavailable", detail="SQS is away")] * 3)
    with pytest.raises(BusyError, match="SQS is away"):
        close(client_of(respond))
    assert len(seen) == 3


@pytest.mark.parametrize("trouble", [httpx.ReadTimeout, httpx.WriteTimeout])
def test_what_did_not_answer_in_time_is_not_waited_for_again(trouble: type[httpx.HTTPError]) -> None:
    seen, respond = in_turn(trouble)
    with pytest.raises(NotReachedError) as caught:
        close(client_of(respond))
    assert (len(seen), caught.value.was_sent) == (1, True)


def test_nobody_there_on_this_machine_is_told_at_once() -> None:
    seen, respond = in_turn(httpx.ConnectError)
    with pytest.raises(NotReachedError) as caught:
        close(client_of(respond, url=HERE))
    assert (len(seen), caught.value.was_sent) == (1, False)


@pytest.mark.parametrize("trouble", [httpx.ReadError, httpx.DecodingError, httpx.Response(503)], ids=str)
def test_what_would_be_done_twice_is_not_tried_again(
    trouble: httpx.Response | type[httpx.HTTPError],
) -> None:
    seen, respond = in_turn(trouble)
    with pytest.raises(ClientError):
        create(client_of(respond))
    assert len(seen) == 1


def test_a_second_time_would_send_other_messages_home() -> None:
    seen, respond = in_turn(httpx.Response(503))
    with pytest.raises(BusyError):
        client_of(respond).dead_letters.redrive("routing")
    assert len(seen) == 1


def test_an_answer_that_cannot_be_read_may_have_been_done() -> None:
    _, respond = in_turn(httpx.DecodingError)
    with pytest.raises(NotReachedError) as caught:
        create(client_of(respond))
    assert caught.value.was_sent


@pytest.mark.parametrize("trouble", [httpx.ConnectError, httpx.Response(429)], ids=str)
def test_unless_it_surely_was_not_done(trouble: httpx.Response | type[httpx.HTTPError]) -> None:
    made = {"id": "k", "name": "n", "created_at": "2026-03-01T03:10:00Z", "created_by": "Ada", "key": "s"}
    seen, respond = in_turn(trouble, httpx.Response(201, json=made))
    create(client_of(respond))
    assert len(seen) == 2


def test_a_fresh_credential_is_asked_for_each_try() -> None:
    seen, respond = in_turn(httpx.Response(503), httpx.Response(200, json=acted()))
    tokens = iter(["one", "two"])
    client = Client(URL, lambda: next(tokens), http=httpx.MockTransport(respond), sleep=lambda _: None)
    close(client)
    assert [request.headers["authorization"] for request in seen] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "invalid-input", "WrongRequestError"),
        (401, "unauthenticated", "UnauthenticatedError"),
        (403, "not-allowed", "NotAllowedError"),
        (403, "guardrail-hard", "HardGuardrailError"),
        (404, "not-found", "NotFoundError"),
        (405, "method-not-allowed", "WrongRequestError"),
        (409, "conflict", "ConflictError"),
        (409, "guardrail", "GuardrailError"),
        (412, "stale-revision", "StaleRevisionError"),
        (413, "too-large", "WrongRequestError"),
        (415, "unsupported-media-type", "WrongRequestError"),
        (422, "invalid-fields", "WrongFieldsError"),
        (422, "invalid-policy", "WrongFieldsError"),
        (422, "idempotency-key-reused", "WrongRequestError"),
        (500, "internal", "BrokenError"),
        (503, "busy", "BusyError"),
        (418, "teapot", "ApiError"),
    ],
)
def test_each_refusal_is_an_error_of_its_own(status: int, kind: str, error: str) -> None:
    _, respond = in_turn(*[refusal(status, kind, detail="so it is", remedy="do that")] * 3)
    with pytest.raises(getattr(leitplanke_client, error)) as caught:
        close(client_of(respond))
    assert type(caught.value).__name__ == error
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert (str(caught.value), caught.value.remedy) == ("so it is", "do that")


def test_a_guardrail_error_has_everything_that_fired() -> None:
    error = error_of(403, {"type": "urn:leitplanke:error:guardrail-hard", "fired": [FIRED, HARD]}, url=URL)
    assert isinstance(error, leitplanke_client.HardGuardrailError)
    assert [(one.id, one.is_hard, one.may_override) for one in error.fired] == [
        ("third-hand-over", False, ()),
        ("freeze", True, ("lead",)),
    ]


def test_wrong_fields_and_the_current_revision_are_there_to_look_at() -> None:
    fault = {"field": "title", "message": "is missing", "remedy": "send it"}
    wrong = error_of(422, {"type": "urn:leitplanke:error:invalid-fields", "errors": [fault]}, url=URL)
    assert isinstance(wrong, leitplanke_client.WrongFieldsError)
    assert wrong.faults == [fault]
    stale = error_of(412, {"current_revision": 5}, url=URL)
    assert isinstance(stale, leitplanke_client.StaleRevisionError)
    assert stale.current_revision == 5


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"hello": "world"}),
        httpx.Response(404, json={"message": "Not Found"}),
        httpx.Response(301, headers={"location": "https://elsewhere.example"}),
    ],
    ids=["html", "json", "404", "redirect"],
)
def test_what_is_not_this_api_is_told_as_such(answer: httpx.Response) -> None:
    with pytest.raises(NotLeitplankeError, match="what answers at https://api.example"):
        close(client_of(lambda _: answer))


def test_no_error_holds_the_token() -> None:
    errors = [in_turn(httpx.ReadTimeout), in_turn(refusal(400, "invalid-input", detail="wrong"))]
    for _, respond in errors:
        with pytest.raises(ClientError) as caught:
            close(client_of(respond))
        assert "a.b.c" not in f"{caught.value!r}{caught.value.__dict__}"


def test_every_error_of_the_tree_is_exported() -> None:
    def below(kind: type[ClientError]) -> set[str]:
        return {kind.__name__}.union(*(below(child) for child in kind.__subclasses__()))

    assert below(ClientError) <= set(leitplanke_client.__all__)
    assert leitplanke_client.__all__ == sorted(leitplanke_client.__all__)
    assert all(hasattr(leitplanke_client, name) for name in leitplanke_client.__all__)
