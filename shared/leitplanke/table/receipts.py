"""Receipts: what a request with an Idempotency-Key was answered, so that the same one is answered so again.

RECEIPT#<caller, key> / RECEIPT    part of the transaction that does what was asked; forgotten after a day
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from leitplanke.domain.errors import LostRaceError
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Table

MEMORY = timedelta(hours=24)
"""How long a request may come again. Clients try for minutes; a day leaves room for one that was asleep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it went out: status, JSON body, and the revision in its ETag."""

    status: int
    body: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer that was given, and the fingerprint of what was asked."""

    fingerprint: str
    answer: Answer


class Receipts:
    """All receipts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, caller: str, key: str, *, now: datetime) -> Receipt | None:
        """What this caller was answered under this key. One read."""
        row = self._table.get(keys.receipt(caller, key))
        if row is None or rows.is_expired(row, now):
            return None
        answer = Answer(status=row["status"], body=row["body"], revision=row["revision"])
        return Receipt(fingerprint=row["fingerprint"], answer=answer)

    def keep(self, caller: str, key: str, receipt: Receipt, *, now: datetime) -> None:
        """Keep it by itself, where what was asked is done already. Raises LostRaceError if there is one."""
        try:
            self._table.put(receipt_write(caller, key, receipt, now=now))
        except ConditionFailedError as failed:
            raise LostRaceError("keeping a receipt") from failed


def receipt_write(caller: str, key: str, receipt: Receipt, *, now: datetime) -> Put:
    """The write that keeps it; fails if the same request was done meanwhile."""
    end = int((now + MEMORY).timestamp())
    row = rows.plain_row(
        keys.receipt(caller, key),
        "receipt",
        fingerprint=receipt.fingerprint,
        status=receipt.answer.status,
        body=receipt.answer.body,
        revision=receipt.answer.revision,
        valid_to=end,
        ttl=end,
    )
    return Put(row=row, condition=f"{ABSENT} OR valid_to <= :now", values={"now": int(now.timestamp())})
