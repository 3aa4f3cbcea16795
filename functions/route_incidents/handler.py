"""Function 4: whatever may change an incident's impact makes it decided anew."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from leitplanke.domain.errors import NotFoundError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, process_batch
from leitplanke.edge.logs import count, logger
from leitplanke.edge.queues import send_all
from leitplanke.edge.settings import RouteIncidentsSettings, settings
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.services import Services
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.route_incidents import Router

SERVICE = "route_incidents"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of messages; each subject in it is looked at once."""
    log = logger(SERVICE, settings(RouteIncidentsSettings).log_level)
    return process_batch(event, _route_all, logger=log, sqs=clients.sqs)


def _route_all(records: Sequence[Record]) -> Collection[str]:
    """Returns the messages whose subject could not be routed."""
    by_subject: dict[str, list[str]] = {}
    failed: list[str] = []
    for record in records:
        try:
            by_subject.setdefault(_subject(record), []).append(record.message_id)
        except (KeyError, TypeError, ValueError):
            logger(SERVICE).exception("not a message of ours", extra={"message_id": record.message_id})
            failed.append(record.message_id)
    for subject, message_ids in by_subject.items():
        try:
            _route(subject)
        except Exception:
            logger(SERVICE).exception("could not be routed", extra={"subject": subject})
            failed.extend(message_ids)
    count(SERVICE, {"SubjectsRouted": len(by_subject)})
    return failed


def _subject(record: Record) -> str:
    subject = json.loads(record.body)["detail"]["subject"]
    if not isinstance(subject, str):
        raise TypeError("detail.subject is not text")
    return subject


def _route(subject: str) -> None:
    kind, _, name = subject.partition("/")
    now = clock.now()
    if kind == "service":
        _router().flipped(name, now=now)
        return
    try:
        _router().route(name, now=now)
    except NotFoundError:
        logger(SERVICE).warning("no such incident", extra={"subject": subject})


@cache
def _router() -> Router:
    configured = settings(RouteIncidentsSettings)
    table = Table(clients.dynamodb(), configured.table_name)

    def wake(bodies: Any) -> None:
        send_all(clients.sqs(), configured.routing_queue_url, bodies)

    return Router(
        incidents=Incidents(table),
        alerts=Alerts(table),
        services=Services(table),
        signatures=Signatures(table),
        policies=ActivePolicy(table),
        wake=wake,
    )
