"""Moments as people type them: `90min`, `2h`, `1d`, or a date and time with its zone."""

import re
from datetime import UTC, date, datetime, timedelta

import typer

_LENGTH = re.compile(r"(\d{1,5})\s*(min|m|h|d|w)")
_UNITS = {"min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def length_of(text: str) -> timedelta | None:
    """`90min` as a timedelta; None if it is none."""
    found = _LENGTH.fullmatch(text.strip().lower())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def moment_ago(text: str) -> datetime:
    """`2h`: two hours ago. Raises typer.BadParameter."""
    length = length_of(text)
    return _moment(text) if length is None else datetime.now(UTC) - length


def moment_ahead(text: str) -> datetime:
    """`2h`: in two hours; `now`. Raises typer.BadParameter."""
    if text.strip().lower() == "now":
        return datetime.now(UTC)
    length = length_of(text)
    return _moment(text) if length is None else datetime.now(UTC) + length


def day(text: str) -> date:
    """`2026-03-01`. Raises typer.BadParameter."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it like 2026-03-01") from None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment; write 90min, 2h, 1d, or 2026-03-01T06:00Z"
        ) from None
    if found.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} could be any of a day's zones; write {found.isoformat()}Z for UTC, or +01:00 for yours"
        )
    return found
