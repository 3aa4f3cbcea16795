"""How often a problem came back over time, and what that cost."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.losses import customer_minutes
from leitplanke.domain.problem_history import history
from tests.support.incidents import in_state, incident

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def test_an_incident_costs_its_heads_times_the_minutes_until_it_was_restored() -> None:
    began = NOW - timedelta(hours=2)
    restored = in_state(
        IncidentState.RESTORED, heads=10, began_at=began, restored_at=began + timedelta(minutes=45)
    )
    assert customer_minutes(restored, now=NOW) == 450
    assert customer_minutes(incident(heads=10, began_at=began), now=NOW) == 1_200
    assert customer_minutes(incident(heads=0, began_at=began), now=NOW) == 0


def test_what_was_closed_without_having_been_restored_cost_nothing() -> None:
    false_alarm = in_state(IncidentState.CLOSED, heads=10, restored_at=None)
    assert customer_minutes(false_alarm, now=NOW) == 0


def test_a_clock_of_a_sender_that_is_ahead_costs_nothing() -> None:
    assert customer_minutes(incident(heads=10, began_at=NOW + timedelta(hours=1)), now=NOW) == 0


def test_a_few_weeks_are_days_half_a_year_is_weeks_and_more_is_months() -> None:
    def labels(days: int) -> list[str]:
        return [one.label for one in history([NOW - timedelta(days=days), NOW], [], now=NOW)]

    assert labels(2) == ["24 Nov", "25 Nov", "26 Nov"]
    assert labels(40)[0] == "week of 12 Oct"
    assert labels(40)[-1] == "week of 23 Nov"
    assert labels(400)[0] == "Oct 2025"
    assert labels(400)[-1] == "Nov 2026"
    assert len(labels(400)) == 14


def test_there_is_nothing_to_show_without_incidents() -> None:
    assert history([], [], now=NOW) == ()


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=40))
def test_every_incident_is_in_one_period_and_no_period_is_left_out(days: list[int]) -> None:
    found = history([NOW - timedelta(days=one) for one in days], [], now=NOW)
    assert sum(one.incidents for one in found) == len(days)
    firsts = [one.first for one in found]
    assert firsts == sorted(set(firsts))
    assert found[0].first <= (NOW - timedelta(days=max(days))).date() <= date.max
    gaps = {(later - earlier).days for earlier, later in zip(firsts, firsts[1:], strict=False)}
    assert len(found) == 1 or gaps in ({1}, {7}) or gaps <= {28, 29, 30, 31}
