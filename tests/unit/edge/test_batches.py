from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from leitplanke.edge.batches import Record, process_batch, process_records, records_of
from leitplanke.edge.logs import logger

LOGGER = logger("test_batches")


class Sqs:
    """Takes what is asked of it; the client that a handler hands on."""

    def __init__(self) -> None:
        self.meta = SimpleNamespace(endpoint_url="https://sqs.eu-central-1.amazonaws.com")
        self.asked: list[dict[str, Any]] = []

    def change_message_visibility_batch(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return {"Successful": arguments["Entries"], "Failed": []}


def _never() -> Any:
    raise AssertionError("nothing failed, so nobody needs SQS")


def _event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"id-{body}",
                "receiptHandle": f"receipt-{body}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1545082649183"},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:Somewhere",
            }
            for body in bodies
        ]
    }


def test_a_record_carries_what_a_handler_needs() -> None:
    assert records_of(_event("a")) == [
        Record(
            message_id="id-a",
            body="a",
            tries=2,
            sent_at=datetime(2018, 12, 17, 21, 37, 29, 183000, tzinfo=UTC),
        )
    ]


def test_when_all_messages_are_done_nothing_comes_again() -> None:
    seen: list[str] = []
    answer = process_records(
        _event("a", "b"), lambda record: seen.append(record.body), logger=LOGGER, sqs=_never
    )
    assert seen == ["a", "b"]
    assert answer == {"batchItemFailures": []}


def test_only_the_message_that_raised_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    def handle(record: Record) -> None:
        if record.body == "b":
            raise ValueError("cannot read b")

    sqs: Any = Sqs()
    answer = process_records(_event("a", "b", "c"), handle, logger=LOGGER, sqs=lambda: sqs)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "id-b"}]}
    (asked,) = sqs.asked
    assert asked["QueueUrl"] == "https://sqs.eu-central-1.amazonaws.com/123456789012/Somewhere"
    assert [entry["ReceiptHandle"] for entry in asked["Entries"]] == ["receipt-b"]


def test_a_batch_handler_names_the_messages_that_come_again() -> None:
    def handle(records: Sequence[Record]) -> set[str]:
        return {record.message_id for record in records if record.body == "b"}

    assert process_batch(_event("a", "b"), handle, logger=LOGGER, sqs=Sqs) == {  # type: ignore[arg-type]
        "batchItemFailures": [{"itemIdentifier": "id-b"}]
    }


def test_when_a_batch_handler_raises_all_messages_come_again() -> None:
    def handle(_: Sequence[Record]) -> set[str]:
        raise RuntimeError("the table is gone")

    assert process_batch(_event("a", "b"), handle, logger=LOGGER, sqs=Sqs) == {  # type: ignore[arg-type]
        "batchItemFailures": [{"itemIdentifier": "id-a"}, {"itemIdentifier": "id-b"}]
    }
