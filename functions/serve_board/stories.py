"""Stories: what happened to a record, a line a change, in words."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.incidents import Change
from leitplanke.table.rows import TimelineEntry

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
        f"{name.replace('_', ' ')} {value}"
        for name, value in facts.items()
        if name not in _ELSEWHERE
        and not name.startswith("before_")
        and isinstance(value, str | int)
        and value
    ]
    past = [f"went past {one['guardrail']}: {one.get('reason', '')}" for one in facts.get("overrides", ())]
    return "; ".join([*said, *rest, *past])
