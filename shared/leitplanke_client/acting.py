"""What every action shares: the revision it was decided on, overrides, and the key against repeats."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

from leitplanke_client.guardrail_models import Override
from leitplanke_client.transport import Call


class How(TypedDict, total=False):
    """What every action takes, by keyword, besides what it says.

    if_match: the revision that it was decided on; StaleRevisionError if somebody was faster.
    overrides: guardrails to go past, each with the reason.
    idempotency_key: made if left out. Give your own to repeat a call after a crash of your program.
    """

    if_match: int | None
    overrides: Sequence[Override]
    idempotency_key: str | None


def action(
    path: str, said: Mapping[str, Any], how: How, *, nullable: Mapping[str, Any] | None = None
) -> Call:
    """The POST that does it. What is None in `said` is left out, in `nullable` it is null."""
    body = {name: value for name, value in said.items() if value is not None} | dict(nullable or {})
    overrides = how.get("overrides", ())
    if overrides:
        body["override"] = [one.model_dump() for one in overrides]
    headers = {}
    if (revision := how.get("if_match")) is not None:
        headers["if-match"] = f'"{revision}"'
    if (key := how.get("idempotency_key")) is not None:
        headers["idempotency-key"] = key
    return Call(method="POST", path=path, json=body, headers=headers)


def part(ident: str) -> str:
    """An id as part of a path. Raises ValueError for what cannot be one: it would lead elsewhere."""
    if not ident or not all(char.isascii() and (char.isalnum() or char in "-_") for char in ident):
        raise ValueError(f"{ident!r} is no id")
    return ident


def aware(when: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for one without a time zone: it could be any of a day."""
    if when.tzinfo is None:
        raise ValueError("a moment without a time zone; write datetime(..., tzinfo=UTC)")
    return when.astimezone(UTC)
