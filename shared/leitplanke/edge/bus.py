"""The domain bus: CloudEvents as EventBridge entries, ten a call, refused ones again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

MAX_ENTRIES = 10
"""Entries of one PutEvents call (Amazon EventBridge quotas)."""
_TRIES = 3


def publish_all(client: "EventBridgeClient", bus_name: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Put every event on the bus, or raise UnavailableError. What was taken stays taken."""
    for entries in _batches(_entry(event, bus_name) for event in events):
        left = entries
        for _ in range(_TRIES):
            left = _put(client, left)
            if not left:
                break
        if left:
            raise UnavailableError(f"the bus refused {len(left)} of {len(entries)} events")


def _put(
    client: "EventBridgeClient", entries: "list[PutEventsRequestEntryTypeDef]"
) -> "list[PutEventsRequestEntryTypeDef]":
    """One call; returns the entries that were not taken."""
    try:
        answer = client.put_events(Entries=entries)
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError("the bus could not be reached") from error
    return [
        entry for entry, result in zip(entries, answer["Entries"], strict=True) if result.get("ErrorCode")
    ]


def _entry(event: Mapping[str, Any], bus_name: str) -> "PutEventsRequestEntryTypeDef":
    return {
        "Source": str(event["source"]),
        "DetailType": str(event["type"]),
        "Detail": json.dumps(event, separators=(",", ":")),
        "EventBusName": bus_name,
        "Resources": [str(event["subject"])],
    }


def _batches(
    entries: "Iterable[PutEventsRequestEntryTypeDef]",
) -> "Iterator[list[PutEventsRequestEntryTypeDef]]":
    source = iter(entries)
    while batch := list(islice(source, MAX_ENTRIES)):
        yield batch
