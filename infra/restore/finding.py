"""Finds what fell into the gap: archive, restored table and lost table, asked and compared."""

from dataclasses import dataclass
from datetime import UTC, datetime

from infra.restore import archive, knowledge, pausing, senders, tables
from infra.restore.gap import Missing, missing
from infra.restore.senders import SenderGap
from infra.restore.stack import RestoreError, Stack
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations
from leitplanke.table.policies import Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Everything that fell into it. `archived`: whether there was an archive to ask."""

    since: datetime
    until: datetime
    missing: tuple[Missing, ...]
    senders: SenderGap
    archived: bool = True

    @property
    def open_points(self) -> int:
        """How many things want somebody."""
        return (
            sum(one.fate.wants_somebody for one in self.missing)
            + len(self.senders.made)
            + len(self.senders.revoked)
            + bool(self.senders.policies)
        )


def find_gap(  # noqa: PLR0913 - keyword-only
    stack: Stack,
    *,
    since: datetime,
    tell: pausing.Tell,
    lost: str = "",
    archived: bool = True,
    carry_over: bool = False,
    wait_seconds: int = 5,
) -> Gap:
    """Ask archive, restored and, where there is one, lost table.

    `wait_seconds`: how long one look into the queue of the replay waits. Raises RestoreError.
    """
    until = datetime.now(UTC)
    restored = Table(stack.clients.client("dynamodb"), stack.output("TableName"))
    sender_gap = _sender_gap(stack, restored, lost)
    if carry_over:
        senders.carry_over(sender_gap, Integrations(restored))
        sender_gap = _sender_gap(stack, restored, lost)
    said = (
        archive.said(stack, since=since, until=until, tell=tell, wait_seconds=wait_seconds)
        if archived
        else []
    )
    known = knowledge.look_up(restored, said, since=since)
    return Gap(since=since, until=until, missing=missing(said, known), senders=sender_gap, archived=archived)


def _sender_gap(stack: Stack, restored: Table, lost: str) -> SenderGap:
    known = senders.all_of(Integrations(restored))
    if not lost:
        return senders.compared(known, None)
    if lost == restored.name:
        raise RestoreError(f"the stack runs on {lost}", remedy="--lost is the table that it ran on before")
    if not tables.exists(stack.clients, lost):
        raise RestoreError(f"there is no table {lost}", remedy="leave --lost out, or restore its last backup")
    old = Table(stack.clients.client("dynamodb"), lost)
    policies = senders.newer_policies(Policies(restored), Policies(old))
    return senders.compared(known, senders.all_of(Integrations(old)), policies=policies)
