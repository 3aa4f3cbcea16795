"""Function 7: every minute, what is due. Many due looks are handed out through a queue, back to here."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from leitplanke.domain.errors import LeitplankeError
from leitplanke.edge import clients, clock
from leitplanke.edge.batches import PartialBatchResponse, Record, partial_failure, process_records
from leitplanke.edge.bus import publish_all
from leitplanke.edge.heartbeat import beat
from leitplanke.edge.logs import count, logger
from leitplanke.edge.milestones import count_milestones
from leitplanke.edge.queues import send_all
from leitplanke.edge.secrets import ChannelSecrets
from leitplanke.edge.settings import WatchClocksSettings, settings
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.drills import Drills
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.problems import Problems
from leitplanke.table.restore_times import RestoreHistogram
from leitplanke.table.services import Services
from leitplanke.table.signatures import Signatures
from leitplanke.usecases.drill import hold_drill
from leitplanke.usecases.judge_overrides import OverrideJudge
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.watch_clocks import Clocks, Report
from leitplanke.usecases.watch_incidents import IncidentClocks
from leitplanke.usecases.watch_senders import SenderWatch

SERVICE = "watch_clocks"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """The minute's sweep, or a batch of looks handed out by one."""
    if "Records" in event:
        return process_records(
            event, _handed_out, logger=logger(SERVICE, _settings().log_level), sqs=clients.sqs
        )
    try:
        _sweep(clock.now())
    finally:
        if _settings().heartbeat:
            _hold_drill(clock.now())
    return partial_failure([])


def _sweep(now: datetime) -> None:
    report = _clocks().sweep(now)
    _tell(report)
    if report.failed:
        raise RuntimeError(f"{len(report.failed)} looks failed; they are due again in a minute")


def _handed_out(record: Record) -> None:
    """A look that fails keeps its due row, so the next sweep hands it out again: the message is done."""
    _tell(_clocks().handed_out(record.body, now=clock.now()))


def _tell(report: Report) -> None:
    log = logger(SERVICE, _settings().log_level)
    for subject, error in report.failed:
        log.error("could not be looked at", exc_info=error, extra={"subject": subject})
    for subject in report.unknown:
        log.warning("not a kind of subject that this release knows", extra={"subject": subject})
    count(
        SERVICE,
        {
            "LooksDue": report.done + report.handed_out + len(report.failed) + len(report.unknown),
            "LooksHandedOut": report.handed_out,
            "LooksFailed": len(report.failed),
        },
    )


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


def _to_the_bus(events: Sequence[Mapping[str, Any]]) -> None:
    publish_all(clients.events(), _settings().bus_name, events)
    count_milestones(events)


def _send_events(bodies: Iterable[str]) -> None:
    send_all(clients.sqs(), _settings().event_queue_url, bodies)


def _hand_out(bodies: Iterable[str]) -> None:
    send_all(clients.sqs(), _settings().clock_queue_url, bodies)


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
    looks = Looks(table)
    senders = SenderWatch(integrations=Integrations(table), looks=looks, backlog=_backlog, send=_send_events)
    publisher = Publisher(
        incidents=Incidents(table),
        problems=Problems(table),
        services=Services(table),
        publish=_to_the_bus,
    )
    incidents = IncidentClocks(
        alerts=Alerts(table),
        incidents=publisher.incidents,
        publisher=publisher,
        policies=_POLICIES.setdefault(table.name, ActivePolicy(table)),
        senders=senders,
        judge=OverrideJudge(
            incidents=publisher.incidents,
            guardrails=Guardrails(table),
            restore_times=RestoreHistogram(table),
            signatures=Signatures(table),
        ),
    )
    return Clocks(looks=looks, incidents=incidents, publisher=publisher, senders=senders, hand_out=_hand_out)


_POLICIES: dict[str, ActivePolicy] = {}
"""The compiled policy lives as long as the process, unlike what a sweep remembers."""
