"""Integrations as the table keeps them: found by key, heard, revoked, silent."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import ConflictError, NotFoundError
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.table.client import Table
from leitplanke.table.integrations import Integrations

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ADA = Actor(name="Ada Example")
KEY = "k" * 32
OTHER_KEY = "o" * 32


def made(
    key: str = KEY,
    *,
    at: datetime = NOW,
    name: str = "Alertmanager, blue cluster",
    limit_per_minute: int | None = None,
) -> Integration:
    return Integration(
        integration_id=integration_id(key),
        name=name,
        sender="alertmanager",
        capabilities=frozenset({Capability.EVENTS, Capability.READ}),
        created_at=at,
        created_by="Ada Example",
        quiet_after_s=300,
        limit_per_minute=limit_per_minute,
    )


@pytest.fixture
def integrations(dynamodb: "DynamoDBClient", table_name: str) -> Integrations:
    return Integrations(Table(dynamodb, table_name))


def test_a_key_leads_to_its_integration_and_notes_that_it_was_heard(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    heard_at = NOW + timedelta(minutes=1)
    found = integrations.authenticate(KEY, heard_at)
    assert found is not None
    assert found == integrations.get(integration_id(KEY))
    assert (found.name, found.sender, found.heard_at) == (
        "Alertmanager, blue cluster",
        "alertmanager",
        heard_at,
    )
    assert found.capabilities == {"events", "read"}
    assert found.quiet_after_s == 300


def test_the_key_is_nowhere_in_the_row(
    integrations: Integrations, dynamodb: "DynamoDBClient", table_name: str
) -> None:
    integrations.create(made(), by=ADA)
    integrations.authenticate(KEY, NOW)
    assert KEY not in str(dynamodb.scan(TableName=table_name)["Items"])


@pytest.mark.parametrize("key", [OTHER_KEY, "", "short", "R" + "k" * 31, "k" * 31 + "-", "k" * 33, "ä" * 32])
def test_any_other_key_leads_nowhere(integrations: Integrations, key: str) -> None:
    integrations.create(made(), by=ADA)
    assert integrations.authenticate(key, NOW) is None
    assert integrations.get(integration_id(KEY)).heard_at is None


def test_a_revoked_key_opens_nothing_and_stays_revoked_at_the_first_date(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    ident = integration_id(KEY)
    revoked = integrations.revoke(ident, by=Actor(name="Grace Example"), at=NOW)
    assert (revoked.revoked_at, revoked.revoked_by) == (NOW, "Grace Example")
    again = integrations.revoke(ident, by=ADA, at=NOW + timedelta(days=1))
    assert (again.revoked_at, again.revoked_by) == (NOW, "Grace Example")
    assert integrations.authenticate(KEY, NOW) is None
    assert integrations.get(ident).heard_at is None


def test_what_does_not_exist_is_not_found(integrations: Integrations) -> None:
    with pytest.raises(NotFoundError):
        integrations.get("nobody")
    with pytest.raises(NotFoundError):
        integrations.revoke("nobody", by=ADA, at=NOW)
    assert not integrations.heard_again("nobody", since=NOW)
    assert not integrations.fell_silent("nobody", NOW)


def test_a_key_cannot_be_given_to_two(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    with pytest.raises(ConflictError):
        integrations.create(made(name="Another"), by=ADA)
    assert integrations.get(integration_id(KEY)).name == "Alertmanager, blue cluster"


def test_the_list_is_newest_first_in_pages_and_keeps_revoked_ones(integrations: Integrations) -> None:
    for number in range(5):
        key = f"{number}" * 32
        integrations.create(made(key, at=NOW + timedelta(minutes=number), name=f"sender {number}"), by=ADA)
    integrations.revoke(integration_id("4" * 32), by=ADA, at=NOW)
    first = integrations.listed(limit=3)
    assert [one.name for one in first.items] == ["sender 4", "sender 3", "sender 2"]
    assert first.items[0].revoked_at == NOW
    second = integrations.listed(limit=3, before=first.next_mark)
    assert [one.name for one in second.items] == ["sender 1", "sender 0"]
    assert second.next_mark is None


def test_a_sender_falls_silent_once_and_is_heard_again_once(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    ident = integration_id(KEY)
    integrations.authenticate(KEY, NOW)
    later = NOW + timedelta(minutes=10)
    assert integrations.fell_silent(ident, later, unheard_since=NOW)
    assert not integrations.fell_silent(ident, later + timedelta(minutes=1), unheard_since=NOW)
    assert integrations.get(ident).silent_since == later
    assert not integrations.silence_told(ident, since=NOW)
    assert integrations.silence_told(ident, since=later)
    assert integrations.get(ident).silence_told
    heard = integrations.authenticate(KEY, later + timedelta(minutes=2))
    assert heard is not None
    assert heard.silent_since == later
    assert not integrations.heard_again(ident, since=NOW)
    assert integrations.heard_again(ident, since=later)
    assert not integrations.heard_again(ident, since=later)
    assert (integrations.get(ident).silent_since, integrations.get(ident).silence_told) == (None, False)


def test_a_sender_that_spoke_meanwhile_is_not_silent(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    integrations.authenticate(KEY, NOW + timedelta(seconds=1))
    assert not integrations.fell_silent(integration_id(KEY), NOW + timedelta(minutes=10), unheard_since=NOW)


def test_a_revoked_sender_cannot_fall_silent(integrations: Integrations) -> None:
    integrations.create(made(), by=ADA)
    integrations.revoke(integration_id(KEY), by=ADA, at=NOW)
    assert not integrations.fell_silent(integration_id(KEY), NOW)


def test_requests_of_a_sender_with_a_limit_are_counted_in_the_write_that_hears_it(
    integrations: Integrations,
) -> None:
    integrations.create(made(limit_per_minute=90), by=ADA)
    first = integrations.authenticate(KEY, NOW)
    assert first is not None
    assert (first.limit_per_minute, first.requests) == (90, 0)
    for requests in (40, 2):
        integrations.authenticate(KEY, NOW, requests=requests)
    assert integrations.get(integration_id(KEY)).requests == 42
