"""What failed comes again after seconds; what fails again and again waits longer."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from leitplanke.edge.redelivery import LONGEST_SECONDS, MOST_CALLS, Failed, come_again_soon, pause_seconds

ARN = "arn:aws:sqs:eu-central-1:123456789012:leitplanke-EventQueue"


class Sqs:
    """The client, as far as it is used; `fault` is raised from the second call on."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.meta = SimpleNamespace(endpoint_url="https://sqs.eu-central-1.amazonaws.com")
        self.calls: list[dict[str, Any]] = []
        self._fault = fault

    def change_message_visibility_batch(self, **arguments: Any) -> dict[str, Any]:
        self.calls.append(arguments)
        if self._fault and len(self.calls) > 1:
            raise self._fault
        return {"Successful": arguments["Entries"]}


def failed(number: int, *, tries: int = 1, queue: str = ARN) -> Failed:
    return Failed(tries=tries, queue_arn=queue, receipt=f"receipt {number}")


def test_the_first_pause_is_seconds_and_the_last_minutes() -> None:
    assert [pause_seconds(tries, chance=1.0) for tries in (1, 2, 3, 4, 5, 10, 1_000)] == [
        5, 15, 45, 135, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS,
    ]  # fmt: skip


def test_what_failed_together_does_not_come_back_together() -> None:
    assert pause_seconds(4, chance=0.0) < pause_seconds(4, chance=1.0)
    assert pause_seconds(1, chance=0.0) >= 1


def test_each_message_rests_by_how_often_it_was_tried() -> None:
    sqs: Any = Sqs()
    assert come_again_soon([failed(1), failed(2, tries=3)], sqs=lambda: sqs, chance=lambda: 1.0) == 2
    (call,) = sqs.calls
    assert call["QueueUrl"] == "https://sqs.eu-central-1.amazonaws.com/123456789012/leitplanke-EventQueue"
    assert [(entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in call["Entries"]] == [
        ("receipt 1", 5),
        ("receipt 2", 45),
    ]


def test_ten_go_in_a_call_and_each_queue_has_its_own() -> None:
    sqs: Any = Sqs()
    messages = [*(failed(n) for n in range(12)), failed(99, queue=f"{ARN}2")]
    assert come_again_soon(messages, sqs=lambda: sqs) == 13
    assert [len(call["Entries"]) for call in sqs.calls] == [10, 2, 1]
    assert all(len({entry["Id"] for entry in call["Entries"]}) == len(call["Entries"]) for call in sqs.calls)


def test_of_very_many_the_rest_waits_the_time_out_out() -> None:
    sqs: Any = Sqs()
    assert come_again_soon([failed(n) for n in range(1_000)], sqs=lambda: sqs) == 10 * MOST_CALLS
    assert len(sqs.calls) == MOST_CALLS


@pytest.mark.parametrize(
    "fault",
    [
        ClientError(
            {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "ChangeMessageVisibilityBatch"
        ),
        EndpointConnectionError(endpoint_url="https://sqs.eu-central-1.amazonaws.com"),
    ],
)
def test_a_queue_that_does_not_answer_changes_nothing_and_raises_nothing(fault: Exception) -> None:
    sqs: Any = Sqs(fault)
    assert come_again_soon([failed(n) for n in range(30)], sqs=lambda: sqs) == 10
    assert len(sqs.calls) == 2
