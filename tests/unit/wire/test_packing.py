import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.wire.intake import TooLargeError, UnsupportedError
from leitplanke.wire.packing import unpacked

GZIP = {"content-encoding": "gzip"}


@given(st.binary(max_size=2_000))
def test_what_was_packed_comes_out_as_it_was(body: bytes) -> None:
    assert unpacked(gzip.compress(body), GZIP, limit=2_000) == body


@pytest.mark.parametrize("headers", [{}, {"content-encoding": ""}, {"content-encoding": "Identity"}])
def test_what_is_not_packed_stays_as_it_is(headers: dict[str, str]) -> None:
    assert unpacked(b"body", headers, limit=10) == b"body"


def test_several_gzip_members_are_one_body() -> None:
    assert unpacked(gzip.compress(b"one ") + gzip.compress(b"two"), GZIP, limit=100) == b"one two"


def test_a_thousand_gzip_members_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="members"):
        unpacked(gzip.compress(b"") * 1_000, GZIP, limit=100_000)


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(TooLargeError, match="larger than 1000000 bytes"):
        unpacked(bomb, GZIP, limit=1_000_000)


def test_the_limit_counts_over_all_members() -> None:
    with pytest.raises(TooLargeError):
        unpacked(gzip.compress(b"1" * 60) * 2, GZIP, limit=100)


def test_exactly_the_limit_is_allowed() -> None:
    assert unpacked(gzip.compress(b"x" * 100), GZIP, limit=100) == b"x" * 100


def test_a_body_too_large_as_sent_is_refused() -> None:
    with pytest.raises(TooLargeError):
        unpacked(b"x" * 11, {}, limit=10)


@pytest.mark.parametrize(
    "body", [b"not gzip", b"", gzip.compress(b"hello")[:-3]], ids=["other", "empty", "cut"]
)
def test_broken_gzip_is_refused_with_a_remedy(body: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        unpacked(body, GZIP, limit=100)
    assert caught.value.remedy


def test_a_packed_body_that_a_gateway_took_for_text_is_told_how_to_come_through() -> None:
    garbled = gzip.compress(b"hello").decode("utf-8", "replace").encode()
    with pytest.raises(InvalidInputError) as caught:
        unpacked(garbled, GZIP, limit=100)
    assert "application/octet-stream" in caught.value.remedy


def test_an_encoding_we_do_not_know_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match="content-encoding 'br'"):
        unpacked(b"x", {"content-encoding": "br"}, limit=10)
