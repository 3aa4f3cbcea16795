"""A problem is due when a rule of the policy says so: often enough in a window, or major at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.policy import empty_policy, load_policy
from leitplanke.domain.recurrence import RecurrenceFacts, Verdict, counts_in, verdict, windows

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INCIDENT = RecurrenceFacts(service="vpn", symptom="GatewayDown", priority="P3")
DAY, MONTH = timedelta(days=1), timedelta(days=30)
POLICY = load_policy(
    """
customers: {Paper Lantern Bookshop: {heads: 12, vital: true, needs: shop}}
teams: {t: }
services: {shop: {team: t}}
recurrence:
  - {name: many in a day, count: 5, within: 24h}
  - {name: thrice in a month, count: 3, within: 30d}
  - {name: vital twice, count: 2, within: 30d, when: 'vital && priority != "P5"'}
  - {name: major incident, major: [P1, P2], when: heads > 10}
"""
)


def rule(found: Verdict | None) -> str | None:
    return found.rule if found else None


def test_windows_are_told_once_each_shortest_first() -> None:
    assert windows(POLICY) == (DAY, MONTH)
    assert windows(empty_policy()) == ()


def test_occurrences_are_counted_from_the_edge_of_the_window_to_now() -> None:
    times = [NOW, NOW - DAY, NOW - DAY - timedelta(seconds=1), NOW - MONTH, NOW - timedelta(days=31)]
    assert counts_in(times, NOW, POLICY) == {DAY: 2, MONTH: 4}


def test_an_incident_that_comes_after_now_by_its_clock_is_not_counted() -> None:
    assert counts_in([NOW + timedelta(seconds=1)], NOW, POLICY) == {DAY: 0, MONTH: 0}


@pytest.mark.parametrize(
    ("day", "month", "expected"),
    [
        (5, 9, "many in a day"),
        (4, 9, "thrice in a month"),
        (1, 3, "thrice in a month"),
        (1, 2, None),
        (1, 1, None),
    ],
)
def test_the_first_rule_that_has_counted_enough_says_so(day: int, month: int, expected: str | None) -> None:
    assert rule(verdict({DAY: day, MONTH: month}, INCIDENT, POLICY)) == expected


def test_the_reason_says_how_often_within_what() -> None:
    found = verdict({MONTH: 4}, INCIDENT, POLICY)
    assert found == Verdict(
        rule="thrice in a month",
        reason="it happened 4 times within 30d; the rule says 3",
        facts={"count": 4, "needed": 3, "within": "30d"},
    )


def test_a_condition_must_hold_as_well() -> None:
    vital = replace(INCIDENT, customers=("Paper Lantern Bookshop",))
    assert rule(verdict({MONTH: 2}, vital, POLICY)) == "vital twice"
    assert rule(verdict({MONTH: 2}, replace(vital, priority="P5"), POLICY)) is None


def test_a_major_incident_needs_no_second() -> None:
    major = replace(INCIDENT, priority="P2", heads=12)
    assert verdict({}, major, POLICY) == Verdict(
        rule="major incident", reason="it is a major incident: P2", facts={"priority": "P2"}
    )
    assert verdict({}, replace(major, heads=3), POLICY) is None
    assert rule(verdict({}, replace(major, priority="P1"), empty_policy())) == "major incident"


def test_what_was_not_routed_yet_is_not_major() -> None:
    assert verdict({}, replace(INCIDENT, priority=None, heads=12), POLICY) is None


def test_a_condition_about_what_is_not_known_yet_does_not_hold() -> None:
    policy = load_policy("recurrence: [{name: r, count: 2, within: 1d, when: impact < 3}]")
    assert verdict({DAY: 2}, INCIDENT, policy) is None
    assert rule(verdict({DAY: 2}, replace(INCIDENT, impact=2), policy)) == "r"


def test_by_default_counting_opens_nothing() -> None:
    assert verdict({MONTH: 1_000}, INCIDENT, empty_policy()) is None
