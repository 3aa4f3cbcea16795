"""Policies as the table keeps them: whole, versioned, one in force."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import (
    InvalidInputError,
    LostRaceError,
    NotFoundError,
    StaleRevisionError,
    UnavailableError,
)
from leitplanke.table.client import Table
from leitplanke.table.policies import ActivePolicy, Policies
from leitplanke.usecases.manage_policy import put_policy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
FIRST = "teams: {network: {}}\nservices: {vpn: {team: network}}\n"
SECOND = "teams: {network: {}}\nservices: {vpn: {team: network}, mail: {team: network}}\n"


@pytest.fixture
def table(dynamodb: "DynamoDBClient", table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def policies(table: Table) -> Policies:
    return Policies(table)


def put(policies: Policies, text: str, *, expected: int | None = None) -> tuple[int, bool]:
    return policies.put(text, expected=expected, by=Actor(name="Ada Example"), at=NOW)


def test_before_the_first_policy_version_0_is_in_force(policies: Policies, table: Table) -> None:
    assert policies.active() == 0
    policy, version = ActivePolicy(table).get(NOW)
    assert version == 0
    assert policy.default_team == "unassigned"


def test_what_was_put_is_in_force_and_comes_back_exactly(policies: Policies) -> None:
    assert put(policies, FIRST) == (1, True)
    assert put(policies, SECOND) == (2, True)
    assert policies.active() == 2
    assert (policies.text(1), policies.text(2)) == (FIRST, SECOND)
    told = policies.version(2)
    assert (told.version, told.put_by, told.put_at, told.size) == (2, "Ada Example", NOW, len(SECOND))


def test_putting_what_is_in_force_already_makes_no_version(policies: Policies) -> None:
    put(policies, FIRST)
    assert put(policies, FIRST) == (1, False)
    assert policies.active() == 1


def test_an_expectation_that_does_not_hold_is_refused_with_the_current_version(policies: Policies) -> None:
    assert put(policies, FIRST, expected=0) == (1, True)
    with pytest.raises(StaleRevisionError) as refused:
        put(policies, SECOND, expected=0)
    assert (refused.value.expected, refused.value.current) == (0, 1)
    assert policies.active() == 1


def test_a_version_that_never_was_is_not_found(policies: Policies) -> None:
    with pytest.raises(NotFoundError):
        policies.text(7)
    with pytest.raises(NotFoundError):
        policies.version(7)


def test_a_policy_larger_than_an_item_is_kept_in_chunks_without_cutting_characters(
    policies: Policies,
) -> None:
    text = "description: " + "ä€𝄞" * 110_000 + "\n"
    assert len(text.encode()) > 900_000
    put(policies, text)
    assert policies.text(1) == text


def test_a_policy_beyond_one_transaction_is_refused_before_anything_is_written(policies: Policies) -> None:
    with pytest.raises(InvalidInputError, match="the limit is"):
        put(policies, "𝄞" * 900_000)
    assert policies.active() == 0


def test_versions_are_listed_newest_first_in_pages(policies: Policies) -> None:
    for number in range(1, 8):
        put(policies, f"description: version {number}\n")
    first = policies.versions(limit=3)
    assert [one.version for one in first.items] == [7, 6, 5]
    assert first.next_mark is not None
    second = policies.versions(limit=3, before=int(first.next_mark))
    assert [one.version for one in second.items] == [4, 3, 2]
    assert second.next_mark is not None
    third = policies.versions(limit=3, before=int(second.next_mark))
    assert ([one.version for one in third.items], third.next_mark) == ([1], None)


def test_of_sixteen_who_put_at_once_each_gets_a_version_of_their_own(policies: Policies) -> None:
    def put_until_done(number: int) -> int:
        while True:
            try:
                return put(policies, f"description: by writer {number}\n")[0]
            except LostRaceError:
                continue

    with ThreadPoolExecutor(16) as pool:
        versions = list(pool.map(put_until_done, range(16)))
    assert sorted(versions) == list(range(1, 17))
    assert policies.active() == 16
    for number, version in enumerate(versions):
        assert policies.text(version) == f"description: by writer {number}\n"


def test_of_sixteen_who_expect_the_same_version_one_wins(policies: Policies) -> None:
    put(policies, FIRST)

    def try_once(number: int) -> bool:
        text = f"description: by writer {number}\n"
        try:
            return put_policy(policies, text, expected=1, by=Actor(name="Ada Example"), at=NOW).changed
        except StaleRevisionError as refused:
            assert (refused.expected, refused.current) == (1, 2)
            return False

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(try_once, range(16)))
    assert won.count(True) == 1
    assert policies.active() == 2


def test_a_process_sees_a_new_policy_after_15_seconds_and_asks_no_earlier(
    policies: Policies, table: Table
) -> None:
    put(policies, FIRST)
    active = ActivePolicy(table)
    before, version = active.get(NOW)
    assert version == 1
    put(policies, SECOND)
    assert active.get(NOW + timedelta(seconds=14)) == (before, 1)
    after, version = active.get(NOW + timedelta(seconds=15))
    assert version == 2
    assert set(after.services) == {"vpn", "mail"}


def test_a_version_is_compiled_once_per_process(policies: Policies, table: Table) -> None:
    put(policies, FIRST)
    active = ActivePolicy(table)
    first, _ = active.get(NOW)
    again, _ = active.get(NOW + timedelta(minutes=5))
    assert again is first


def test_a_stored_text_that_does_not_load_is_our_trouble_and_not_the_callers(
    policies: Policies, table: Table
) -> None:
    put(policies, "nonsense: true\n")
    with pytest.raises(UnavailableError, match="policy version 1 does not load"):
        ActivePolicy(table).get(NOW)
