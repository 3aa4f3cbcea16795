"""The domain bus: CloudEvents as EventBridge entries, as many a call as it takes, refused ones again."""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_CALL_BYTES = 262_144
"""Entries of one PutEvents call, and all of them together (Amazon EventBridge quotas)."""
ATTEMPTS = 3
_FIRST_PAUSE_SECONDS = 0.05
_NEVER = frozenset({"InvalidArgument", "MalformedDetail", "ValidationException"})
"""What is wrong with the event itself (EventBridge API reference, PutEventsResultEntry), and stays wrong."""


class EventRefusedError(Exception):
    """The bus will never take this event."""


def publish_all(
    client: "EventBridgeClient",
    bus_name: str,
    events: Iterable[Mapping[str, Any]],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Put every event on the bus; returns the number of calls made.

    A call may take some entries and refuse others: only those are sent again, up to ATTEMPTS times in all.
    Raises UnavailableError if any was not taken, EventRefusedError if one never will be. What was taken
    before stays taken, so a caller who tries again publishes it twice, with the same ids.
    """
    calls = 0
    for entries in _batches(_entry(event, bus_name) for event in events):
        left = entries
        for attempt in range(ATTEMPTS):
            if attempt:
                sleep(_FIRST_PAUSE_SECONDS * 2**attempt * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
            left = _put(client, left)
            calls += 1
            if not left:
                break
        if left:
            raise UnavailableError(f"the bus refused {len(left)} of {len(entries)} events")
    return calls


def _put(
    client: "EventBridgeClient", entries: "list[PutEventsRequestEntryTypeDef]"
) -> "list[PutEventsRequestEntryTypeDef]":
    """One call; returns the entries that were not taken."""
    try:
        answer = client.put_events(Entries=entries)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NEVER:
            raise EventRefusedError(f"the bus refuses a call of {len(entries)}: {error}") from error
        raise UnavailableError("the bus refuses for now") from error
    except BotoCoreError as error:
        raise UnavailableError("the bus could not be reached") from error
    results = list(zip(entries, answer["Entries"], strict=True))
    for entry, result in results:
        if result.get("ErrorCode") in _NEVER:
            what = f"{entry['DetailType']} of {entry['Resources']}"
            raise EventRefusedError(f"the bus refuses {what}: {result.get('ErrorMessage')}")
    return [entry for entry, result in results if result.get("ErrorCode")]


def _entry(event: Mapping[str, Any], bus_name: str) -> "PutEventsRequestEntryTypeDef":
    return {
        "Source": str(event["source"]),
        "DetailType": str(event["type"]),
        "Detail": json.dumps(event, separators=(",", ":")),
        "EventBusName": bus_name,
        "Resources": [str(event["subject"])],
    }


def _size(entry: "PutEventsRequestEntryTypeDef") -> int:
    """As EventBridge counts it (user guide, "Calculating PutEvents event entry size"); ours have no time."""
    parts = [entry["Source"], entry["DetailType"], entry["Detail"], *entry["Resources"]]
    return sum(len(part.encode()) for part in parts)


def _batches(
    entries: "Iterable[PutEventsRequestEntryTypeDef]",
) -> "Iterator[list[PutEventsRequestEntryTypeDef]]":
    """In order, in groups that one call may carry."""
    group: list[PutEventsRequestEntryTypeDef] = []
    room = MAX_CALL_BYTES
    for entry in entries:
        size = _size(entry)
        if group and (len(group) == MAX_ENTRIES or size > room):
            yield group
            group, room = [], MAX_CALL_BYTES
        group.append(entry)
        room -= size
    if group:
        yield group
