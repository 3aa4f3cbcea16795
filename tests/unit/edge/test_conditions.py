"""ETag and If-Match."""

import pytest

from leitplanke.domain.errors import InvalidInputError
from leitplanke.edge.conditions import etag, expected_revision


def test_what_is_sent_back_is_what_was_given() -> None:
    assert etag(7) == '"7"'
    assert expected_revision(etag(7)) == 7


@pytest.mark.parametrize(("header", "revision"), [('"0"', 0), (' "12" ', 12), ('W/"12"', 12), ("12", 12)])
def test_proxies_and_people_write_it_in_other_ways(header: str, revision: int) -> None:
    assert expected_revision(header) == revision


@pytest.mark.parametrize("header", [None, "*", " * "])
def test_without_a_revision_any_will_do(header: str | None) -> None:
    assert expected_revision(header) is None


@pytest.mark.parametrize("header", ["", '""', '"a"', '"1", "2"', '"1', "-1", '"1e3"', '"9999999999"', "١"])
def test_anything_else_is_refused_with_field_and_remedy(header: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        expected_revision(header)
    assert refused.value.field == "If-Match"
    assert "ETag" in refused.value.remedy
