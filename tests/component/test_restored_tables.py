"""A restored table gets what DynamoDB leaves out, and is asked what it knows; an archive is replayed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.aws import Aws
from infra.local.waiting import wait_for
from infra.restore import archive, knowledge, tables
from infra.restore.gap import Fate, missing
from infra.restore.senders import all_of, carry_over, compared
from infra.restore.stack import RestoreError, Stack
from leitplanke.domain.announcements import about_incident
from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import SYSTEM, Changed, acknowledge, opened
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.edge.bus import publish_all
from leitplanke.table import keys
from leitplanke.table.client import Put, Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.integrations import Integrations
from tests.support.incidents import NOW, incident

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

BUS = "restored-bus"
KEY = "K" * 32


def quiet(_line: str) -> None:
    """Nobody listens."""


@pytest.fixture
def table(dynamodb: "DynamoDBClient", table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def copy_name(dynamodb: "DynamoDBClient", table_name: str) -> Iterator[str]:
    """A name for a restored table, which is gone after the test."""
    name = f"{table_name}-restored"
    yield name
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)


def _indexes(described: Any) -> set[str]:
    return {index["IndexName"] for index in described["GlobalSecondaryIndexes"]}


def test_a_restored_table_has_all_that_the_template_gives_its_own(
    aws: Aws, dynamodb: "DynamoDBClient", table: Table, copy_name: str
) -> None:
    table.put(Put(row={"pk": "A", "sk": "B", "type": "x"}))
    backup = dynamodb.create_backup(TableName=table.name, BackupName="point")["BackupDetails"]["BackupArn"]
    table.put(Put(row={"pk": "LATER", "sk": "B", "type": "x"}))
    arn = dynamodb.describe_table(TableName=table.name)["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "costs", "Value": "on-call"}])
    source = tables.Source(table=table.name, backup_arn=backup)

    found = tables.restore(aws, source, name=copy_name, tell=quiet)

    described = dynamodb.describe_table(TableName=copy_name)["Table"]
    assert described["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert described["DeletionProtectionEnabled"]
    assert _indexes(described) == _indexes(dynamodb.describe_table(TableName=table.name)["Table"])
    assert (found.arn, found.stream_arn) == (described["TableArn"], described["LatestStreamArn"])
    ttl = dynamodb.describe_time_to_live(TableName=copy_name)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")
    backups = dynamodb.describe_continuous_backups(TableName=copy_name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.list_tags_of_resource(ResourceArn=found.arn)["Tags"] == [
        {"Key": "costs", "Value": "on-call"}
    ]
    restored = Table(dynamodb, copy_name)
    assert restored.get(keys.Key("A", "B"))
    assert restored.get(keys.Key("LATER", "B")) is None


def test_a_restore_that_broke_off_goes_on_and_changes_nothing_twice(
    aws: Aws, dynamodb: "DynamoDBClient", table: Table, copy_name: str
) -> None:
    backup = dynamodb.create_backup(TableName=table.name, BackupName="point")["BackupDetails"]["BackupArn"]
    source = tables.Source(table=table.name, backup_arn=backup)
    dynamodb.restore_table_from_backup(BackupArn=backup, TargetTableName=copy_name)

    first = tables.restore(aws, source, name=copy_name, tell=quiet)

    assert tables.restore(aws, source, name=copy_name, tell=quiet) == first


def test_what_cannot_be_restored_says_why_and_what_to_do(aws: Aws) -> None:
    source = tables.Source(table="nobody's", at=datetime.now(UTC))

    with pytest.raises(RestoreError, match="nobody's cannot be restored") as refused:
        tables.restore(aws, source, name="never", tell=quiet)

    assert refused.value.remedy
    with pytest.raises(RestoreError, match="no backup"):
        tables.last_backup(aws, "nobody")


def test_a_deleted_table_is_found_by_its_last_backup(
    aws: Aws, dynamodb: "DynamoDBClient", table: Table
) -> None:
    arns = [
        dynamodb.create_backup(TableName=table.name, BackupName=f"backup-{n}")["BackupDetails"]["BackupArn"]
        for n in (1, 2)
    ]

    assert tables.last_backup(aws, table.name) in arns


def test_the_table_is_asked_about_what_was_said(table: Table) -> None:
    incidents = Incidents(table)
    stored = incidents.open(opened(incident(revision=1, team=None), by=SYSTEM), replaces=None)
    taken = acknowledge(stored, by="Ada Example", at=NOW + timedelta(minutes=1))
    assert taken is not None
    lost = replace(stored, incident_id="inc-lost")
    said = [
        about_incident(stored, 1, opened(stored, by=SYSTEM).change),
        about_incident(taken.incident, 2, taken.change),
        about_incident(lost, 1, opened(lost, by=SYSTEM).change),
    ]

    before = missing(said, knowledge.look_up(table, said, since=NOW))
    incidents.commit(stored, Changed(incident=taken.incident, change=taken.change))
    after = missing(said, knowledge.look_up(table, said, since=NOW))

    assert {one.subject: one.fate for one in before} == {
        "incident/inc-1": Fate.REDO,
        "incident/inc-lost": Fate.UNTOLD,
    }
    assert [one.subject for one in after] == ["incident/inc-lost"]


def test_carried_over_a_key_opens_and_another_does_not(
    dynamodb: "DynamoDBClient", table: Table, shared_table_name: str
) -> None:
    old, new = Integrations(Table(dynamodb, shared_table_name)), Integrations(table)
    made = Integration(
        integration_id=integration_id(KEY),
        name="made in the gap",
        sender="pagerduty",
        capabilities=frozenset({Capability.EVENTS}),
        created_at=NOW,
        created_by="Ada Example",
    )
    kept = replace(made, integration_id="kept", name="revoked in the gap")
    for one in (made, kept):
        old.create(one, by=Actor(name="Ada Example"))
    old.revoke("kept", by=Actor(name="Ada Example"), at=NOW)
    new.create(kept, by=Actor(name="Ada Example"))
    gap = compared(all_of(new), all_of(old))

    carry_over(gap, new)
    carry_over(gap, new)

    assert new.authenticate(KEY, NOW) is not None
    assert new.get("kept").revoked_by == "Ada Example"
    assert compared(all_of(new), all_of(old)).made == ()


class _Stack(Stack):
    """A stack of nothing but a bus."""

    def output(self, name: str) -> str:
        return {"BusName": BUS, "BusArn": f"arn:aws:events:eu-central-1:000000000000:event-bus/{BUS}"}[name]


@pytest.fixture
def bus(aws: Aws, events: "EventBridgeClient") -> Iterator[Stack]:
    events.create_event_bus(Name=BUS)
    stack = _Stack(aws, "none")
    yield stack
    for one in events.list_archives(EventSourceArn=stack.output("BusArn"))["Archives"]:
        events.delete_archive(ArchiveName=one["ArchiveName"])
    events.delete_event_bus(Name=BUS)


def test_what_was_said_since_is_read_from_the_archive_and_nothing_is_left_behind(
    bus: Stack, events: "EventBridgeClient", sqs: "SQSClient", queue_url: str
) -> None:
    events.create_archive(ArchiveName="restored", EventSourceArn=bus.output("BusArn"))
    live = _rule_for_news_alone(events, sqs, queue_url)
    one = incident()
    begin = datetime.now(UTC) - timedelta(seconds=1)
    for minutes in (1, 2, 2):
        change = replace(opened(one, by=SYSTEM).change, at=NOW + timedelta(minutes=minutes))
        publish_all(events, BUS, [about_incident(one, minutes, change)])
    queues = set(sqs.list_queues().get("QueueUrls", []))
    wait_for(lambda: _number(sqs, queue_url) == 3, what="the news")

    found = archive.said(bus, since=begin, until=datetime.now(UTC), tell=quiet, wait_seconds=0)

    assert [announcement["data"]["revision"] for announcement in found] == [1, 2]
    assert set(sqs.list_queues().get("QueueUrls", [])) == queues
    assert [rule["Name"] for rule in events.list_rules(EventBusName=BUS)["Rules"]] == [live]
    assert _number(sqs, queue_url) == 3, "a rule that wants no replay has heard one"
    events.remove_targets(Rule=live, EventBusName=BUS, Ids=["queue"])
    events.delete_rule(Name=live, EventBusName=BUS)


def test_without_an_archive_it_says_so(bus: Stack) -> None:
    with pytest.raises(RestoreError, match="no archive"):
        archive.said(bus, since=NOW, until=NOW, tell=quiet)


def _rule_for_news_alone(events: "EventBridgeClient", sqs: "SQSClient", queue_url: str) -> str:
    """As the rules of the template are: it hears what is said, and no replay."""
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern: dict[str, Any] = {"source": ["leitplanke"], "replay-name": [{"exists": False}]}
    events.put_rule(Name="news", EventBusName=BUS, EventPattern=json.dumps(pattern))
    events.put_targets(Rule="news", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return "news"


def _number(sqs: "SQSClient", url: str) -> int:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])
