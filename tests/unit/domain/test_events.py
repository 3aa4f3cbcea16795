"""Events on their way: bounded texts, and messages that the queue takes."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.events import EventMessage, bounded_text, chunked
from tests.support.events import trigger

ANYTHING = st.text(alphabet=st.one_of(st.characters(), st.characters(categories=["Cs", "Cc", "Cn", "Cf"])))


@given(ANYTHING, st.integers(1, 20))
def test_a_bounded_text_can_be_shown_is_short_enough_and_says_when_it_was_cut(text: str, limit: int) -> None:
    bounded, changed = bounded_text(text, limit)
    assert len(bounded) <= limit
    assert all(character.isprintable() or character in "\n\t" for character in bounded)
    assert changed == (bounded != text)


def test_a_cut_text_begins_like_the_whole_one() -> None:
    assert bounded_text("\x01" * 10 + "x" * 5_000_000, 12) == (" " * 10 + "x…", True)


@given(ANYTHING.filter(lambda text: text and text.isprintable() or "\ufffe" in text or "\uffff" in text))
def test_what_is_sent_comes_out_as_it_was_though_some_characters_may_not_travel(text: str) -> None:
    event = trigger(1, alert_key=text.encode("utf-8", "replace").decode() + "\\\uffff\ufffe")
    (message,) = chunked([event])
    assert not {"\ufffe", "\uffff"} & set(message)
    assert EventMessage.model_validate_json(message).events == (event,)


def test_times_come_out_as_they_were() -> None:
    event = trigger(1, expires_at=datetime(2999, 12, 31, tzinfo=UTC))
    assert EventMessage.model_validate_json(next(chunked([event]))).events == (event,)
