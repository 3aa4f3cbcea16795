"""Sending to SQS: as few calls as the limits allow, and either everything was stored or an error says so."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_CALL_BYTES = 262_144
"""All bodies of one SendMessageBatch together. Newer accounts may send 1 MiB; 256 KiB holds in every one."""
ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.05


def batches_of(bodies: Iterable[str], *, max_bytes: int = MAX_CALL_BYTES) -> Iterator[list[str]]:
    """The bodies in order, in groups that one SendMessageBatch call may carry."""
    group: list[str] = []
    room = max_bytes
    for body in bodies:
        size = len(body.encode())
        if group and (len(group) == MAX_ENTRIES or size > room):
            yield group
            group, room = [], max_bytes
        group.append(body)
        room -= size
    if group:
        yield group


def send_all(
    client: "SQSClient",
    queue_url: str,
    bodies: Iterable[str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Store all bodies in the queue; returns the number of calls made.

    A call may take some entries and refuse others: only the refused ones are sent again, up to ATTEMPTS times
    in all. Raises UnavailableError if anything was not taken; what was taken before stays taken, so a caller
    who tries again sends it twice, which every consumer of ours bears.
    """
    calls = 0
    for group in batches_of(bodies):
        left = group
        for attempt in range(ATTEMPTS):
            if attempt:
                sleep(_FIRST_PAUSE_SECONDS * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
            left = _send(client, queue_url, left)
            calls += 1
            if not left:
                break
        if left:
            raise UnavailableError(f"the queue refused {len(left)} of {len(group)} messages")
    return calls


def _send(client: "SQSClient", queue_url: str, bodies: Sequence[str]) -> list[str]:
    """One call; returns the bodies that were not taken."""
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(position), "MessageBody": body} for position, body in enumerate(bodies)
    ]
    try:
        answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError("the queue could not be reached") from error
    return [bodies[int(failure["Id"])] for failure in answer.get("Failed", [])]
