"""What the bus was told since a time: the archive is replayed to a rule and a queue made for that alone.

    archive ──replay──▶ bus ──rule: this replay and nothing else──▶ queue ──▶ read here, all deleted again

Neither our own rules hear it (they want no `replay-name`), nor do other subscribers (`FilterArns`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.local.waiting import wait_for
from infra.restore.pausing import Tell
from infra.restore.stack import Clients, RestoreError, Stack
from leitplanke.domain.announcements import SOURCE, Announcement

ARCHIVED_AFTER_SECONDS = 600
"""An event may need so long to be in the archive (EventBridge user guide, "Archiving events")."""
MARGIN = timedelta(minutes=1)
"""Before the restore point: the bus knows the time of an event to the second, and by a clock of its own. What
the table knows all the same is no news to whoever compares."""
REPLAY_SECONDS = 3_600.0
_DRY_RECEIVES = 3
"""Long receives without a message after which the queue is empty: each asks all of SQS's servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sieve:
    """The rule that hears a replay, and its queue."""

    rule_arn: str
    queue_url: str


def said(
    stack: Stack, *, since: datetime, until: datetime, tell: Tell, wait_seconds: int = 5
) -> list[Announcement]:
    """Everything that the bus was told between the two (and a little before), each event once, in order.

    Raises RestoreError if there is no archive, or the replay fails.
    """
    clients, bus_arn = stack.clients, stack.output("BusArn")
    archive_arn = _archive(clients, bus_arn)
    name = f"{stack.output('BusName')[:40]}-gap-{until:%Y%m%d%H%M%S}"
    with _sieve(clients, name, bus=stack.output("BusName")) as sieve:
        clients.client("events").start_replay(
            ReplayName=name,
            EventSourceArn=archive_arn,
            EventStartTime=since - MARGIN,
            EventEndTime=until,
            Destination={"Arn": bus_arn, "FilterArns": [sieve.rule_arn]},
        )
        tell(f"replaying the archive from {since:%Y-%m-%d %H:%M:%S} UTC")
        wait_for(
            lambda: _replayed(clients, name), timeout=REPLAY_SECONDS, what=f"replay {name}", interval=0.5
        )
        found = list(_drained(clients.client("sqs"), sieve.queue_url, wait_seconds=wait_seconds))
    once = {json.dumps(one, sort_keys=True): one for one in found}
    tell(f"{len(once):,} announcements since then; asking the table about them")
    return sorted(once.values(), key=lambda one: (str(one["time"]), str(one["id"])))


def _archive(clients: Clients, bus_arn: str) -> str:
    found = clients.client("events").list_archives(EventSourceArn=bus_arn)["Archives"]
    if not found:
        raise RestoreError(
            f"the bus {bus_arn} has no archive, so what it was told is not known",
            remedy="compare with the lost table alone (--no-archive), and deploy with ArchiveDays=35",
        )
    answer = clients.client("events").describe_archive(ArchiveName=found[0]["ArchiveName"])
    return str(answer["ArchiveArn"])


@contextmanager
def _sieve(clients: Clients, name: str, *, bus: str) -> Iterator[_Sieve]:
    """Rule and queue for one replay; both are gone afterwards, whatever happens."""
    sqs, events = clients.client("sqs"), clients.client("events")
    url = sqs.create_queue(QueueName=name, Attributes={"SqsManagedSseEnabled": "true"})["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": [SOURCE], "replay-name": [name]})
        rule_arn = events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        try:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, rule_arn)})
            answer = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "gap", "Arn": arn}])
            if answer.get("FailedEntryCount"):
                raise RestoreError(f"the rule of the replay takes no target: {answer['FailedEntries']}")
            yield _Sieve(rule_arn=rule_arn, queue_url=url)
        finally:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["gap"])
            events.delete_rule(Name=name, EventBusName=bus)
    finally:
        sqs.delete_queue(QueueUrl=url)


def _policy(queue_arn: str, rule_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _replayed(clients: Clients, name: str) -> bool:
    found = clients.client("events").describe_replay(ReplayName=name)
    if found["State"] in ("FAILED", "CANCELLED"):
        raise RestoreError(f"the replay {name} was {found['State'].lower()}: {found.get('StateReason', '')}")
    return bool(found["State"] == "COMPLETED")


def _drained(sqs: Any, url: str, *, wait_seconds: int) -> Iterator[Announcement]:
    dry = 0
    while dry < _DRY_RECEIVES:
        messages = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds
        ).get("Messages", [])
        dry = 0 if messages else dry + 1
        for message in messages:
            yield json.loads(message["Body"])["detail"]
        if messages:
            handles = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=handles)
