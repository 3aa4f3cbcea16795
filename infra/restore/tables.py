"""A restored table, and what it lacks: DynamoDB restores rows and indexes, but no stream, time to live,
point-in-time recovery, deletion protection and tags (developer guide, "Point-in-time recovery").
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra.local.template import load_template
from infra.local.waiting import wait_for
from infra.restore.pausing import Tell
from infra.restore.stack import Clients, RestoreError

RESTORE_SECONDS = 24 * 3600.0
"""A restore takes from a quarter of an hour to some hours, by the table's size."""
SETTING_SECONDS = 900.0
_LOOK_EVERY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to restore: a table as it was at a time, or a backup, such as the last one of a deleted table."""

    table: str = ""
    at: datetime | None = None
    backup_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredTable:
    """A table that a stack can run on."""

    name: str
    arn: str
    stream_arn: str

    @property
    def parameters(self) -> dict[str, str]:
        """What the template has to be told."""
        return {"RestoredTableArn": self.arn, "RestoredStreamArn": self.stream_arn}


def restore(clients: Clients, source: Source, *, name: str, tell: Tell) -> RestoredTable:
    """The source as a table of this name, complete. Goes on where an earlier call broke off."""
    dynamodb = clients.client("dynamodb")
    if _described(dynamodb, name) is None:
        _begin(dynamodb, source, name)
        tell(f"restoring into {name}: this takes a quarter of an hour or more; Ctrl-C and again does no harm")
    wait_for(
        lambda: (_described(dynamodb, name) or {}).get("TableStatus") == "ACTIVE",
        timeout=RESTORE_SECONDS,
        what=f"the restore into {name}",
        interval=_LOOK_EVERY,
    )
    tell(f"{name} has its rows")
    _equip(dynamodb, name, tell=tell)
    if source.table:
        _copy_tags(dynamodb, source.table, name)
    found = _described(dynamodb, name) or {}
    return RestoredTable(name=name, arn=found["TableArn"], stream_arn=found["LatestStreamArn"])


def last_backup(clients: Clients, table: str) -> str:
    """The backup that DynamoDB makes of a table when it is deleted and has point-in-time recovery."""
    found = clients.client("dynamodb").list_backups(TableName=table, BackupType="ALL")["BackupSummaries"]
    if not found:
        raise RestoreError(
            f"there is no table {table}, and no backup of one",
            remedy="see `aws dynamodb list-backups --backup-type ALL`",
        )
    newest = max(found, key=lambda one: one["BackupCreationDateTime"])
    return str(newest["BackupArn"])


def exists(clients: Clients, table: str) -> bool:
    """Whether there is a table of this name."""
    return _described(clients.client("dynamodb"), table) is not None


def _begin(dynamodb: Any, source: Source, name: str) -> None:
    try:
        if source.backup_arn:
            dynamodb.restore_table_from_backup(BackupArn=source.backup_arn, TargetTableName=name)
        else:
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=source.table, TargetTableName=name, RestoreDateTime=source.at
            )
    except ClientError as error:
        raise RestoreError(
            f"{source.table or source.backup_arn} cannot be restored: {error.response['Error']['Message']}",
            remedy="`aws dynamodb describe-continuous-backups` says from when to when it can; the last five "
            "minutes come later",
        ) from error


def _described(dynamodb: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None
    return found


def _equip(dynamodb: Any, name: str, *, tell: Tell) -> None:
    """What the template says of its own table, one setting at a time: DynamoDB takes them so."""
    wanted = load_template()["Resources"]["Table"]["Properties"]
    table = _described(dynamodb, name) or {}
    if not (table.get("StreamSpecification") or {}).get("StreamEnabled"):
        stream = {"StreamEnabled": True, **wanted["StreamSpecification"]}
        _set(dynamodb, name, StreamSpecification=stream)
    if not table.get("DeletionProtectionEnabled"):
        _set(dynamodb, name, DeletionProtectionEnabled=wanted["DeletionProtectionEnabled"])
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification=wanted["TimeToLiveSpecification"]
        )
    wait_for(
        lambda: _protected(dynamodb, name, wanted["PointInTimeRecoverySpecification"]),
        timeout=SETTING_SECONDS,
        what=f"point-in-time recovery of {name}",
        interval=_LOOK_EVERY,
    )
    tell(f"{name} has stream, time to live, point-in-time recovery and deletion protection")


def _set(dynamodb: Any, name: str, **setting: Any) -> None:
    dynamodb.update_table(TableName=name, **setting)
    wait_for(
        lambda: (_described(dynamodb, name) or {}).get("TableStatus") == "ACTIVE",
        timeout=SETTING_SECONDS,
        what=f"{', '.join(setting)} of {name}",
        interval=0.5,
    )


def _protected(dynamodb: Any, name: str, wanted: dict[str, Any]) -> bool:
    """A table that was just made has no backups to switch on yet: then it is tried again."""
    try:
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)
    except dynamodb.exceptions.ContinuousBackupsUnavailableException:
        return False
    return True


def _copy_tags(dynamodb: Any, source: str, name: str) -> None:
    """Those that people gave the old table, if it is still there; CloudFormation's own may not be set."""
    old, new = _described(dynamodb, source), _described(dynamodb, name)
    if old is None or new is None:
        return
    tags = dynamodb.list_tags_of_resource(ResourceArn=old["TableArn"])["Tags"]
    if own := [tag for tag in tags if not tag["Key"].startswith("aws:")]:
        dynamodb.tag_resource(ResourceArn=new["TableArn"], Tags=own)
