"""Page tokens: ours come back, everything else is a clean error."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.edge.pages import mark_of, number_of, page_token

LIST = ("incidents", "open", None)


@given(mark=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=600))
def test_a_mark_comes_back_from_its_token(mark: str) -> None:
    token = page_token(mark, of=LIST)
    assert token is not None
    assert mark_of(token, of=LIST) == mark


def test_a_token_can_be_part_of_a_url_as_it_is() -> None:
    token = page_token("2026-03-01T09:00:00.000000Z#inc1?>~", of=LIST)
    assert token is not None
    assert token.replace("-", "").replace("_", "").isalnum()


def test_the_last_page_has_no_token_and_the_first_no_mark() -> None:
    assert page_token(None, of=LIST) is None
    assert mark_of(None, of=LIST) is None
    assert number_of(None, of=LIST) is None


def test_a_number_comes_back_from_its_token() -> None:
    assert number_of(page_token("17", of=LIST), of=LIST) == 17


@pytest.mark.parametrize(
    "other", [("problems", "open", None), ("incidents", "closed", None), ("incidents", "open")]
)
def test_a_token_of_another_list_is_refused(other: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInputError, match="belongs to another list"):
        mark_of(page_token("m", of=other), of=LIST)


@given(
    st.text(max_size=1_200) | st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_garbage_is_refused_with_field_and_remedy(token: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        mark_of(token, of=LIST)
    assert refused.value.field == "page"
    assert "leave `page` out" in refused.value.remedy


@pytest.mark.parametrize(
    "content", [[1], [2, "x", "m"], [1, "x", 5], [1, "x", ""], {"a": 1}, "text", 7, None, [1, "x", "\ud800"]]
)
def test_json_that_is_no_token_is_refused(content: object) -> None:
    token = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    with pytest.raises(InvalidInputError):
        mark_of(token, of=LIST)


def test_a_deeply_nested_token_is_refused() -> None:
    token = base64.urlsafe_b64encode(b"[" * 700).decode()
    with pytest.raises(InvalidInputError):
        mark_of(token, of=LIST)


@pytest.mark.parametrize("mark", ["-1", "1.5", "one", "123456789"])
def test_a_mark_that_is_no_number_is_refused_where_one_is_counted(mark: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a token of ours"):
        number_of(page_token(mark, of=LIST), of=LIST)
