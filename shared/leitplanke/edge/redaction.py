"""What must not stand in a log, secrets and what says who a person is, replaced by a word for what it was.

Texts are searched by form, because nobody knows where a library's error quotes what. Of an address only the
host stays: a chat room's secret is its path. Fields are known by their names. What is redacted without need
costs a detail; what is not redacted is out for good.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_SECRET_FIELDS = re.compile(
    r"(?i)authorization|cookie|password|passwd|secret|(^|[_-])token$|routing[_-]?key|api[_-]?key|access[_-]?key"
)
_PERSONAL_FIELDS = frozenset(
    {"email", "phone", "name", "by", "by_id", "actor", "user", "caller", "assignee", "assigned_to", "body"}
)

_MAIL_CHAR = r"[^\s@\"'<>(),;:=\[\]{}]"
_NUMBER_BEFORE = r"(?<![\w.:/+-])"
_WORD_BEGINS = r"(?<![A-Za-z0-9])"
_ESCAPE = re.compile(r"%([2-7][0-9A-Fa-f])")
"""A printable character as addresses and keys of the table have it."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        # What Pydantic says about a wrong value quotes it.
        (r"(?s)input_value=.{0,400}?, input_type=", "input_value=[left out], input_type="),
        # JSON Web Tokens (RFC 7519): the first part is JSON in base64; an unsigned one ends in a dot.
        (_WORD_BEGINS + r"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?", "[token]"),
        (_WORD_BEGINS + r"(?i:(bearer|geniekey|basic))\s+[A-Za-z0-9._~+/=-]{8,}", r"\1 [key]"),
        (r"(?i)(authorization[\\\"']*\s*[=:]\s*[\\\"']*)[^\s\\\"',;}]+(?: +[^\s\\\"',;}]+)?", r"\1[key]"),
        # Whatever stands under the name of a secret; before addresses, which end at a blank.
        (
            r"(?i)((?:(?:access|id|refresh|session)[_-]?token|routing[_-]?key|api[_-]?key|password|passwd|secret)"
            r"[\\\"']*\s*[=:]\s*b?[\\\"']*)[^\s\\\"'&,;}]+",
            r"\1[key]",
        ),
        (r"(?i)((?<![a-z])token=)[^\s\\\"'&,;}]+", r"\1[key]"),
        # Addresses: nothing stays where a password may be, or where we do not know the scheme.
        (r"(?i)\b(https?)://[^\s\"'<>]*@[^\s\"'<>]*", r"\1://[address]"),
        (r"(?i)\b(?!https?://)([a-z][a-z0-9+.-]{1,30})://[^\s\"'<>]*", r"\1://[address]"),
        (r"(?i)\b(https?://[^\s/?#\"'<>\\]*)[/?#][^\s\"'<>]+", r"\1/[path]"),
        (r"/i/[^/\s\"'\\]+", "/i/[key]"),
        # An integration key: 32 letters and digits. A UUID without hyphens looks alike and is no secret.
        (_WORD_BEGINS + r"(?![0-9a-f]{32}(?![A-Za-z0-9]))[A-Za-z0-9]{32}(?![A-Za-z0-9])", "[key]"),
        # Access key ids and session tokens of AWS.
        (_WORD_BEGINS + r"(?:(?:AKIA|ASIA)[A-Z0-9]{16}|(?:IQoJ|FwoG|FQoG)[A-Za-z0-9/+=]{50,})", "[key]"),
        (_MAIL_CHAR + r"{1,64}@" + _MAIL_CHAR + r"{1,250}\.[^\W\d_]{2,}", "[email]"),
        # Phone numbers: with a country code, as in Germany, as in North America.
        (r"(?<![\w.+-])(?:\+|00)[1-9](?:[ ().\-/]{0,3}\d){6,14}(?!\w)", "[phone]"),
        (_NUMBER_BEFORE + r"\(?0[1-9]\d{1,4}\)?[ /-]\d(?:[ -]?\d){3,9}(?![\w:])", "[phone]"),
        (_NUMBER_BEFORE + r"\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?!\w)", "[phone]"),
    )
)


def redacted_text(text: str) -> str:
    """The text without what must not stand in a log, also not behind the escapes of addresses."""
    text = _without(text)
    resolved = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    return text if resolved == text else _without(resolved)


def _without(text: str) -> str:
    for pattern, word in _RULES:
        text = pattern.sub(word, text)
    return text


def redacted(value: Any, field: str = "") -> Any:
    """The same of any JSON value; `field` is the name that it stands under."""
    if isinstance(value, Mapping):
        return {redacted_text(str(name)): redacted(inner, str(name)) for name, inner in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    if _SECRET_FIELDS.search(field):
        return "[key]"
    if field.lower() in _PERSONAL_FIELDS:
        return "[left out]"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [redacted(inner, field) for inner in value]
    return redacted_text(value if isinstance(value, str) else str(value))
