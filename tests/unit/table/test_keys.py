"""Keys never collide, whatever names strangers give, and stay within what DynamoDB takes."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.ids import SHARDS, shard_of
from leitplanke.table import keys

HOSTILE = [
    "a",
    "A",
    "a#b",
    "a%23b",
    "a#open#0",
    "SERVICE#a",
    "../a",
    " a",
    "a ",
    "\x00",
    "\ud800",
    "ä",
    "ae",
    "a/b",
    "a%2Fb",
    "é",
    "e\u0301",
    "CAUSE#x",
    "😀" * 100,
    "😀" * 100 + "!",
    "😀" * 128,
    "x" * 512,
    "x" * 513,
    "x" * 600,
    "x" * 485 + "!" + "y" * 26,
]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=700))


def test_different_names_have_different_keys() -> None:
    for one, other in combinations(HOSTILE, 2):
        assert keys.service_state(one) != keys.service_state(other)
        assert keys.by_name("SERVICE", one, "open", 0) != keys.by_name("SERVICE", other, "open", 0)
        assert keys.service_cause(one, "inc").pk != keys.service_cause(other, "inc").pk
        assert keys.group(one) != keys.group(other)


@given(NAMES)
def test_a_long_name_cannot_be_given_to_another_by_naming_it_after_its_key(name: str) -> None:
    key = keys.service_state(name).sk

    assert key == name or keys.service_state(key).sk != key


@given(NAMES, NAMES, NAMES, NAMES)
def test_no_part_of_a_name_reaches_into_the_next_part(a: str, b: str, c: str, d: str) -> None:
    if (a, b) != (c, d):
        assert keys.alert_id(a, b) != keys.alert_id(c, d)
        assert keys.by_name("TEAM", a, b, 1) != keys.by_name("TEAM", c, d, 1) or "#" in b + d


@given(NAMES)
def test_keys_stay_within_the_limits_of_the_table(name: str) -> None:
    """1,024 bytes for a sort key, 2,048 for a partition key (Amazon DynamoDB, service quotas)."""
    for key in (
        keys.service_state(name),
        keys.service_cause(name, "inc-1"),
        keys.group(name),
        keys.alert(keys.alert_id(name, name)),
        keys.told(keys.incident("inc-1"), 1, name),
    ):
        assert 0 < len(key.pk.encode()) <= 2_048
        assert 0 < len(key.sk.encode()) <= 1_024


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_order_of_times_is_the_order_of_their_texts(one: datetime, other: datetime) -> None:
    assert (keys.time_text(one) < keys.time_text(other)) == (one < other)
    assert datetime.fromisoformat(keys.time_text(one)) == one


def test_a_time_is_written_in_utc_wherever_it_was_taken() -> None:
    taken = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert keys.time_text(taken) == "2026-02-28T23:30:00.000000Z"


def test_rows_of_different_kinds_never_share_a_key() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    made = [
        keys.alert("x"),
        keys.episode("x", "x", 1),
        keys.group("x"),
        keys.incident("x"),
        keys.problem("x"),
        keys.timeline(keys.incident("x"), 1),
        keys.decision("x", 1),
        keys.told(keys.incident("x"), 1, "x"),
        keys.problem_link("x", "x"),
        keys.signature_occurrence("x", moment, "x"),
        keys.signature_workaround("x"),
        keys.signature_problem("x"),
        keys.service_cause("x", "x"),
        keys.service_state("x"),
        keys.service_flip("x"),
        keys.look(moment, "x"),
        keys.integration("x"),
        keys.quarantined(moment, "x"),
        keys.policy_active(),
        keys.policy_version(1),
        keys.policy_chunk(1, 1),
    ]

    assert len(set(made)) == len(made)


def test_alerts_spread_evenly_over_the_shards_of_their_incident() -> None:
    counts = [0] * SHARDS
    for number in range(10_000):
        counts[shard_of(keys.alert_id("integration-1", f"host-{number}"))] += 1

    assert max(counts) < 1.1 * 10_000 / SHARDS
