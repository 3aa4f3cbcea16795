"""The acts of the drill, in order. Each waits until what it has begun has come to its end."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.chaos import snapshot
from infra.chaos.quiet import Stillness
from infra.chaos.rig import Rig
from infra.chaos.snapshot import Snapshot
from infra.chaos.world import policy
from infra.drill.cast import People, Senders, symptom
from infra.drill.deeds import MADE, REVOKED, WAITED
from infra.local.deploy import STACK, deploy
from infra.local.waiting import NeverHappenedError, wait_for
from infra.restore import pausing, tables
from infra.restore.stack import Stack
from leitplanke.domain.rules import PRIORITIES
from leitplanke.table.policies import FRESH_FOR

_SPOILT = ("incident", "group", "change", "told")
"""Rows that the script gone wrong deletes."""


@dataclass(slots=True)
class Drill:
    """An installation, and what is known of it at each act."""

    rig: Rig
    tell: Callable[[str], None]
    senders: Senders = field(init=False)
    people: People = field(init=False)
    stack: Stack = field(init=False)
    restore_point: datetime = field(init=False)
    backup_arn: str = ""
    lost_table: str = ""
    table: str = ""
    made_key: str = ""
    revoked: tuple[str, str] = ("", "")
    redriven: int = 0

    def open(self) -> None:
        """Deploy, with an archive as the template has it, and a policy under which things recur soon."""
        self.rig.start(lambda _: None)
        self.senders, self.people = Senders(self.rig), People(self.rig)
        self.stack = Stack(self.rig.engine.aws, STACK)
        self.table = self.lost_table = self.stack.output("TableName")
        self.rig.engine.aws.client("events").create_archive(
            ArchiveName=f"{STACK}-drill", EventSourceArn=self.stack.output("BusArn"), RetentionDays=1
        )
        self.rig.installation.put_policy(_policy(reopen_window="3s"))
        # Each worker trusts the pointer that it has read for so long, and nobody can ask all of them.
        time.sleep(FRESH_FOR.total_seconds())

    def before(self) -> Snapshot:
        """Everyday life before the restore point, to its end; then the point itself."""
        prometheus, pagerduty = self.senders.prometheus, self.senders.pagerduty
        prometheus(*map(symptom, ("harbour-gateway-1", "harbour-database", "orchard-portal")))
        self.senders.alertmanager(symptom("lantern-portal"), symptom("lantern-portal", 2))
        for service in ("meadow-database", "quarry-gateway-1", "beacon-portal", "lantern-database"):
            pagerduty(symptom(service))
        pagerduty(symptom("weir-portal"))
        self.settle()
        pagerduty(symptom("weir-portal"), "resolve")
        self.people.act("harbour-database", "acknowledge")
        self.revoked = self.people.let_in(REVOKED)
        self._closed("weir-portal")
        self.settle()
        found = self.look()
        # The engine's point-in-time recovery copies what a table holds now; a backup is its state at a time.
        answer = self.rig.table().create_backup(TableName=self.table, BackupName="restore-point")
        self.backup_arn = answer["BackupDetails"]["BackupArn"]
        self.restore_point = datetime.now(UTC)
        return found

    def in_the_gap(self) -> Snapshot:
        """What will be lost, see deeds.IN_THE_GAP."""
        act, pagerduty = self.people.act, self.senders.pagerduty
        self.senders.prometheus(symptom("thicket-gateway-1"), ended=[symptom("harbour-gateway-1")])
        for service in ("thicket-database", "thicket-portal", "weir-portal"):
            pagerduty(symptom(service))
        pagerduty(symptom("meadow-database"), "resolve")
        pagerduty(symptom("quarry-gateway-1", 2))
        self.senders.alertmanager(ended=[symptom("lantern-portal", 2)])
        act("orchard-portal", "acknowledge")
        act("lantern-database", "note", text="the disk was full again")
        act("beacon-portal", "restore", workaround="restarted it", helped=True)
        _, self.made_key = self.people.let_in(MADE)
        self.people.revoke(self.revoked[0])
        self.settle()
        pagerduty(symptom("thicket-portal"), "resolve")
        self.rig.installation.put_policy(_policy(reopen_window="4s"))
        self.settle()
        return self.look()

    def ruin(self) -> Snapshot:
        """A script that was to tidy up deletes every incident; the senders notice nothing."""
        dynamodb = self.rig.table()
        for page in dynamodb.get_paginator("scan").paginate(TableName=self.lost_table):
            for row in page["Items"]:
                if row["type"]["S"] in _SPOILT:
                    key = {"pk": row["pk"], "sk": row["sk"]}
                    dynamodb.delete_item(TableName=self.lost_table, Key=key)
        self.senders.pagerduty(symptom("quarry-portal"))
        self.settle()
        return self.look()

    def pause(self) -> None:
        """The first step of the runbook; then more comes in, and one message has failed ten times."""
        pausing.pause(self.stack, tell=self.tell)
        self.senders.pagerduty(symptom(WAITED[1]))
        self._set_aside()
        self.senders.pagerduty(symptom(WAITED[0]))
        late = {"detail": {"subject": "incident/fell-into-the-gap", "data": {"revision": 2}}}
        self.rig.engine.aws.client("sqs").send_message(
            QueueUrl=self.rig.queues["ExpediteQueue"], MessageBody=json.dumps(late)
        )

    def restore(self) -> None:
        """The next steps: a table from the backup, the stack on it, the queues are read again."""
        found = tables.restore(
            self.rig.engine.aws,
            tables.Source(table=self.lost_table, backup_arn=self.backup_arn),
            name=f"{STACK}-Table-restored",
            tell=self.tell,
        )
        deploy(self.rig.engine, parameters=found.parameters)
        self.tell(f"the stack runs on {found.name}")
        self.stack = Stack(self.rig.engine.aws, STACK)
        self.table = found.name
        pausing.resume(self.stack, tell=self.tell)

    def afterwards(self) -> Snapshot:
        """Senders say again what they say again; the clocks and a redrive do the rest."""
        self.senders.say_again()
        self.settle()
        return self.look()

    def settle(self) -> None:
        """Until nothing moves any more: no message, no dead letter, nothing owed."""
        stillness = Stillness(self.rig, self.table, tell=self.tell)
        if not stillness.wait():
            raise NeverHappenedError(f"it did not become quiet: {stillness.why}")
        self.redriven += stillness.redriven

    def look(self) -> Snapshot:
        """The table as it is."""
        return snapshot.take(self.rig.table(), self.table)

    def _closed(self, service: str) -> None:
        def closed() -> bool:
            self.rig.sweep()
            return all(one["state"] == "closed" for one in self.people.incidents_of(service))

        wait_for(closed, timeout=90, what=f"the close of {service}", interval=1.0)

    def _set_aside(self) -> None:
        """What SQS does with a message after ten tries."""
        sqs, queues = self.rig.engine.aws.client("sqs"), self.rig.queues

        def received() -> Any:
            answer = sqs.receive_message(QueueUrl=queues["EventQueue"], MaxNumberOfMessages=1)
            return answer.get("Messages")

        (message,) = wait_for(received, timeout=30, what="the event in its queue")
        sqs.send_message(QueueUrl=queues["EventDeadLetters"], MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=queues["EventQueue"], ReceiptHandle=message["ReceiptHandle"])


def _policy(*, reopen_window: str) -> str:
    """The world of the chaos run; recurrence after two, soon closed, and nothing that time alone brings."""
    document = json.loads(policy())
    document["recurrence"] = [{"name": "twice in a month", "count": 2, "within": "30d"}]
    document["reopen_window"] = reopen_window
    document["acknowledge_within"] = dict.fromkeys(PRIORITIES)  # how busy the machine is decides nothing
    return json.dumps(document)
