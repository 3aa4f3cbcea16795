"""Other people's text is harmless in ours; numbers and times read at a glance."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.plain_text import ago, clock, day, people, quoted, span

NOW = datetime(2026, 3, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
        ("[renew now](https://evil.example)", "(renew now)(https://evil.example)"),
        ("<!channel> <https://evil.example|status page>", "‹!channel› ‹https://evil.example¦status page›"),
        ("hello @everyone and @here", "hello ＠everyone and ＠here"),
        ("kim@example.com asks @kim, x@everyone.com", "kim@example.com asks ＠kim, x＠everyone.com"),
        ("||hidden|| **bold** ~~gone~~ `code`", "¦¦hidden¦¦ ∗∗bold∗∗ ∼∼gone∼∼ 'code'"),
        ("first line\nP1 second line\r\n\tthird", "first line P1 second line third"),
        ("abc\u202edlrow\u202c \u200bzero\x1b[31m red\x07", "abc dlrow zero (31m red"),
        ("disk usage > 90 % on node_exporter_1", "disk usage › 90 % on node_exporter_1"),
        ("   ", ""),
    ],
)
def test_other_peoples_text_can_neither_act_nor_break_the_line(text: str, harmless: str) -> None:
    assert quoted(text, 100) == harmless


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_quoted_text_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    said = quoted(text, limit)

    assert len(said) <= limit
    assert said.isprintable()
    assert not set(said) & set("<>[]`*~|")


def test_text_that_is_too_long_shows_that_it_was_cut() -> None:
    assert quoted("a very long title", 10) == "a very lo…"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_a_span_is_told_in_its_largest_sensible_unit(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_times_are_utc_and_carry_a_date_only_when_it_is_not_todays() -> None:
    in_berlin = datetime.fromisoformat("2026-03-03T03:05:00+01:00")

    assert clock(in_berlin, NOW) == "02:05 UTC"
    assert clock(NOW - timedelta(hours=3), NOW) == "2 March, 23:10 UTC"
    assert day(NOW - timedelta(days=100), NOW) == "23 November 2025"
    assert ago(in_berlin, NOW) == "5 minutes ago"
    assert ago(NOW + timedelta(seconds=3), NOW) == "just now"


def test_people_are_counted_with_separators() -> None:
    assert people(1840) == "1,840 people"
    assert people(1) == "1 person"
