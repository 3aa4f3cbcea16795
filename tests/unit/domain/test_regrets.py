"""Regret or false stop: from what followed the override, compared with incidents of the same priority."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.attempts import Action
from leitplanke.domain.cases import Case, Outcome
from leitplanke.domain.incidents import Change, Incident, IncidentState
from leitplanke.domain.problems import Link
from leitplanke.domain.regrets import Line, judge
from leitplanke.domain.restore_times import ENOUGH, RestoreTimes, bucket_of, time_to_restore
from tests.support.incidents import NOW, PERSON, in_state, incident

NOTHING = RestoreTimes(counts={})
USUAL = RestoreTimes(counts={bucket_of(timedelta(minutes=10)): 30})


def case(**fields: Any) -> Case:
    known: dict[str, Any] = {
        "subject": "incident/inc-1",
        "guardrail": "third-hand-over",
        "action": Action.ASSIGN,
        "actor": PERSON,
        "name": PERSON,
        "number": 1,
        "level": "soft",
        "fired_at": NOW,
        "overridden_at": NOW,
        "revision": 3,
        "priority": "P3",
    }
    return Case(**(known | fields))


def line(revision: int, kind: str, **data: Any) -> Line:
    return Line(revision=revision, change=Change(kind=f"incident.{kind}", at=NOW, by=PERSON, data=data))


def closed(*, minutes: float = 5, **fields: Any) -> Incident:
    given_: dict[str, Any] = {"began_at": NOW, "restored_at": NOW + timedelta(minutes=minutes)}
    return in_state(IncidentState.CLOSED, **(given_ | fields))


@pytest.mark.parametrize(
    ("after", "sign"),
    [
        (line(4, "reopened"), "it was reopened"),
        (line(9, "escalated"), "it was escalated"),
        (line(4, "routed", priority="P1"), "its priority was raised from P3 to P1"),
        (line(4, "prioritised", priority="P2"), "its priority was raised from P3 to P2"),
    ],
)
def test_what_followed_is_regret(after: Line, sign: str) -> None:
    verdict = judge(case(), closed(), [line(2, "noted"), after, line(10, "closed")], comparable=USUAL)
    assert (verdict.outcome, verdict.because, verdict.rests_on) == (Outcome.REGRETTED, (sign,), 30)


@pytest.mark.parametrize(
    "before",
    [
        line(2, "reopened"),
        line(3, "escalated"),
        line(2, "routed", priority="P1"),
        line(4, "routed", priority="P3"),
        line(5, "routed", priority="P4"),
        line(5, "routed", priority=None),
        line(5, "noted", text="P1"),
    ],
)
def test_what_came_before_or_is_no_sign_is_a_false_stop(before: Line) -> None:
    verdict = judge(case(), closed(), [before], comparable=USUAL)
    assert (verdict.outcome, verdict.because) == (Outcome.FALSE_STOP, ())


def test_a_longer_restore_than_nine_in_ten_is_regret_and_says_on_how_many_it_rests() -> None:
    verdict = judge(case(), closed(minutes=600), [], comparable=USUAL)
    assert verdict.outcome is Outcome.REGRETTED
    assert verdict.because == ("customers waited 10h, longer than nine in ten of 30",)


def test_too_few_comparable_incidents_call_nothing_long() -> None:
    few = RestoreTimes(counts={1: ENOUGH - 1})
    assert judge(case(), closed(minutes=600), [], comparable=few).outcome is Outcome.FALSE_STOP
    enough = RestoreTimes(counts={1: ENOUGH})
    assert judge(case(), closed(minutes=600), [], comparable=enough).outcome is Outcome.REGRETTED


def test_what_was_overridden_after_the_restore_made_nobody_wait() -> None:
    late = case(overridden_at=NOW + timedelta(hours=11))
    assert judge(late, closed(minutes=600), [], comparable=USUAL).outcome is Outcome.FALSE_STOP


def test_a_close_after_which_the_same_came_back_is_regret() -> None:
    """The close is the last line, so nothing in the incident itself can speak against it."""
    again = Link(incident_id="inc-2", opened_at=NOW + timedelta(minutes=12))
    closing = case(action=Action.CLOSE, revision=4)
    gone = closed(closed_at=NOW, restored_at=None)
    verdict = judge(closing, gone, [line(4, "closed")], comparable=USUAL, came_back=again)
    assert verdict.outcome is Outcome.REGRETTED
    assert verdict.because == ("it came back 12m after its close, as inc-2",)


def test_without_a_priority_nothing_was_raised() -> None:
    verdict = judge(case(priority=None), closed(), [line(4, "routed", priority="P1")], comparable=NOTHING)
    assert verdict.outcome is Outcome.FALSE_STOP


class TestRestoreTimes:
    @given(st.lists(st.integers(0, 60 * 24 * 365), min_size=ENOUGH, max_size=200))
    def test_at_most_a_tenth_of_what_is_counted_is_long(self, minutes: list[int]) -> None:
        counts: dict[int, int] = {}
        for one in minutes:
            bucket = bucket_of(timedelta(minutes=one))
            counts[bucket] = counts.get(bucket, 0) + 1
        times = RestoreTimes(counts=counts)
        assert times.total == len(minutes)
        assert sum(times.is_long(timedelta(minutes=one)) for one in minutes) <= len(minutes) / 10

    @given(st.integers(0, 10**7), st.integers(0, 10**7))
    def test_what_takes_longer_is_in_no_lower_bucket(self, one: int, other: int) -> None:
        low, high = sorted((one, other))
        assert bucket_of(timedelta(seconds=low)) <= bucket_of(timedelta(seconds=high)) <= 41

    def test_buckets_grow_by_less_than_half(self) -> None:
        assert bucket_of(timedelta(0)) == bucket_of(timedelta(minutes=-3)) == 0
        for minutes in (10, 100, 1_000, 100_000):
            here, further = timedelta(minutes=minutes), timedelta(minutes=minutes * 1.5)
            assert bucket_of(further) > bucket_of(here)

    def test_the_clock_runs_from_the_first_alert_to_the_restore(self) -> None:
        assert time_to_restore(closed(minutes=42)) == timedelta(minutes=42)
        assert time_to_restore(closed(minutes=-1)) == timedelta(0)
        with pytest.raises(ValueError, match="not restored"):
            time_to_restore(incident())
