"""Stories: what happened to a record, a line a change, in words."""

import re
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.incidents import Change
from leitplanke.domain.plain_text import clock
from leitplanke.table.rows import TimelineEntry

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:\d\d)$")
_ELSEWHERE = frozenset({"text", "reason", "overrides", "why", "before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a story."""

    at: datetime
    what: str
    by: str
    text: str


def told(entry: TimelineEntry) -> Line:
    """A line as it is shown."""
    change = entry.change
    return Line(
        at=change.at, what=change.kind.split(".")[-1].replace("_", " "), by=change.by, text=words(change)
    )


def words(change: Change) -> str:
    """What a change says besides its kind: sentences as they are, the rest with its name."""
    facts = change.data
    said = [str(facts[name]) for name in ("text", "reason") if facts.get(name)]
    rest = [
        f"{name.replace('_', ' ')} {_plain(value, change.at)}"
        for name, value in facts.items()
        if name not in _ELSEWHERE
        and not name.startswith("before_")
        and isinstance(value, str | int)
        and value
    ]
    past = [f"went past {one['guardrail']}: {one.get('reason', '')}" for one in facts.get("overrides", ())]
    return "; ".join([*said, *rest, *past])


def _plain(value: str | int, at: datetime) -> str:
    """A time in the words of this page, seen from the change; anything else as it is."""
    if not isinstance(value, str) or not _TIME.match(value):
        return str(value)
    try:
        return clock(datetime.fromisoformat(value), at)
    except ValueError:
        return value
