"""The audit in the table: one row a record, by month, kept for ever.

    AUDIT#<month> / <time>#<id>

A record is part of the transaction that does what it is about, so neither is there without the other.
A handful a day: one partition a month is far from hot, and reads as one query.
"""

from datetime import datetime

from leitplanke.domain.attempts import Actor
from leitplanke.domain.audit import Audited, AuditRecord
from leitplanke.table import keys, lists, rows
from leitplanke.table.client import ABSENT, Put, Row, Table


def entry(record: AuditRecord) -> Put:
    """The write of one record, to be added to the transaction that it is about."""
    row = rows.plain_row(
        keys.audited(record.at, record.record_id),
        "audit",
        at=record.at,
        by=record.by.name,
        ident=record.by.ident or None,
        roles=sorted(record.by.roles) or None,
        did=record.did.value,
        subject=record.subject,
        facts=dict(record.facts) or None,
    )
    return Put(row=row, condition=ABSENT)


class Audit:
    """Everything that was audited."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def listed(self, month: datetime, *, limit: int, before: str | None = None) -> lists.Listing[AuditRecord]:
        """Records of one UTC month, newest first. One query."""
        page = self._table.query(keys.audit_partition(month), before=before, newest_first=True, limit=limit)
        found = tuple(_of(row) for row in page.rows)
        return lists.Listing(items=found, next_mark=str(page.rows[-1]["sk"]) if page.more else None)


def _of(row: Row) -> AuditRecord:
    return AuditRecord(
        at=rows.time_of(row["at"]),
        by=Actor(name=row["by"], ident=row.get("ident", ""), roles=frozenset(row.get("roles", ()))),
        did=Audited(row["did"]),
        subject=row["subject"],
        facts=row.get("facts", {}),
    )
