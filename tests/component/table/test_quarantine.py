"""Quarantine as the table keeps it: by day, newest first, with its reasons."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from leitplanke.domain.events import Action, Event
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.domain.quarantine import QuarantineEntry, RefusedItem
from leitplanke.table.client import Table
from leitplanke.table.quarantine import Quarantine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OWNER = Integration(
    integration_id="blue",
    name="Alertmanager, blue cluster",
    sender=None,
    capabilities=frozenset({Capability.EVENTS}),
    created_at=NOW,
    created_by="Ada Example",
)


def refused(position: int, *, excerpt: str = "{}") -> RefusedItem:
    return RefusedItem(
        field=f"alerts.{position}.labels",
        reason="has no labels",
        remedy="send labels",
        excerpt=excerpt,
        position=position,
    )


@pytest.fixture
def quarantine(dynamodb: "DynamoDBClient", table_name: str) -> Quarantine:
    return Quarantine(Table(dynamodb, table_name))


def everything(quarantine: Quarantine, day: datetime, *, limit: int = 2) -> list[QuarantineEntry]:
    entries: list[QuarantineEntry] = []
    mark: str | None = None
    while True:
        page = quarantine.listed(day, limit=limit, before=mark)
        entries.extend(page.items)
        if page.next_mark is None:
            return entries
        mark = page.next_mark


def test_refused_items_are_kept_with_reason_remedy_and_whose_they_are(quarantine: Quarantine) -> None:
    quarantine.keep(OWNER, "alertmanager", NOW, [refused(3), refused(5)])
    (entry,) = quarantine.listed(NOW, limit=10).items
    assert entry.items == (refused(3), refused(5))
    assert (entry.integration_id, entry.integration_name) == ("blue", "Alertmanager, blue cluster")
    assert (entry.sender, entry.received_at) == ("alertmanager", NOW)


def test_an_item_without_a_place_and_with_empty_texts_comes_back_as_it_was(quarantine: Quarantine) -> None:
    item = RefusedItem(field="body", reason="is empty", remedy="", excerpt="")
    quarantine.keep(OWNER, "json", NOW, [item])
    (entry,) = quarantine.listed(NOW, limit=10).items
    assert entry.items == (item,)


def test_the_same_request_twice_is_kept_once(quarantine: Quarantine) -> None:
    for _ in range(2):
        quarantine.keep(OWNER, "json", NOW, [refused(0)])
    assert len(quarantine.listed(NOW, limit=10).items) == 1


def test_what_a_sender_says_every_minute_is_one_entry_an_hour_that_counts(quarantine: Quarantine) -> None:
    for minute in range(90):
        quarantine.keep(OWNER, "json", NOW + timedelta(minutes=minute), [refused(0)])
    later, earlier = quarantine.listed(NOW, limit=10).items
    assert (earlier.times, earlier.received_at) == (60, NOW)
    assert earlier.last_at == NOW + timedelta(minutes=59)
    assert (later.times, later.received_at) == (30, NOW + timedelta(minutes=60))


def test_another_item_behind_an_equal_one_is_not_taken_for_the_same(quarantine: Quarantine) -> None:
    quarantine.keep(OWNER, "json", NOW, [refused(0)])
    quarantine.keep(OWNER, "json", NOW, [refused(0), refused(1)])
    assert sorted(len(entry.items) for entry in quarantine.listed(NOW, limit=10).items) == [1, 2]


def test_pages_of_a_day_have_the_newest_hour_first_without_gap_or_repeat(quarantine: Quarantine) -> None:
    for number in range(46):
        quarantine.keep(OWNER, "json", NOW + timedelta(minutes=10 * number), [refused(number)])
    quarantine.keep(OWNER, "json", NOW + timedelta(days=1), [refused(99)])
    found = [entry.items[0].position or 0 for entry in everything(quarantine, NOW, limit=5)]
    assert sorted(found) == list(range(46))
    assert [number // 6 for number in found] == sorted((number // 6 for number in found), reverse=True)


def test_ten_thousand_items_of_one_request_are_kept_in_rows_of_bounded_size(
    quarantine: Quarantine, dynamodb: "DynamoDBClient", table_name: str
) -> None:
    writes: list[int] = []
    dynamodb.meta.events.register(
        "before-call.dynamodb.PutItem",
        lambda params, **_: writes.append(len(params["body"])),
        unique_id="sizes",
    )
    try:
        quarantine.keep(OWNER, "json", NOW, [refused(number) for number in range(10_000)])
        quarantine.keep(OWNER, "json", NOW, [refused(number, excerpt="x" * 5_000) for number in range(100)])
    finally:
        dynamodb.meta.events.unregister("before-call.dynamodb.PutItem", unique_id="sizes")
    assert len(writes) == 100 + 5
    assert max(writes) < 60_000
    entries = everything(quarantine, NOW, limit=20)
    positions = sorted(
        item.position for entry in entries for item in entry.items if item.position is not None
    )
    assert positions == sorted([*range(10_000), *range(100)])
    assert all(len(item.excerpt) <= 2_000 for entry in entries for item in entry.items)


def test_rows_are_forgotten_after_30_days(
    quarantine: Quarantine, dynamodb: "DynamoDBClient", table_name: str
) -> None:
    quarantine.keep(OWNER, "json", NOW, [refused(0)])
    (row,) = dynamodb.scan(TableName=table_name)["Items"]
    assert int(row["ttl"]["N"]) == int((NOW + timedelta(days=30)).timestamp())


def test_an_event_that_cannot_be_stored_is_kept_once_with_the_reason(quarantine: Quarantine) -> None:
    event = Event(
        event_id="e1",
        integration_id="blue",
        sender="json",
        alert_key="disk",
        action=Action.TRIGGER,
        title="Disk full",
        symptom="disk full",
        labels={"host": "a" * 900, "note": "b" * 900, "more": "c" * 900},
        received_at=NOW,
        occurred_at=NOW,
        state_time=NOW,
    )
    for _ in range(2):
        quarantine.keep_event(event, reason="the table will never take it", now=NOW)
    (entry,) = quarantine.listed(NOW, limit=10).items
    assert entry.items[0].reason == "the table will never take it"
    assert len(entry.items[0].excerpt) == 2_000
    assert "Disk full" in entry.items[0].excerpt
