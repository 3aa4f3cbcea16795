"""Function 3: the table's stream goes to the domain bus.

A record that cannot be read goes to its own queue and its neighbours through: a stream that stops at
poison stops everything behind it. What the bus refuses for now comes again with the stream, and if that
fails the clocks publish it.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, partial_failure
from leitplanke.edge.bus import publish_all
from leitplanke.edge.logs import count, logger
from leitplanke.edge.queues import send_all
from leitplanke.edge.settings import PublishChangesSettings, settings
from leitplanke.table.client import Table, decode_row
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.publish_changes import Publisher, RowChange, publish_changes

SERVICE = "publish_changes"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of stream records, in order."""
    records = list(event["Records"])
    changes = [change for record in records if (change := _change_of(record)) is not None]
    if not changes:
        return partial_failure([])
    try:
        published = _publish(changes)
    except UnavailableError:
        _log().exception("changes wait", extra={"records": len(records)})
        return partial_failure([records[0]["dynamodb"]["SequenceNumber"]])
    count(SERVICE, {"EventsPublished": published})
    return partial_failure([])


def _publish(changes: list[tuple[RowChange, Mapping[str, Any]]]) -> int:
    """All at once; if one of them is poison, each by itself, so that only that one is set aside."""
    now = clock.now()
    try:
        return publish_changes([change for change, _ in changes], _publisher(), now=now)
    except UnavailableError:
        raise
    except Exception:
        _log().exception("looking for the poisoned change", extra={"changes": len(changes)})
    published = 0
    for change, record in changes:
        try:
            published += publish_changes([change], _publisher(), now=now)
        except UnavailableError:
            raise
        except Exception as error:
            _set_aside(record, error)
    return published


def _change_of(record: Mapping[str, Any]) -> tuple[RowChange, Mapping[str, Any]] | None:
    """What a record says, None for a row that is gone and for poison (which is set aside)."""
    images = record["dynamodb"]
    if "NewImage" not in images:
        return None
    try:
        before = decode_row(images["OldImage"]) if "OldImage" in images else None
        return RowChange(before=before, after=decode_row(images["NewImage"])), record
    except Exception as error:
        _set_aside(record, error)
        return None


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
