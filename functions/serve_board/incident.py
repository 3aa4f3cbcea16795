"""One incident: who cannot work, what worked last time, what fires, why it is so urgent, and its story."""

from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.acting import Desk
from functions.serve_board.deeds import Deed, Met
from functions.serve_board.headers import not_modified
from functions.serve_board.here import Here
from functions.serve_board.incident_deeds import INCIDENT_DEEDS
from functions.serve_board.pages import View, etag_of, page
from functions.serve_board.stories import told
from leitplanke.domain.guardrails import Fired
from leitplanke.domain.impact import silenced_with
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.edge.ids import new_id
from leitplanke.usecases.work_incidents import IncidentWork

_LINES = 200
"""Of its story, on its page; the API has all of it."""


_HOME = "/board/incidents"
IncidentDeed = Deed[IncidentWork, Incident]


def incident_page(
    here: Here,
    ident: str,
    *,
    met: Met[IncidentWork, Incident] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    if_none_match: str | None = None,
) -> Response[str]:
    """The page; 304, from two reads, if it looks as the browser has it. Raises NotFoundError.

    A fixed number of reads: card, guardrails ahead, story and reasons. What stands in somebody's way is shown
    once, and does not go away while they read it.
    """
    around = here.policy_version, here.signed_in.secret
    if if_none_match is not None and if_none_match == etag_of(here.stores.incidents.glance(ident), *around):
        return not_modified(if_none_match)
    view = View.of(here, path=f"{_HOME}/{ident}")
    card = here.stores.incidents.card(ident, now=here.now)
    story = here.stores.incidents.timeline(ident, after_revision=0, limit=_LINES)
    decisions = here.stores.incidents.decisions(ident, limit=1, before_revision=None)
    return page(
        "incident",
        view,
        status=status,
        etag=None if met else etag_of(card.version, *around),
        live=met is None and card.incident.state is not IncidentState.CLOSED,
        incident=card.incident,
        known=card.known_workaround,
        firing=card.firing,
        more_firing=card.more_firing,
        story=[told(entry) for entry in story.entries],
        more_story=story.next_revision is not None,
        decided_at=next((datetime.fromisoformat(row["at"]) for row in decisions.items), None),
        reasons=[reason["text"] for row in decisions.items for reason in row["outcome"]["reasons"]],
        offered=_offered(here, card.incident) if view.may_act else [],
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
