"""Bad values, each in one place of one item, and why a sender might be lost over them.

`refused_by` names the senders that must refuse the item; all others must take it. Nothing here may cost an
item's neighbours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.hostile.senders import SENDERS, Sender

MEGABYTE = 1_000_000

_ALL = frozenset(sender.name for sender in SENDERS)
_EVENTS = frozenset({"cloudevents", "cloudevents-batch", "cloudevents-binary"})
_NONE: frozenset[str] = frozenset()
_LABELLED = frozenset({"prometheus", "alertmanager", "json"})
"""Those whose labels are the alert's identity, and must be plain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAttack:
    """One bad value in one slot."""

    name: str
    why: str
    slot: str
    value: Callable[[], Any]
    refused_by: frozenset[str] = _NONE

    def __str__(self) -> str:
        return f"{self.slot}: {self.name}"


def _nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def _keys() -> Iterator[ItemAttack]:
    def key(name: str, why: str, value: Callable[[], Any], refused_by: frozenset[str] = _NONE) -> ItemAttack:
        return ItemAttack(name=name, why=why, slot="key", value=value, refused_by=refused_by)

    yield key("a megabyte", "no row has room for it", lambda: "k" * MEGABYTE, _ALL)
    yield key("empty", "DynamoDB takes no empty key", lambda: "", frozenset({"json"}))
    yield key("spaces", "empty once trimmed", lambda: "   ", frozenset({"json"}))
    yield key("nested", "how it is printed would be its identity", lambda: _nested(150), _ALL - _EVENTS)
    yield key("an object", "the same", lambda: {"a": {"b": 1}}, _ALL - _EVENTS)
    yield key("a number of 300 digits", "more than any float", lambda: 10**299, frozenset({"pagerduty"}))
    yield key("U+FFFF", "JSON allows it, SQS refuses the whole message", lambda: "a\uffffb\ufffe")
    yield key("NUL and controls", "C strings end there", lambda: "a\0b\x01\x1f\x7f\x85c")
    yield key("a lone surrogate", "legal as an escape, no UTF-8", lambda: "a\ud800b\udfffc")
    yield key("a table key", "must not reach another row", lambda: "x#../../INCIDENT#1/INCIDENT")
    yield key("1,024 emoji", "four bytes each", lambda: "\U0001f6a8" * 1_024, frozenset({"pagerduty"}))
    yield key("1,025 characters", "one too many", lambda: "k" * 1_025, _ALL)


def _titles() -> Iterator[ItemAttack]:
    def title(name: str, why: str, value: Callable[[], Any]) -> ItemAttack:
        return ItemAttack(name=name, why=why, slot="title", value=value)

    yield title("a megabyte", "cut, never refused", lambda: "t" * MEGABYTE)
    yield title("a megabyte of controls", "each to be replaced", lambda: "\x01\u202e" * (MEGABYTE // 8))
    yield title(
        "bidi controls", "shows another text than it holds", lambda: "safe \u202edegnahcnu\u2066 \u200f"
    )
    yield title("controls and escapes", "rings bells on a terminal", lambda: "\x07\x1b[2J\r\nX-Evil: 1\0")
    yield title("lone surrogates", "legal as escapes, no UTF-8", lambda: "\ud800 \udc00 \udfff\ud800")
    yield title("nested", "text that is not text", lambda: _nested(150))
    yield title("a number of 4,300 digits", "the longest that Python prints", lambda: 10**4_299)
    yield title("digits and dots", "the signature's rules have much to do", lambda: "1.1 " * 300)
    yield title("digits alone", "the same", lambda: "1 " * 512)


def _labels() -> Iterator[ItemAttack]:
    def label(
        slot: str, name: str, why: str, value: Callable[[], Any], refused_by: frozenset[str] = _NONE
    ) -> ItemAttack:
        return ItemAttack(name=name, why=why, slot=slot, value=value, refused_by=refused_by)

    thousands = {f"label_{number}": "x" * 50 for number in range(5_000)}
    yield label("label", "a megabyte", "cut, never refused", lambda: "v" * MEGABYTE)
    yield label("label", "an object", "identity must be plain text", lambda: {"a": [1]}, _LABELLED)
    yield label("label", "nested", "the same", lambda: _nested(150), _LABELLED)
    yield label("label", "a number of 4,300 digits", "the longest that is read", lambda: 10**4_299)
    yield label("label", "CEL", "conditions read labels", lambda: '" || true || "')
    yield label("label", "U+FFFF", "SQS refuses it", lambda: "\uffff")
    for slot in ("labels", "annotations"):
        plain = _LABELLED if slot == "labels" else _NONE
        yield label(slot, "5,000 of them", "64 are kept", lambda: thousands | {"alertname": "A"})
        yield label(
            slot,
            "names of table attributes",
            "must stay names of labels",
            lambda: {
                "pk": "x",
                "sk": "y",
                "gsi1pk": "",
                "ttl": "1",
                "#p": ":p",
                "ver": "9",
                "__proto__": "z",
            },
        )
        yield label(
            slot,
            "names that are CEL",
            "must stay names",
            lambda: {'a"] == "b" || true || labels["': "x", "site": "north", "a.b": "c", "in": "true"},
        )
        yield label(
            slot, "no name", "DynamoDB takes no nameless attribute", lambda: {"": "x", "a": "b"}, plain
        )
        yield label(slot, "a megabyte as name", "cut", lambda: {"n" * MEGABYTE: "x"})
        yield label(slot, "names with controls", "equal once replaced", lambda: {"a\x01": "1", "a\x02": "2"})
        yield label(slot, "a list", "not an object", lambda: ["a", "b"], _LABELLED)
    unlabelled = frozenset({"prometheus", "alertmanager"})
    yield label("labels", "null", "missing after all", lambda: None, unlabelled)
    yield label(
        "labels", "only empty values", "Alertmanager drops those", lambda: {"a": "", "b": None}, unlabelled
    )


def _times() -> Iterator[ItemAttack]:
    def time(name: str, why: str, value: Any, refused_by: frozenset[str]) -> ItemAttack:
        return ItemAttack(name=name, why=why, slot="time", value=lambda: value, refused_by=refused_by)

    strict = frozenset({"prometheus", "json"})
    late = frozenset({"prometheus"})  # it would begin after its end
    yield time("year 9999", "adding to it overflows", "9999-12-31T23:59:59.999999-23:59", late)
    yield time("milliseconds of year 9999", "the same", 253_402_300_799_999, late)
    yield time("year 0", "Python knows none", "0000-01-01T00:00:00Z", strict)
    yield time("year 1, an hour early", "before the first moment", "0001-01-01T00:00:00+14:00", _NONE)
    yield time("leap second", "RFC 3339 allows it, datetime does not", "2016-12-31T23:59:60Z", strict)
    yield time("offset of 99 hours", "no offset", "2026-03-11T12:00:00+99:99", strict)
    yield time("offset with microseconds", "Python takes it", "2026-03-11T11:00:00+23:59:59.999999", _NONE)
    yield time("10^300", "no moment", 10**300, strict)
    yield time("-10^15", "long before Go's zero time", -(10**15), strict)
    yield time("a megabyte", "the reason must stay short", "9" * MEGABYTE, strict)
    yield time("a lone surrogate", "anything may stand before the hour", "2026-03-11\ud80012:00:00", _NONE)
    yield time("true", "a number to Python", True, strict)
    yield time("nested", "no time", [[["2026"]]], strict)


def _severities() -> Iterator[ItemAttack]:
    def word(name: str, why: str, value: Any, refused_by: frozenset[str] = _NONE) -> ItemAttack:
        return ItemAttack(name=name, why=why, slot="severity", value=lambda: value, refused_by=refused_by)

    strict = frozenset({"json", "pagerduty"})
    yield word("a megabyte", "the reason must stay short", "c" * MEGABYTE, strict)
    yield word("a number of 4,300 digits", "no word", 10**4_299, strict)
    yield word("NUL before it", "not the word", "\0critical", strict)
    yield word("nested", "no word", [["critical"]], strict | _LABELLED)


ITEM_ATTACKS = (*_keys(), *_titles(), *_labels(), *_times(), *_severities())


def fits(attack: ItemAttack, sender: Sender) -> bool:
    """Whether the sender has such a place."""
    return attack.slot in sender.slots
