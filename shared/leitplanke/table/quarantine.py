"""Quarantine in the table: refused items by day, many in one row, forgotten after 30 days.

    QUARANTINE#<day>#<shard> / <hour>#<id>    up to 100 items of one request, at most 50 KB

Ids are made from the content: a sender that was not answered asks again, and one that is wrong says the same
every minute. Within the hour that is one row, which counts (`times`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from leitplanke.domain.events import Event, bounded_text
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.quarantine import MEMORY, QuarantineEntry, Refused, RefusedItem, Sender
from leitplanke.table import keys, lists, rows
from leitplanke.table.client import ABSENT, PRESENT, ConditionFailedError, Put, Row, Table, Update

MAX_ITEMS = 100
"""Of one row."""
_MAX_BYTES = 50_000
"""Of one row. Bounds what a page of the list weighs (a Lambda answer ends at 6 MB) and spares write units."""
_EXCERPT_CHARS = 2_000
_REASON_CHARS = 500


class Quarantine:
    """Everything refused in the last 30 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, owner: Sender, sender: str, received_at: datetime, items: Sequence[Refused]) -> None:
        """Keep refused items of one request; `sender` is the protocol. One write per 100 items or 50 KB."""
        hour = received_at.replace(minute=0, second=0, microsecond=0)
        for part in _parts(items):
            what = (
                text for item in part for text in (str(item.position), item.field, item.reason, item.excerpt)
            )
            entry = QuarantineEntry(
                entry_id=stable_hash(owner.integration_id, keys.time_text(hour), sender, *what),
                received_at=received_at,
                last_at=received_at,
                integration_id=owner.integration_id,
                integration_name=owner.name,
                sender=sender,
                items=part,
            )
            key = keys.quarantined(hour, entry.entry_id)
            if not self._is_new(entry, key, kept_at=received_at):
                self._table.update(
                    Update(
                        key=key,
                        set_={"last_at": keys.time_text(received_at)},
                        add={"times": 1},
                        condition=PRESENT,
                    )
                )

    def keep_event(self, event: Event, *, reason: str, now: datetime) -> None:
        """Keep an event that the table will never take, so that its neighbours do not wait for it."""
        item = RefusedItem(
            field="event",
            reason=bounded_text(reason, _REASON_CHARS)[0],
            remedy="see the reason; the event was read, and could not be stored",
            excerpt=bounded_text(event.model_dump_json(exclude_defaults=True), _EXCERPT_CHARS)[0],
        )
        entry = QuarantineEntry(
            entry_id=stable_hash("event", event.event_id),
            received_at=event.received_at,
            last_at=event.received_at,
            integration_id=event.integration_id,
            integration_name="",
            sender=event.sender,
            items=(item,),
        )
        self._is_new(entry, keys.quarantined(entry.received_at, entry.entry_id), kept_at=now)

    def listed(
        self, day: datetime, *, limit: int, before: str | None = None
    ) -> lists.Listing[QuarantineEntry]:
        """One UTC day's entries, the newest hour first. One query a shard."""
        found: list[Row] = []
        more = False
        for shard in keys.ALL_SHARDS:
            page = self._table.query(
                keys.quarantine_partition(day, shard), before=before, newest_first=True, limit=limit
            )
            found.extend(page.rows)
            more = more or page.more
        found.sort(key=lambda row: str(row["sk"]), reverse=True)
        shown = found[:limit]
        next_mark = str(shown[-1]["sk"]) if shown and (more or len(found) > limit) else None
        return lists.Listing(items=tuple(_of(row) for row in shown), next_mark=next_mark)

    def _is_new(self, entry: QuarantineEntry, key: keys.Key, *, kept_at: datetime) -> bool:
        """Keep it; False if it is kept already."""
        row = rows.plain_row(
            key,
            "quarantine",
            id=entry.entry_id,
            received_at=entry.received_at,
            last_at=entry.last_at,
            times=entry.times,
            integration=entry.integration_id,
            name=entry.integration_name,
            sender=entry.sender,
            items=[_item_out(item) for item in entry.items],
            ttl=int((kept_at + MEMORY).timestamp()),
        )
        try:
            self._table.put(Put(row=row, condition=ABSENT))
        except ConditionFailedError:
            return False
        return True


def _parts(items: Sequence[Refused]) -> Iterator[tuple[RefusedItem, ...]]:
    part: list[RefusedItem] = []
    room = _MAX_BYTES
    for refused in items:
        item = RefusedItem(
            field=refused.field,
            reason=refused.reason,
            remedy=refused.remedy,
            excerpt=bounded_text(refused.excerpt, _EXCERPT_CHARS)[0],
            position=refused.position,
        )
        size = sum(len(text.encode()) for text in (item.field, item.reason, item.remedy, item.excerpt))
        if part and (len(part) == MAX_ITEMS or size > room):
            yield tuple(part)
            part, room = [], _MAX_BYTES
        part.append(item)
        room -= size
    if part:
        yield tuple(part)


def _item_out(item: RefusedItem) -> Row:
    return {
        "field": item.field,
        "reason": item.reason,
        "remedy": item.remedy,
        "excerpt": item.excerpt,
        "position": item.position,
    }


def _of(row: Row) -> QuarantineEntry:
    return QuarantineEntry(
        entry_id=row["id"],
        received_at=rows.time_of(row["received_at"]),
        last_at=rows.time_of(row["last_at"] if "last_at" in row else row["received_at"]),
        times=row.get("times", 1),
        integration_id=row["integration"],
        integration_name=row.get("name", ""),
        sender=row["sender"],
        items=tuple(
            RefusedItem(
                field=item.get("field", ""),
                reason=item.get("reason", ""),
                remedy=item.get("remedy", ""),
                excerpt=item.get("excerpt", ""),
                position=item.get("position"),
            )
            for item in row["items"]
        ),
    )
