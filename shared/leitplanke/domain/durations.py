"""Spans of time as people write them in a policy: `30s`, `5m`, `12h`, `30d`, `2w`, or joined, `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_TEXT = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
_PART = re.compile(r"([0-9]+)([smhdw])")
_LONGEST = timedelta(days=3_660)


def parse_duration(text: str) -> timedelta:
    """`text` as a span; ValueError says what a span looks like if it is none, or if it exceeds ten years."""
    compact = text.strip().lower()
    if not _TEXT.fullmatch(compact):
        raise ValueError("is not a span of time: write a number and s, m, h, d or w, like 90s, 1h30m or 30d")
    span = timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(compact)))
    if span > _LONGEST:
        raise ValueError("is longer than ten years")
    return span


def format_duration(span: timedelta) -> str:
    """The shortest such text: 90 minutes are `1h30m`. Parts of a second are dropped."""
    rest = int(span.total_seconds())
    parts = []
    for unit in ("d", "h", "m", "s"):
        number, rest = divmod(rest, _UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def _validated(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError(
            "duration", "has no unit of time", {"remedy": "write a number and its unit, like 90s, 5m or 30d"}
        )
    try:
        return parse_duration(value)
    except ValueError as fault:
        raise PydanticCustomError(
            "duration", "{what}", {"what": str(fault), "remedy": "write it like 90s, 5m, 1h30m or 30d"}
        ) from fault


Duration = Annotated[timedelta, BeforeValidator(_validated)]
"""A span in a policy document; bare numbers are refused, because nobody knows their unit at 3 a.m."""
