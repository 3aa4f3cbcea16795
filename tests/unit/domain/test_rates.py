"""A limit that many processes share without talking to each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.rates import Share, next_share

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def passed(share: Share, asked: int) -> tuple[int, Share]:
    """How many of so many requests within one minute pass."""
    taken = 0
    for _ in range(asked):
        share = replace(share, asked=share.asked + 1)
        taken += share.holds(share.since + MINUTE / 2)
    return taken, share


def test_one_process_alone_lets_through_what_the_limit_says() -> None:
    share = next_share(100, total=0, now=NOW)
    assert passed(share, 250)[0] == 100


@pytest.mark.parametrize("loads", [(300, 300), (500, 100), (90, 10), (30, 30, 30, 510), (1_000, 1)])
def test_from_the_second_minute_on_all_processes_together_keep_to_the_limit(loads: tuple[int, ...]) -> None:
    total = 0
    shares = [next_share(100, total=total, now=NOW) for _ in loads]
    for minute in range(1, 6):
        told, through = [], 0
        for share, asked in zip(shares, loads, strict=True):
            taken, after = passed(share, asked)
            through += taken
            told.append(after)
            total += after.asked
        if minute > 1:
            assert through <= 100 + len(loads)  # nobody is shut out altogether
            assert through >= min(sum(loads), 100) - len(loads)
        shares = [next_share(100, total=total, now=NOW + minute * MINUTE, last=one) for one in told]


def test_who_was_quiet_for_long_has_the_whole_limit_again() -> None:
    _, share = passed(next_share(100, total=0, now=NOW), 5_000)
    later = next_share(100, total=5_000, now=NOW + 90 * MINUTE, last=share)
    assert passed(later, 150)[0] == 100


def test_while_the_table_cannot_be_asked_the_allowance_goes_on_by_the_minute() -> None:
    share = replace(next_share(100, total=0, now=NOW), asked=250)
    assert not share.holds(NOW + 2 * MINUTE)
    assert share.holds(NOW + 3 * MINUTE)


def test_a_clock_that_stands_or_goes_back_starts_anew() -> None:
    share = next_share(100, total=7, now=NOW)
    assert next_share(100, total=9, now=NOW, last=share).allowance == 100
