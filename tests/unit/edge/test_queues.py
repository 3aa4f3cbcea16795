import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.queues import MAX_CALL_BYTES, MAX_ENTRIES, batches_of, send_all

QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/events"


def _client() -> Any:
    return botocore.session.get_session().create_client(
        "sqs", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@pytest.fixture
def stubbed() -> Iterator[tuple[Any, Stubber]]:
    client = _client()
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def _expected(*bodies: str) -> dict[str, Any]:
    return {
        "QueueUrl": QUEUE,
        "Entries": [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)],
    }


def _answer(*, taken: int, refused: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        "Successful": [{"Id": str(i), "MessageId": str(i), "MD5OfMessageBody": "0"} for i in range(taken)],
        "Failed": [{"Id": str(i), "SenderFault": False, "Code": "InternalError"} for i in refused],
    }


def test_nothing_to_send_makes_no_call(stubbed: tuple[Any, Stubber]) -> None:
    assert send_all(stubbed[0], QUEUE, []) == 0


def test_ten_small_messages_travel_in_one_call(stubbed: tuple[Any, Stubber]) -> None:
    client, stubber = stubbed
    bodies = [f"body {n}" for n in range(10)]
    stubber.add_response("send_message_batch", _answer(taken=10), _expected(*bodies))
    assert send_all(client, QUEUE, bodies) == 1


def test_the_eleventh_message_takes_a_second_call(stubbed: tuple[Any, Stubber]) -> None:
    client, stubber = stubbed
    bodies = [f"body {n}" for n in range(11)]
    stubber.add_response("send_message_batch", _answer(taken=10), _expected(*bodies[:10]))
    stubber.add_response("send_message_batch", _answer(taken=1), _expected(bodies[10]))
    assert send_all(client, QUEUE, bodies) == 2


def test_bodies_that_together_exceed_the_limit_of_a_call_are_split() -> None:
    big = "ü" * 100_000  # 200,000 bytes
    assert [len(group) for group in batches_of([big, big, "small"])] == [1, 2]


def test_only_the_refused_entries_are_sent_again_and_after_a_pause(stubbed: tuple[Any, Stubber]) -> None:
    client, stubber = stubbed
    stubber.add_response("send_message_batch", _answer(taken=1, refused=(1, 2)), _expected("a", "b", "c"))
    stubber.add_response("send_message_batch", _answer(taken=2), _expected("b", "c"))
    pauses: list[float] = []
    assert send_all(client, QUEUE, ["a", "b", "c"], sleep=pauses.append) == 2
    assert len(pauses) == 1
    assert 0 < pauses[0] < 1


def test_a_queue_that_keeps_refusing_is_an_error_and_never_a_loss(stubbed: tuple[Any, Stubber]) -> None:
    client, stubber = stubbed
    for _ in range(3):
        stubber.add_response("send_message_batch", _answer(taken=0, refused=(0,)), _expected("a"))
    with pytest.raises(UnavailableError, match="refused 1 of 1"):
        send_all(client, QUEUE, ["a"], sleep=lambda _: None)


def test_a_call_that_fails_as_a_whole_is_an_error(stubbed: tuple[Any, Stubber]) -> None:
    client, stubber = stubbed
    stubber.add_client_error("send_message_batch", "ThrottlingException", http_status_code=400)
    with pytest.raises(UnavailableError, match="could not be reached"):
        send_all(client, QUEUE, ["a"])


def test_a_queue_that_cannot_be_reached_is_an_error() -> None:
    class Unreachable:
        def send_message_batch(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url=QUEUE)

    with pytest.raises(UnavailableError, match="could not be reached"):
        send_all(Unreachable(), QUEUE, ["a"])  # type: ignore[arg-type]


@given(st.lists(st.integers(min_value=1, max_value=MAX_CALL_BYTES), max_size=40))
def test_groups_keep_the_order_and_both_limits(sizes: list[int]) -> None:
    bodies = ["x" * size for size in sizes]
    groups = list(batches_of(bodies))
    assert [body for group in groups for body in group] == bodies
    assert all(1 <= len(group) <= MAX_ENTRIES for group in groups)
    assert all(sum(map(len, group)) <= MAX_CALL_BYTES for group in groups)


@mock_aws
def test_what_was_sent_is_in_the_queue() -> None:
    client = _client()
    url = client.create_queue(QueueName="events")["QueueUrl"]
    bodies = [json.dumps({"n": n}) for n in range(23)]
    assert send_all(client, url, bodies) == 3
    found = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    assert sorted(found) == sorted(bodies)
