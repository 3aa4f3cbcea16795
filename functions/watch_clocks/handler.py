"""Function 7: every minute, what is due. Many due looks are handed out through a queue, back to here."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any
from uuid import uuid4

from leitplanke.domain.errors import LeitplankeError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, partial_failure, process_records
from leitplanke.edge.bus import publish_all
from leitplanke.edge.heartbeat import beat
from leitplanke.edge.logs import count, logger
from leitplanke.edge.queues import send_all
from leitplanke.edge.secrets import ChannelSecrets
from leitplanke.edge.settings import WatchClocksSettings, settings
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.drills import Drills
from leitplanke.table.incidents import Incidents
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Look, Looks
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.problems import Problems
from leitplanke.table.rows import time_of
from leitplanke.table.services import Services
from leitplanke.usecases.drill import hold_drill
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.watch_clocks import Clocks
from leitplanke.usecases.watch_senders import SenderWatch

SERVICE = "watch_clocks"
INLINE = 100
"""Looks done by the sweep itself; beyond that it hands them out, so that a minute is always enough."""
PER_MESSAGE = 25


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """The minute's sweep, or a batch of looks handed out by one."""
    if "Records" in event:
        return process_records(event, _handed_out, logger=logger(SERVICE, _settings().log_level))
    try:
        _sweep(clock.now())
    finally:
        if _settings().heartbeat:
            _hold_drill(clock.now())
    return partial_failure([])


def _hold_drill(now: datetime) -> None:
    """Whatever goes wrong here, the clocks go on: the outside watcher hears nothing, and that is its sign."""
    try:
        came_through = hold_drill(
            Drills(_table()),
            send=_send_events,
            tell=lambda: beat(_secrets().resolve(_settings().heartbeat)),
            new_id=lambda: uuid4().hex,
            now=now,
        )
    except LeitplankeError:
        logger(SERVICE).exception("the outside watcher was not told")
        _secrets().forget(_settings().heartbeat)
        return
    count(SERVICE, {"HeartbeatsTold": came_through, "HeartbeatsMissed": not came_through})
    if not came_through:
        logger(SERVICE).error("the last drill did not come through: see EventAgeAlarm in docs/runbook.md")


def _sweep(now: datetime) -> None:
    looks = Looks(_table())
    due = looks.due(now)
    first = list(islice(due, INLINE))
    rest = list(due)
    if rest:
        send_all(clients.sqs(), _settings().clock_queue_url, _messages(rest))
    failed = _look_at_all(first, now)
    count(SERVICE, {"LooksDue": len(first) + len(rest), "LooksHandedOut": len(rest), "LooksFailed": failed})
    if failed:
        raise RuntimeError(f"{failed} of {len(first)} looks failed; they are due again in a minute")


def _messages(looks: Sequence[Look]) -> list[str]:
    return [
        json.dumps(
            {
                "schema": 1,
                "looks": [
                    [look.due.isoformat(), look.subject, look.armed_by]
                    for look in looks[start : start + PER_MESSAGE]
                ],
            }
        )
        for start in range(0, len(looks), PER_MESSAGE)
    ]


def _handed_out(record: Record) -> None:
    looks = [
        Look(due=time_of(due), subject=subject, armed_by="".join(armed_by))
        for due, subject, *armed_by in json.loads(record.body)["looks"]
    ]
    failed = _look_at_all(looks, clock.now())
    if failed:
        raise RuntimeError(f"{failed} of {len(looks)} looks failed")


def _look_at_all(looks: Sequence[Look], now: datetime) -> int:
    """Look at each; one that fails keeps its due row and does not hold up the others."""
    clocks = _clocks()
    done: list[Look] = []
    for look in looks:
        try:
            clocks.look(look.subject, now=now)
        except Exception:
            logger(SERVICE).exception("could not be looked at", extra={"subject": look.subject})
            continue
        done.append(look)
    Looks(_table()).done(done)
    return len(looks) - len(done)


def _settings() -> WatchClocksSettings:
    configured: WatchClocksSettings = settings(WatchClocksSettings)
    return configured


def _table() -> Table:
    return Table(clients.dynamodb(), _settings().table_name)


def _backlog() -> int:
    """Messages that wait in the event queue or are being worked on, as SQS estimates it."""
    answer = clients.sqs().get_queue_attributes(
        QueueUrl=_settings().event_queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(int(value) for value in answer["Attributes"].values())


def _send_events(bodies: Iterable[str]) -> None:
    send_all(clients.sqs(), _settings().event_queue_url, bodies)


@cache
def _secrets() -> ChannelSecrets:
    prompt = clients.Patience.PROMPT
    return ChannelSecrets(
        ssm=lambda: clients.ssm(prompt),
        secretsmanager=lambda: clients.secretsmanager(prompt),
        environ=os.environ,
    )


def _clocks() -> Clocks:
    """Fresh for every sweep: it remembers what it learnt about senders."""
    table = _table()
    incidents = Incidents(table)

    senders = SenderWatch(
        integrations=Integrations(table),
        looks=Looks(table),
        backlog=_backlog,
        send=_send_events,
        new_id=lambda: uuid4().hex,
    )
    publisher = Publisher(
        incidents=incidents,
        problems=Problems(table),
        services=Services(table),
        publish=lambda events: publish_all(clients.events(), _settings().bus_name, events),
    )
    return Clocks(
        alerts=Alerts(table),
        incidents=incidents,
        publisher=publisher,
        policies=_POLICIES.setdefault(table.name, ActivePolicy(table)),
        senders=senders,
    )


_POLICIES: dict[str, ActivePolicy] = {}
"""The compiled policy lives as long as the process, unlike what a sweep remembers."""
