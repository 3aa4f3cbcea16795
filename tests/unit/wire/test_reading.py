import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Severity
from leitplanke.wire import reading
from leitplanke.wire.intake import MAX_ITEMS, TooLargeError
from tests.unit.wire.strategies import VALUES


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "x\xffy"}', {"a": "x\ufffdy"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b"[]", []),
    ],
    ids=["last of equal keys wins", "byte order mark", "broken UTF-8 is replaced", "surrogate pair", "empty"],
)
def test_json_is_read_where_go_would_read_it(body: bytes, value: object) -> None:
    assert reading.read_json(body) == value


def test_a_lone_surrogate_does_not_cost_the_whole_body() -> None:
    read = reading.read_json(b'[{"a": "x\\ud800"}, {"a": "\\ud83d\\ude00 fine"}]')
    assert read == [{"a": "x\ufffd"}, {"a": "\U0001f600 fine"}]


@pytest.mark.parametrize("mark", [b"fine", b"\\ud800", b"\xff"], ids=["clean", "surrogate", "broken UTF-8"])
@pytest.mark.parametrize("inner", [b"[" * 300 + b"]" * 300, b"1" * 4_301], ids=["deep", "long number"])
def test_what_could_not_be_printed_is_not_read_however_its_text_is_written(mark: bytes, inner: bytes) -> None:
    with pytest.raises(InvalidInputError):
        reading.read_json(b'["%s", %s]' % (mark, inner))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nope", b"[1,]", b"[" * 100_000, b"[" * 5_000 + b'"\\ud800', b"1" * 5_000, b"NaN"],
    ids=["empty", "cut short", "text", "comma", "deep", "deep with surrogate", "huge number", "not a number"],
)
def test_what_is_no_json_is_refused_with_a_remedy(body: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reading.read_json(body)
    assert caught.value.field == "body"
    assert "JSON" in caught.value.remedy


@pytest.mark.parametrize("constant", [b"NaN", b"-Infinity", b'["\\ud800", Infinity]'])
def test_constants_that_are_not_json_are_refused(constant: bytes) -> None:
    with pytest.raises(InvalidInputError):
        reading.read_json(constant)


def test_label_values_that_are_scalars_become_text_and_empty_ones_are_left_out() -> None:
    sent = {"a": "x", "b": 5, "c": 1.5, "d": True, "e": None, "f": "", "g": False}
    assert reading.labels(sent) == {"a": "x", "b": "5", "c": "1.5", "d": "true", "g": "false"}


@pytest.mark.parametrize("value", [{"deep": 1}, ["list"]])
def test_a_nested_label_value_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reading.labels({"host": value}, "alerts[0].labels")
    assert caught.value.field == "alerts[0].labels.host"
    assert caught.value.remedy == "send label values as text; put structure into an annotation"


def test_a_label_without_a_name_is_refused_and_such_an_annotation_left_out() -> None:
    with pytest.raises(InvalidInputError, match="no name"):
        reading.labels({"": "x"})
    assert reading.annotations({"": "x", "a": "b"}) == {"a": "b"}


@pytest.mark.parametrize("value", ["text", 5, ["a"], True])
def test_labels_that_are_no_object_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="labels is"):
        reading.labels(value)


def test_missing_labels_are_no_labels() -> None:
    assert reading.labels(None) == {}


def test_a_name_is_text_or_a_number_and_never_how_we_would_print_an_object() -> None:
    assert [reading.identifier(value, "id") for value in (" a ", 5, None, True)] == ["a", "5", "", "true"]
    for nested in ([], {}, ["a"], {"a": "b"}):
        with pytest.raises(InvalidInputError) as caught:
            reading.identifier(nested, "events[0].id")
        assert caught.value.field == "events[0].id"


def test_nested_annotations_become_compact_json() -> None:
    assert reading.annotations({"a": {"b": [1]}, "c": "", "d": "  ", "e": 2}) == {"a": '{"b":[1]}', "e": "2"}


def test_no_time_is_no_time() -> None:
    assert reading.moment(None, "at") is None
    assert reading.moment("", "at") is None


@pytest.mark.parametrize(
    "zero", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", 0]
)
def test_the_zero_times_of_go_and_unix_mean_unknown(zero: Any) -> None:
    assert reading.moment(zero, "at") is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-03-11T12:54:18.427123456Z", datetime(2026, 3, 11, 12, 54, 18, 427123, tzinfo=UTC)),
        ("2016-08-01T13:27:08.008+03:00", datetime(2016, 8, 1, 10, 27, 8, 8000, tzinfo=UTC)),
        ("2015-07-17T08:42:58.315+0000", datetime(2015, 7, 17, 8, 42, 58, 315000, tzinfo=UTC)),
        ("2026-03-11T12:54:18", datetime(2026, 3, 11, 12, 54, 18, tzinfo=UTC)),
        (1_773_230_058, datetime(2026, 3, 11, 11, 54, 18, tzinfo=UTC)),
        (1_773_230_058_000, datetime(2026, 3, 11, 11, 54, 18, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", datetime(2999, 12, 31, tzinfo=UTC)),
    ],
    ids=["nanoseconds", "offset", "offset without colon", "no offset", "seconds", "milliseconds", "far away"],
)
def test_times_are_read_in_utc(sent: Any, read: datetime) -> None:
    got = reading.moment(sent, "at")
    assert got == read
    assert got is not None
    assert got.tzinfo is UTC


@pytest.mark.parametrize(
    "sent", ["soon", "2026-13-01T00:00:00Z", "2016-12-31T23:59:60Z", True, [], {}, 10**400, 1e300]
)
def test_what_is_no_time_is_refused_with_an_example(sent: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reading.moment(sent, "alerts[0].startsAt")
    assert caught.value.field == "alerts[0].startsAt"
    assert "RFC 3339" in caught.value.remedy


@given(st.datetimes(min_value=datetime(1971, 1, 2), max_value=datetime(2998, 12, 30)), st.integers(-14, 14))  # noqa: DTZ001
def test_any_written_time_comes_back_as_the_same_moment(naive: datetime, hours: int) -> None:
    sent = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert reading.moment(sent.isoformat(), "at") == sent


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("page", Severity.CRITICAL),
        ("Disaster", Severity.CRITICAL),
        ("P1", Severity.CRITICAL),
        ("error", Severity.ERROR),
        (" high ", Severity.ERROR),
        ("warning", Severity.WARNING),
        ("minor", Severity.WARNING),
        ("info", Severity.INFO),
        ("none", Severity.INFO),
        ("purple", None),
        ("", None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_the_words_of_the_field_map_to_four_severities(word: Any, severity: Severity | None) -> None:
    assert reading.severity(word) is severity


def test_more_items_than_one_request_may_hold_are_refused() -> None:
    with pytest.raises(TooLargeError, match="10001 items"):
        reading.item_list([0] * (MAX_ITEMS + 1), "alerts")


@given(VALUES)
def test_nothing_that_is_read_raises_more_than_a_rejection(value: Any) -> None:
    for reader in (
        lambda: reading.labels(value),
        lambda: reading.annotations(value),
        lambda: reading.moment(value, "at"),
        lambda: reading.item_list(value, "items"),
    ):
        try:
            reader()
        except InvalidInputError as error:
            assert error.remedy
    assert isinstance(reading.text(value), str)
    assert reading.severity(value) is None or isinstance(reading.severity(value), Severity)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        value = reading.read_json(body)
    except InvalidInputError:
        return
    assert json.loads(json.dumps(value)) == value
