from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.keys import MAX_KEYS, RememberedKeys

NOW = datetime(2026, 3, 11, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Owners:
    """The table: who owns which key, and how often it was asked."""

    owners: dict[str, str] = field(default_factory=lambda: {"good": "int-1"})
    asked: int = 0
    away: bool = False

    def ask(self, key: str, _: datetime) -> str | None:
        self.asked += 1
        if self.away:
            raise UnavailableError("the table is away")
        return self.owners.get(key)


@pytest.fixture
def owners() -> Owners:
    return Owners()


@pytest.fixture
def keys(owners: Owners) -> RememberedKeys[str]:
    return RememberedKeys(owners.ask)


def test_a_key_is_asked_about_once_a_minute(owners: Owners, keys: RememberedKeys[str]) -> None:
    for second in range(0, 120, 10):
        assert keys.authenticate("good", NOW + second * SECOND) == "int-1"
    assert owners.asked == 2


def test_a_revoked_key_stops_working_within_a_minute(owners: Owners, keys: RememberedKeys[str]) -> None:
    keys.authenticate("good", NOW)
    owners.owners.clear()
    assert keys.authenticate("good", NOW + 59 * SECOND) == "int-1"
    assert keys.authenticate("good", NOW + 60 * SECOND) is None


def test_a_wrong_key_is_asked_about_at_most_every_ten_seconds(
    owners: Owners, keys: RememberedKeys[str]
) -> None:
    assert keys.authenticate("new", NOW) is None
    owners.owners["new"] = "int-2"
    assert keys.authenticate("new", NOW + 9 * SECOND) is None
    assert keys.authenticate("new", NOW + 10 * SECOND) == "int-2"
    assert owners.asked == 2


def test_a_key_that_was_good_stays_good_while_the_table_is_away(
    owners: Owners, keys: RememberedKeys[str]
) -> None:
    keys.authenticate("good", NOW)
    owners.away = True
    assert keys.authenticate("good", NOW + timedelta(minutes=14)) == "int-1"
    with pytest.raises(UnavailableError):
        keys.authenticate("good", NOW + timedelta(minutes=15))


def test_while_the_table_is_away_it_is_asked_every_ten_seconds_and_not_by_every_request(
    owners: Owners, keys: RememberedKeys[str]
) -> None:
    keys.authenticate("good", NOW)
    owners.away = True
    for second in range(60, 80):
        assert keys.authenticate("good", NOW + second * SECOND) == "int-1"
    assert owners.asked == 3
    owners.away = False
    owners.owners.clear()
    assert keys.authenticate("good", NOW + 80 * SECOND) is None


def test_a_key_never_seen_needs_the_table(owners: Owners, keys: RememberedKeys[str]) -> None:
    owners.away = True
    with pytest.raises(UnavailableError):
        keys.authenticate("good", NOW)


def test_a_key_that_was_wrong_is_not_let_in_because_the_table_is_away(
    owners: Owners, keys: RememberedKeys[str]
) -> None:
    keys.authenticate("bad", NOW)
    owners.away = True
    with pytest.raises(UnavailableError):
        keys.authenticate("bad", NOW + 11 * SECOND)


def test_a_forgotten_owner_is_asked_about_again(owners: Owners, keys: RememberedKeys[str]) -> None:
    keys.authenticate("good", NOW)
    keys.forget("int-1")
    keys.authenticate("good", NOW)
    assert owners.asked == 2


def test_the_memory_is_bounded_and_forgets_the_oldest(owners: Owners, keys: RememberedKeys[str]) -> None:
    keys.authenticate("good", NOW)
    for number in range(MAX_KEYS):
        keys.authenticate(f"guess {number}", NOW)
    asked = owners.asked
    keys.authenticate(f"guess {MAX_KEYS - 1}", NOW)
    assert owners.asked == asked
    keys.authenticate("good", NOW)
    assert owners.asked == asked + 1


def test_no_key_is_kept_in_memory_as_it_is(keys: RememberedKeys[str]) -> None:
    keys.authenticate("good", NOW)
    assert all(b"good" not in name for name in keys._seen)
