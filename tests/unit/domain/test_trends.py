"""What closed incidents add up to, and what percentiles make of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.periods import periods
from leitplanke.domain.restore_times import bucket_of, minutes_at
from leitplanke.domain.trends import Loss, Summary, Tally, stretch, tally, trends
from tests.support.incidents import NOW, in_state, incident


def test_an_incident_adds_what_it_was_when_it_closed() -> None:
    one = in_state(
        IncidentState.CLOSED,
        priority="P1",
        heads=10,
        began_at=NOW - timedelta(minutes=20),
        opened_at=NOW - timedelta(minutes=19),
        acknowledged_at=NOW - timedelta(minutes=16),
        restored_at=NOW,
        hand_overs=2,
        problem_id="prob-1",
    )
    assert tally(one) == Tally(
        day=NOW.date(),
        service=one.service,
        cause=one.symptom,
        counts={
            "closed/P1": 1,
            "acknowledged/P1/4": 1,
            "restored/P1/8": 1,
            "hand_overs": 2,
            "recurring": 1,
            "minutes": 200,
        },
    )


def test_a_false_alarm_is_closed_and_nothing_else() -> None:
    one = in_state(IncidentState.CLOSED, priority=None, heads=10, restored_at=None)
    counted = tally(one)
    assert counted is not None
    assert (counted.counts, counted.customer_minutes) == ({"closed/P0": 1}, 0)


def test_what_is_not_closed_adds_nothing() -> None:
    assert tally(incident(heads=10)) is None


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.95]))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(minutes: list[int], share: float) -> None:
    counts: dict[int, int] = {}
    for one in minutes:
        bucket = bucket_of(timedelta(minutes=one))
        counts[bucket] = counts.get(bucket, 0) + 1
    found = minutes_at(counts, share)
    rank = -(-len(minutes) * int(share * 100) // 100)
    true = bucket_of(timedelta(minutes=sorted(minutes)[max(0, rank - 1)]))
    assert 2 ** (true / 2) - 1 <= found <= 2 ** ((true + 1) / 2) - 1 + 1e-9


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no times"):
        minutes_at({}, 0.5)
    assert Summary({}).restored() is None
    assert Summary({}).recurring is None


def test_days_before_are_compared_with_and_in_no_picture() -> None:
    before, first, last = stretch(7, datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
    assert (before, first, last) == (date(2026, 11, 13), date(2026, 11, 20), date(2026, 11, 26))
    found = trends(
        {before: {"closed/P1": 5}, first: {"closed/P1": 1}, last: {"closed/P2": 2}},
        [
            Loss(day=before, service="vpn", cause="down", customer_minutes=9),
            Loss(day=last, service="vpn", cause="down", customer_minutes=4),
            Loss(day=last, service="mail", cause="down", customer_minutes=5),
        ],
        first=first,
        last=last,
    )
    assert (found.now.closed, found.before.closed) == (3, 5)
    assert [(label, summary.closed) for label, summary in found.over_time] == [
        ("20 Nov", 1),
        *[(f"{day} Nov", 0) for day in range(21, 26)],
        ("26 Nov", 2),
    ]
    assert found.by_service == (("mail", 5), ("vpn", 4))
    assert found.by_cause == (("down", 9),)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 2_000))
def test_every_day_lies_in_a_period_that_is_shown(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = periods(first, last)
    assert found.of(first) == found.firsts[0]
    assert found.of(last) == found.firsts[-1]
    assert list(found.firsts) == sorted(set(found.firsts))
    assert len(found.firsts) <= 67
