"""SQS batches in, partial batch responses out.

Raising is the only way to fail. What fails is reported by message id (ReportBatchItemFailures), comes back
after the visibility time-out and ends in the dead-letter queue; its neighbours are done. Poison needs no
handling here: ten tries, then the dead-letter queue, its alarm and its runbook entry.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from aws_lambda_powertools.logging import Logger


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
    event: Mapping[str, Any], handle: Callable[[Record], object], *, logger: Logger
) -> PartialBatchResponse:
    """Call `handle` for each message; those for which it raises come again."""
    failed: list[str] = []
    for record in records_of(event):
        try:
            handle(record)
        except Exception:
            logger.exception("message failed", extra={"message_id": record.message_id, "tries": record.tries})
            failed.append(record.message_id)
    return partial_failure(failed)


def process_batch(
    event: Mapping[str, Any],
    handle: Callable[[Sequence[Record]], Collection[str]],
    *,
    logger: Logger,
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
    return partial_failure(failed)


def partial_failure(message_ids: Collection[str]) -> PartialBatchResponse:
    """The answer that makes exactly these messages come again."""
    return {"batchItemFailures": [{"itemIdentifier": ident} for ident in message_ids]}
