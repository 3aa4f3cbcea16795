"""Function 5: does it come back, and how long do customers usually wait? Learning is done here."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from leitplanke.domain.errors import NotFoundError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, process_records
from leitplanke.edge.ids import new_id
from leitplanke.edge.logs import logger
from leitplanke.edge.settings import DetectRecurrenceSettings, settings
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.problems import Problems
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.detect_recurrence import Recurrence
from leitplanke.usecases.measure_restores import RestoreMeasure

SERVICE = "detect_recurrence"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of messages about incidents."""
    log = logger(SERVICE, settings(DetectRecurrenceSettings).log_level)
    return process_records(event, _review, logger=log, sqs=clients.sqs)


def _review(record: Record) -> None:
    happened = json.loads(record.body)["detail"]
    _, _, incident_id = str(happened["subject"]).partition("/")
    try:
        _recurrence().review(incident_id, now=clock.now())
        if happened["type"] == "incident.closed":
            _measure().review(incident_id)
    except NotFoundError:
        logger(SERVICE).warning("no such incident", extra={"incident_id": incident_id})


@cache
def _recurrence() -> Recurrence:
    table = _table()
    return Recurrence(
        incidents=Incidents(table),
        problems=Problems(table),
        signatures=Signatures(table),
        policies=ActivePolicy(table),
        new_id=new_id,
    )


@cache
def _measure() -> RestoreMeasure:
    table = _table()
    return RestoreMeasure(incidents=Incidents(table), restore_times=RestoreHistogram(table))


def _table() -> Table:
    return Table(clients.dynamodb(), settings(DetectRecurrenceSettings).table_name)
