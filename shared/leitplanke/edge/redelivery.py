"""What failed comes again soon: after seconds at first, not after the queue's whole visibility time-out.

That time-out is minutes long, because it has to outlast a throttled batch (template.yaml). A message whose
handler is done with it, only without success, need not wait that long: an alert held up by one throttled
call would reach people six minutes late. So its handler shortens the wait before it says that it failed
(Amazon SQS developer guide, "Amazon SQS visibility timeout"). Who dies waits the time-out out.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

FIRST_SECONDS = 5
FACTOR = 3
LONGEST_SECONDS = 300
"""5, 15, 45, 135, then 300 s: what is over in a moment costs a moment, and ten tries span half an hour."""
MOST_ENTRIES = 10  # Amazon SQS API reference, ChangeMessageVisibilityBatch
MOST_CALLS = 20
"""For one batch. What is left over waits the time-out out: a thousand failed for one and the same reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A message that has to come again: how often it was tried, and what SQS wants to know to hide it."""

    tries: int
    queue_arn: str
    receipt: str


def pause_seconds(tries: int, *, chance: float) -> int:
    """How long a message rests that was tried so often; `chance` (0 to 1) spreads what failed together."""
    whole: int = min(FIRST_SECONDS * FACTOR ** (min(tries, 10) - 1), LONGEST_SECONDS)
    return max(1, round(whole * (0.75 + 0.25 * chance)))


def come_again_soon(
    failed: Sequence[Failed],
    *,
    sqs: Callable[[], "SQSClient"],
    chance: Callable[[], float] = random.random,
) -> int:
    """Shorten the wait of these messages; returns for how many that was done. Never raises.

    Where SQS does not answer, the queue's own visibility time-out counts.
    """
    done = 0
    for queue_arn, entries in islice(_calls(failed, chance), MOST_CALLS):
        try:
            client = sqs()
            answer = client.change_message_visibility_batch(
                QueueUrl=_url(client, queue_arn), Entries=list(entries)
            )
        except (BotoCoreError, ClientError):
            return done
        done += len(answer.get("Successful", []))
    return done


def _calls(
    failed: Sequence[Failed], chance: Callable[[], float]
) -> Iterator[tuple[str, Sequence["ChangeMessageVisibilityBatchRequestEntryTypeDef"]]]:
    by_queue: dict[str, list[Failed]] = defaultdict(list)
    for one in failed:
        by_queue[one.queue_arn].append(one)
    for queue_arn, messages in by_queue.items():
        for start in range(0, len(messages), MOST_ENTRIES):
            yield (
                queue_arn,
                [
                    {
                        "Id": str(number),
                        "ReceiptHandle": one.receipt,
                        "VisibilityTimeout": pause_seconds(one.tries, chance=chance()),
                    }
                    for number, one in enumerate(messages[start : start + MOST_ENTRIES])
                ],
            )


def _url(client: "SQSClient", queue_arn: str) -> str:
    """arn:aws:sqs:<region>:<account>:<name>, as the URL that the client's own endpoint has for it."""
    account, name = queue_arn.split(":")[4:6]
    return f"{client.meta.endpoint_url.rstrip('/')}/{account}/{name}"
