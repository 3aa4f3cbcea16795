"""Words of the API as people read them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import typer

from infra.cli import screen
from leitplanke_client.incident_models import Incident

Word = TypeVar("Word", bound=str)

STYLES = {"P1": "bold red", "P2": "red", "P3": "yellow"}


def chosen(word: str, known: Sequence[Word]) -> Word:
    """One of the words that are known here. Raises typer.BadParameter."""
    if word not in known:
        raise typer.BadParameter(f"{word!r} is not known; take {', '.join(known)}")
    return cast("Word", word)


def several(typed: Sequence[str] | None, known: Sequence[Word]) -> list[Word]:
    """Several of them, with commas between or the option repeated. Raises typer.BadParameter."""
    words = [word.strip().lower() for one in typed or () for word in one.split(",") if word.strip()]
    return [chosen(word, known) for word in words]


def holder(incident: Incident) -> str:
    """Who has it, in half a sentence."""
    team = f" of team {incident.team}" if incident.team else ""
    if not incident.is_live:
        return f"{incident.assignee or incident.acknowledged_by or 'nobody'}{team} had it"
    if incident.acknowledged_by is not None:
        return f"{incident.assignee or incident.acknowledged_by}{team} has it"
    if incident.assignee is not None:
        return f"{incident.assignee}{team} has not said yes yet"
    return f"nobody{team} has it yet"


def who(incident: Incident) -> str:
    """Who has it, in a word or two."""
    if incident.assignee and incident.acknowledged_by is None and incident.is_live:
        return f"{incident.assignee}?"
    return incident.assignee or incident.acknowledged_by or ("nobody" if incident.is_live else "-")


def what(service: str, title: str) -> str:
    """What is wrong and where, in a line without what would steer a terminal."""
    return screen.printable(title if service in title else f"{service}: {title}")


def told(facts: Mapping[str, Any]) -> str:
    """Facts in a line: sentences as they are, the rest with their names."""
    said = [str(facts[name]) for name in ("text", "reason") if facts.get(name)]
    rest = [
        f"{name.replace('_', ' ')} {plain(value)}"
        for name, value in facts.items()
        if name not in _ELSEWHERE and value not in _NOTHING and not _is_of_before(name, value)
    ]
    past = [
        f"went past {one.get('guardrail')}: {one.get('reason') or one.get('purpose', '')}"
        for one in facts.get("overrides") or ()
        if isinstance(one, Mapping)
    ]
    return "; ".join([*said, *rest, *past])


def _is_of_before(name: str, value: Any) -> bool:
    return name.startswith("before_") or (name == "before" and isinstance(value, Mapping))


_NOTHING: tuple[Any, ...] = (None, "", 0, [], {})
_ELSEWHERE = ("text", "reason", "overrides", "why")
"""Told in other words, or, what `leitplanke why` tells in full, not at all."""


def plain(value: Any) -> str:
    """A value in few characters."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{name} {plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain(one) for one in value)
    text = str(value)
    return screen.clock(datetime.fromisoformat(text)) if _A_MOMENT.fullmatch(text) else text


_A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def pairs(typed: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VALUE`, several times. Raises typer.BadParameter."""
    found = {}
    for one in typed or ():
        name, separator, value = one.partition("=")
        if not separator or not name.strip():
            raise typer.BadParameter(f"{one!r} is no NAME=VALUE")
        found[name.strip()] = value
    return found
