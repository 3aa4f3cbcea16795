"""One incident: who cannot work, what worked last time, what fires, why it is so urgent, and its story."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.acting import Desk
from functions.serve_board.deeds import Deed, Met
from functions.serve_board.here import Here
from functions.serve_board.incident_deeds import INCIDENT_DEEDS
from functions.serve_board.pages import View, page
from leitplanke.domain.guardrails import Fired
from leitplanke.domain.impact import silenced_with
from leitplanke.domain.incidents import Change, Incident
from leitplanke.edge.identity import Scope
from leitplanke.edge.ids import new_id
from leitplanke.usecases.work_incidents import IncidentWork

_LINES = 200
"""Of its story, on its page; the API has all of it."""
_ELSEWHERE = frozenset({"text", "reason", "overrides", "why", "before"})


_HOME = "/board/incidents"
IncidentDeed = Deed[IncidentWork, Incident]


def incident_page(
    here: Here,
    ident: str,
    *,
    met: Met[IncidentWork, Incident] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """The page. Raises NotFoundError. A fixed number of reads: card, guardrails ahead, story and reasons."""
    session = here.signed_in
    card = here.stores.incidents.card(ident, now=here.now)
    story = here.stores.incidents.timeline(ident, after_revision=0, limit=_LINES)
    decisions = here.stores.incidents.decisions(ident, limit=1, before_revision=None)
    may_act = session.caller.scope is not None and session.caller.scope >= Scope.RESPOND
    return page(
        "incident",
        View.of(here, path=f"{_HOME}/{ident}"),
        status=status,
        incident=card.incident,
        known=card.known_workaround,
        firing=card.firing,
        more_firing=card.more_firing,
        story=[(entry.revision, entry.change, told(entry.change)) for entry in story.entries],
        more_story=story.next_revision is not None,
        reasons=[reason["text"] for row in decisions.items for reason in row["outcome"]["reasons"]],
        offered=_offered(here, card.incident) if may_act else [],
        home=f"{_HOME}/{ident}",
        met=met,
        key=new_id(),
    )


INCIDENTS = Desk(home=_HOME, deeds=INCIDENT_DEEDS, work=lambda here: here.stores.work, show=incident_page)
"""Where people act on incidents."""


def _offered(here: Here, incident: Incident) -> list[tuple[IncidentDeed, list[tuple[Fired, bool]]]]:
    """What can be done now, each with the guardrails that will speak up, always or by what is said."""
    policy, _ = here.stores.policy.get(here.now)
    ahead = here.stores.guard.foresee(
        incident,
        actor=here.signed_in.caller.actor,
        policy=policy,
        now=here.now,
        silenced=silenced_with(incident.service, policy),
    )
    return [
        (deed, [(one.fired, one.always) for one in ahead if one.action is deed.action])
        for deed in INCIDENT_DEEDS.values()
        if deed.offered(incident)
    ]


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
