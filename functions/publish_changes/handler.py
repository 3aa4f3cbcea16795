"""Function 3: the table's stream goes to the domain bus.

A record that can never be published goes to its own queue and its neighbours through: a stream that stops at
poison stops everything behind it. What the bus refuses for now comes again with the stream, and if that
fails the clocks publish it.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge import clients
from leitplanke.edge.batches import PartialBatchResponse, partial_failure
from leitplanke.edge.bus import publish_all
from leitplanke.edge.logs import count, logger
from leitplanke.edge.milestones import milestones_of
from leitplanke.edge.queues import send_all
from leitplanke.edge.settings import PublishChangesSettings, settings
from leitplanke.table.client import Table, decode_row
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.publish_changes import Publisher, RowChange, publish_changes

SERVICE = "publish_changes"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of stream records, in order. All of it comes again, or none."""
    records = list(event["Records"])
    try:
        _publish(records)
    except UnavailableError:
        _log().exception("changes wait", extra={"records": len(records)})
        return partial_failure([records[0]["dynamodb"]["SequenceNumber"]])
    return partial_failure([])


def _publish(records: list[Mapping[str, Any]]) -> None:
    poison: dict[int, Exception] = {}
    changes: list[RowChange] = []
    for number, record in enumerate(records):
        try:
            changes.extend(_changes_of(record, number))
        except Exception as error:
            poison[number] = error
    published = publish_changes(changes, _publisher())
    poison |= {change.number: reason for change, reason in published.poisoned}
    for number in sorted(poison):
        _set_aside(records[number], poison[number])
    count(
        SERVICE,
        {
            "EventsPublished": len(published.events),
            "ChangesSetAside": len(poison),
            **milestones_of(published.events),
        },
    )
    if published.unnoted:
        _log().warning("published without a note of it", extra={"rows": published.unnoted})


def _changes_of(record: Mapping[str, Any], number: int) -> list[RowChange]:
    """What a record says; nothing if the row is gone."""
    images = record["dynamodb"]
    if "NewImage" not in images:
        return []
    before = decode_row(images["OldImage"]) if "OldImage" in images else None
    after = decode_row(images["NewImage"])
    return [RowChange(before=before, after=after, number=number)]


def _set_aside(record: Mapping[str, Any], error: Exception) -> None:
    _log().error("poison in the stream", exc_info=error, extra={"event_id": record.get("eventID")})
    body = json.dumps({"error": f"{type(error).__name__}: {error}", "record": record}, default=str)
    send_all(clients.sqs(), settings(PublishChangesSettings).stream_dead_letters_url, [body])


def _log() -> Any:
    return logger(SERVICE, settings(PublishChangesSettings).log_level)


@cache
def _publisher() -> Publisher:
    configured = settings(PublishChangesSettings)
    table = Table(clients.dynamodb(), configured.table_name)
    return Publisher(
        incidents=Incidents(table),
        problems=Problems(table),
        services=Services(table),
        publish=lambda events: publish_all(clients.events(), configured.bus_name, events),
    )
