"""Reading what strangers send: JSON, times, labels, texts.

Everything here either gives a clean value or raises InvalidInputError with the field and the remedy. Nothing
else comes out, whatever goes in: deep nesting, huge numbers, broken UTF-8, dates of the year 9999.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Event, Severity
from leitplanke.wire.intake import EXCERPT_CHARS, MAX_ITEMS, Rejected, TooLargeError

T = TypeVar("T")

_LAST_YEAR_WITHOUT_MEANING = 1970
"""Go's zero time is year 1, Unix's is 1970; both mean "not set"."""
_FAR_AWAY = datetime(2999, 12, 31, tzinfo=UTC)
"""Later than this is cut to this, so that adding to a time can never overflow."""
_MILLISECONDS_FROM = 100_000_000_000
"""Numbers above this are milliseconds: as seconds they would be the year 5138."""

_SEVERITIES = {
    Severity.CRITICAL: "critical crit fatal emergency emerg alert page disaster blocker urgent sev1 p1 1",
    Severity.ERROR: "error err major high severe average sev2 p2 2",
    Severity.WARNING: "warning warn minor medium moderate sev3 p3 3",
    Severity.INFO: "info information informational notice low none debug ok sev4 sev5 p4 p5 4 5",
}
_SEVERITY_BY_WORD = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}


def read_json(body: bytes) -> Any:
    """The JSON value in `body`, read as Go's encoding/json does where JSON leaves room.

    Broken UTF-8 and lone surrogates become U+FFFD instead of costing a whole batch; a byte order mark is
    skipped. The last of several equal keys wins. Raises InvalidInputError for anything else, also for more
    than 200 levels and numbers of more than 4,300 digits: whatever comes out can be printed.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        fault = str(error)
    try:
        text = body.decode("utf-8-sig", "replace")
        if b"\\u" in body or text.encode() != body:
            return from_json(_without_surrogates(text), allow_inf_nan=False)
    except RecursionError:
        fault = "nested too deeply"
    except ValueError as error:
        fault = str(error).partition(";")[0]  # behind it Python tells programmers what to do
    raise InvalidInputError(f"not JSON: {fault}", field="body", remedy="send one JSON document in UTF-8")


def _without_surrogates(text: str) -> str:
    """The same JSON with U+FFFD for each lone surrogate. Raises ValueError, RecursionError."""
    value = json.loads(text, parse_constant=_no_constant)
    raw = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
    return raw.decode("utf-16-le", "replace")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def compact(value: object) -> str:
    """Any JSON value as short text; text stays as it is."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def mapping(value: object, field: str) -> Mapping[str, Any]:
    """`value` as a JSON object; null counts as an empty one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise InvalidInputError(
        f"{field} is {_kind(value)}", field=field, remedy="send a JSON object with text values"
    )


def labels(value: object, field: str = "labels") -> dict[str, str]:
    """Label names and values as text, empty values left out (Alertmanager's rule), in the order sent.

    Numbers and booleans are written as JSON writes them. Raises InvalidInputError for nested values, since
    what identifies an alert must not depend on how we would print an object, and for a label without a name.
    """
    found: dict[str, str] = {}
    for name, raw in mapping(value, field).items():
        if not name:
            raise InvalidInputError("a label has no name", field=field, remedy="name it, or leave it out")
        if isinstance(raw, dict | list):
            raise InvalidInputError(
                f"label {name!r:.100} is {_kind(raw)}",
                field=f"{field}.{name}",
                remedy="send label values as text; put structure into an annotation",
            )
        text = "" if raw is None else compact(raw)
        if text:
            found[name] = text
    return found


def annotations(value: object, field: str = "annotations") -> dict[str, str]:
    """Annotations as text, empty names and values left out; nested values become compact JSON."""
    pairs = ((name, "" if raw is None else compact(raw)) for name, raw in mapping(value, field).items())
    return {name: text for name, text in pairs if name and text.strip()}


def text(value: object) -> str:
    """An optional text: null is empty, everything else is written as JSON writes it; outer space removed."""
    return "" if value is None else compact(value).strip()


def identifier(value: object, field: str) -> str:
    """A text that names something; null is empty, outer space removed.

    Raises InvalidInputError for nested values: names must not depend on how we would print an object.
    """
    if isinstance(value, dict | list):
        raise InvalidInputError(f"{field} is {_kind(value)}", field=field, remedy="send it as text")
    return text(value)


def moment(value: object, field: str) -> datetime | None:
    """A time in UTC: ISO 8601 (nanoseconds cut, UTC if it names no offset) or Unix seconds or milliseconds.

    None for null, empty text and the zero times of Go and Unix. Raises InvalidInputError for the rest.
    """
    if value is None or value == "":
        return None
    try:
        found = _moment(value)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInputError(
            f"{compact(value)!r:.100} is not a time",
            field=field,
            remedy="send RFC 3339, for instance 2026-03-11T12:54:18Z, or leave it out",
        ) from error
    if found.year <= _LAST_YEAR_WITHOUT_MEANING:
        return None
    if found.year >= _FAR_AWAY.year:
        return _FAR_AWAY
    return found.astimezone(UTC)


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        found = datetime.fromisoformat(value.strip())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) > _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, tz=UTC)
    raise ValueError("neither text nor a number")


def severity(word: object) -> Severity | None:
    """The sender's word for its severity in our four words; None if it is missing or means nothing to us."""
    return _SEVERITY_BY_WORD.get(text(word).lower()) if word is not None else None


def read_items(
    items: Iterable[Any],
    read: Callable[[Any, str], Event],
    *,
    field: str,
    shown: Callable[[Any], object] = lambda item: item,
) -> tuple[tuple[Event, ...], tuple[Rejected, ...]]:
    """Each item by itself: the good ones as events, the bad ones with their reasons.

    `read` gets the item and its dotted path; `shown` says what of an item may be kept in the quarantine.
    """
    events: list[Event] = []
    rejected: list[Rejected] = []
    for position, item in enumerate(items):
        try:
            events.append(read(item, f"{field}[{position}]"))
        except InvalidInputError as error:
            excerpt = compact(shown(item))[:EXCERPT_CHARS]
            rejected.append(Rejected.because(error, excerpt=excerpt, position=position))
    return tuple(events), tuple(rejected)


def item_list(value: object, field: str) -> list[Any]:
    """`value` as a list. Raises TooLargeError above MAX_ITEMS."""
    if not isinstance(value, list):
        raise InvalidInputError(f"{field} is {_kind(value)}", field=field, remedy="send a JSON array")
    if len(value) > MAX_ITEMS:
        raise TooLargeError(
            f"{len(value)} items in one request",
            field=field,
            remedy=f"send at most {MAX_ITEMS} items in one request",
        )
    return value


def invalid_event(error: ValidationError, field: str) -> InvalidInputError:
    """What our own event model refuses, in the sender's terms."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return InvalidInputError(
        f"{path}: {first['msg']}", field=field, remedy="shorten it or leave it out; see the guide for senders"
    )


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    return {dict: "an object", list: "an array", str: "text", bool: "true or false"}.get(
        type(value), "a number"
    )
