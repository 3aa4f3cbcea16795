"""One incident: who cannot work, what worked last time, what fires, why it is so urgent, and its story."""

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.here import Here
from functions.serve_board.pages import View, page
from leitplanke.domain.incidents import Change

_LINES = 200
"""Of its story, on its page; the API has all of it."""
_ELSEWHERE = frozenset({"text", "reason", "overrides", "why", "before"})


def incident_page(here: Here, ident: str) -> Response[str]:
    """The page. Raises NotFoundError. Card, story and reasons: a fixed number of reads."""
    card = here.incidents.card(ident, now=here.now)
    story = here.incidents.timeline(ident, after_revision=0, limit=_LINES)
    decisions = here.incidents.decisions(ident, limit=1, before_revision=None)
    return page(
        "incident",
        View(session=here.signed_in, now=here.now, path=f"/board/incidents/{ident}"),
        incident=card.incident,
        known=card.known_workaround,
        firing=card.firing,
        more_firing=card.more_firing,
        story=[(entry.revision, entry.change, told(entry.change)) for entry in story.entries],
        more_story=story.next_revision is not None,
        reasons=[reason["text"] for row in decisions.items for reason in row["outcome"]["reasons"]],
    )


def told(change: Change) -> str:
    """What a line says besides its kind: sentences as they are, the rest with its name."""
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
