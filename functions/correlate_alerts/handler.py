"""Function 2: batches of the event queue become alerts and incidents."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from leitplanke.domain.drills import is_drill
from leitplanke.domain.errors import UnavailableError
from leitplanke.domain.events import Event, EventMessage
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, process_batch
from leitplanke.edge.ids import new_id
from leitplanke.edge.logs import count, logger
from leitplanke.edge.settings import CorrelateAlertsSettings, settings
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.drills import Drills
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.quarantine import Quarantine
from leitplanke.usecases.correlate_alerts import Correlator, Report

SERVICE = "correlate_alerts"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of SQS messages, correlated as one."""
    log = logger(SERVICE, settings(CorrelateAlertsSettings).log_level)
    return process_batch(event, _correlate, logger=log, sqs=clients.sqs)


def _correlate(records: Sequence[Record]) -> Collection[str]:
    """Returns the messages that must come again: unreadable ones, and those with an unfinished alert."""
    messages: dict[str, tuple[Event, ...]] = {}
    unreadable: list[str] = []
    for record in records:
        try:
            messages[record.message_id] = EventMessage.model_validate_json(record.body).events
        except ValidationError as error:
            log = logger(SERVICE)
            log.error("not a message of ours", extra={"message_id": record.message_id, "faults": str(error)})
            unreadable.append(record.message_id)
    events = [event for message in messages.values() for event in message]
    report = _correlator().correlate([event for event in events if not is_drill(event)], now=clock.now())
    _count(report)
    _note([event for event in events if is_drill(event)])
    if not report.unfinished:
        return unreadable  # nearly always; to name every event's alert again is a quarter of the work
    return [*unreadable, *(ident for ident, message in messages.items() if _is_unfinished(message, report))]


def _note(drills: Sequence[Event]) -> None:
    """A drill that cannot be noted harms nobody: the next one comes in a minute."""
    if not drills:
        return
    try:
        _drills().came_through(max(event.received_at for event in drills), at=clock.now())
    except UnavailableError:
        logger(SERVICE).exception("a drill could not be noted")


def _is_unfinished(message: Sequence[Event], report: Report) -> bool:
    return any(keys.alert_id(event.integration_id, event.alert_key) in report.unfinished for event in message)


def _count(report: Report) -> None:
    count(
        SERVICE,
        {
            "EventsCorrelated": report.events,
            "AlertsTouched": report.alerts,
            "OldNews": report.stale,
            "IncidentsOpened": report.opened,
            "EventsQuarantined": report.quarantined,
        },
    )


@cache
def _drills() -> Drills:
    return Drills(Table(clients.dynamodb(), settings(CorrelateAlertsSettings).table_name))


@cache
def _correlator() -> Correlator:
    table = Table(clients.dynamodb(), settings(CorrelateAlertsSettings).table_name)
    return Correlator(
        alerts=Alerts(table),
        incidents=Incidents(table),
        policies=ActivePolicy(table),
        quarantine=Quarantine(table),
        new_id=new_id,
    )
