"""Function 6: the lanes' queues are emptied here, and people told."""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from leitplanke.domain.errors import NotFoundError, UnavailableError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, process_records
from leitplanke.edge.channels import CALL_SECONDS, Channels
from leitplanke.edge.clients import Patience
from leitplanke.edge.ids import new_id
from leitplanke.edge.logs import count, logger
from leitplanke.edge.secrets import ChannelSecrets
from leitplanke.edge.settings import NotifyRespondersSettings, settings
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.ledger import Ledger
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.problems import Problems
from leitplanke.table.services import Services
from leitplanke.usecases.notify_responders import Notifier, Report

SERVICE = "notify_responders"
_TO_FINISH = timedelta(seconds=CALL_SECONDS + 3)
"""What a channel may take, and noting it in the ledger: with less time left, no call begins."""


def handler(event: Mapping[str, Any], context: Any) -> PartialBatchResponse:
    """A message from one of the lanes' queues."""
    log = logger(SERVICE, settings(NotifyRespondersSettings).log_level)
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    until = clock.now() + left - _TO_FINISH
    return process_records(event, lambda record: _tell(record, until), logger=log, sqs=clients.sqs)


def _tell(record: Record, until: datetime) -> None:
    """Raises if somebody has not been told, so that the message comes again.

    What the table does not know never comes to be known: the table was restored to an earlier time.
    """
    about = json.loads(record.body)["detail"]
    subject, revision = str(about["subject"]), int(about["data"]["revision"])
    where = {"subject": subject, "revision": revision, "tries": record.tries}
    try:
        report = _notifier().notify(subject, revision, until=until)
    except NotFoundError:
        logger(SERVICE).warning("no such change", extra=where)
        return
    _count(report)
    if report.unreachable:
        logger(SERVICE).error("nobody to tell", extra={**where, "reason": report.unreachable})
    if report.perhaps_twice:
        logger(SERVICE).warning("perhaps told twice", extra={**where, "channels": report.perhaps_twice})
    if report.unfinished:
        raise UnavailableError(f"{subject} revision {revision}: " + "; ".join(report.unfinished))


def _count(report: Report) -> None:
    count(
        SERVICE,
        {
            "ChannelsTold": report.told,
            "ChannelsToldBefore": report.told_before,
            "ChannelsPerhapsToldTwice": report.perhaps_twice,
            "ChannelsNotTold": len(report.unfinished),
            "NobodyToTell": 1 if report.unreachable else 0,
            "NothingToTell": 1 if report.quiet else 0,
        },
    )


@cache
def _notifier() -> Notifier:
    configured = settings(NotifyRespondersSettings)
    table = Table(clients.dynamodb(), configured.table_name)
    secrets = ChannelSecrets(
        ssm=lambda: clients.ssm(Patience.PROMPT),
        secretsmanager=lambda: clients.secretsmanager(Patience.PROMPT),
        environ=os.environ,
    )
    return Notifier(
        incidents=Incidents(table),
        alerts=Alerts(table),
        services=Services(table),
        problems=Problems(table),
        ledger=Ledger(table),
        policies=ActivePolicy(table),
        send=Channels(secrets).send,
        clock=clock.now,
        new_id=new_id,
        public_url=configured.public_url.rstrip("/"),
    )
