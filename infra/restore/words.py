"""Changes in words, for people who have to do them again."""

from collections.abc import Callable, Mapping
from typing import Any

from leitplanke.domain.incidents import SYSTEM, Change

_Data = Mapping[str, Any]


def _restored(data: _Data) -> str:
    helped = data.get("workaround")
    return f"restored: {data.get('reason', '')}" + (f'; what helped: "{helped}"' if helped else "")


_WORDS: dict[str, Callable[[_Data], str]] = {
    "incident.opened": lambda data: f"opened: {data.get('title', '')}",
    "incident.routed": lambda data: "routed",
    "incident.acknowledged": lambda data: "acknowledged",
    "incident.assigned": lambda data: f"assigned to {data.get('assignee')}",
    "incident.noted": lambda data: f"note: {data.get('text', '')}",
    "incident.escalated": lambda data: f"escalated: {data.get('reason', '')}",
    "incident.restored": _restored,
    "incident.reopened": lambda data: f"reopened: {data.get('reason', '')}",
    "incident.closed": lambda data: "closed",
    "incident.linked": lambda data: f"linked to problem {data.get('problem', '')}".rstrip(),
    "problem.opened": lambda data: f"opened: {data.get('title', '')} ({data.get('reason', '')})",
    "problem.linked": lambda data: f"incidents linked: {', '.join(data.get('incidents', ()))}",
    "service.flipped": lambda data: "went down" if data.get("down") else "came back",
}


def words_of(change: Change) -> str:
    """What happened, and who did it unless we did."""
    known = _WORDS.get(change.kind)
    text = known(change.data) if known else change.kind.partition(".")[2].replace("_", " ")
    return text if change.by == SYSTEM else f"{text} (by {change.by})"
