"""SQS batches in, partial batch responses out.

Raising is the only way to fail. What fails is reported by message id (ReportBatchItemFailures), comes back
soon (`leitplanke.edge.redelivery`) and in the end to the dead-letter queue; its neighbours are done. Poison
needs no handling here: ten tries, then the dead-letter queue, its alarm and its runbook entry.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from aws_lambda_powertools.logging import Logger

from leitplanke.edge.redelivery import Failed, come_again_soon

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Sqs = Callable[[], "SQSClient"]
"""Gives the client, which is only built where something failed."""


class ItemIdentifier(TypedDict):
    """One message that has to come again."""

    itemIdentifier: str


class PartialBatchResponse(TypedDict):
    """What Lambda reads from a queue handler: empty means that everything is done."""

    batchItemFailures: list[ItemIdentifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One SQS message. `sent_at`: when it entered the queue. `tries` counts this delivery, the first is 1."""

    message_id: str
    body: str
    tries: int
    sent_at: datetime


def records_of(event: Mapping[str, Any]) -> list[Record]:
    """The messages of a Lambda event from SQS, in the order in which they came."""
    return [
        Record(
            message_id=raw["messageId"],
            body=raw["body"],
            tries=int(raw["attributes"]["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(raw["attributes"]["SentTimestamp"]) / 1000, tz=UTC),
        )
        for raw in event["Records"]
    ]


def process_records(
    event: Mapping[str, Any], handle: Callable[[Record], object], *, logger: Logger, sqs: Sqs
) -> PartialBatchResponse:
    """Call `handle` for each message; those for which it raises come again."""
    failed: list[str] = []
    for record in records_of(event):
        try:
            handle(record)
        except Exception:
            logger.exception("message failed", extra={"message_id": record.message_id, "tries": record.tries})
            failed.append(record.message_id)
    return _again(event, failed, sqs=sqs)


def process_batch(
    event: Mapping[str, Any],
    handle: Callable[[Sequence[Record]], Collection[str]],
    *,
    logger: Logger,
    sqs: Sqs,
) -> PartialBatchResponse:
    """Call `handle` once with all messages; it returns the ids of those that have to come again.

    For work that gets cheaper by being done together. If `handle` raises, the whole batch comes again.
    """
    records = records_of(event)
    try:
        failed = handle(records)
    except Exception:
        logger.exception("batch failed", extra={"messages": len(records)})
        failed = [record.message_id for record in records]
    return _again(event, failed, sqs=sqs)


def _again(event: Mapping[str, Any], message_ids: Collection[str], *, sqs: Sqs) -> PartialBatchResponse:
    if message_ids:
        wanted = set(message_ids)
        come_again_soon([_failed(raw) for raw in event["Records"] if raw["messageId"] in wanted], sqs=sqs)
    return partial_failure(message_ids)


def _failed(raw: Mapping[str, Any]) -> Failed:
    return Failed(
        tries=int(raw["attributes"]["ApproximateReceiveCount"]),
        queue_arn=raw["eventSourceARN"],
        receipt=raw["receiptHandle"],
    )


def partial_failure(message_ids: Collection[str]) -> PartialBatchResponse:
    """The answer that makes exactly these messages come again."""
    return {"batchItemFailures": [{"itemIdentifier": ident} for ident in message_ids]}
