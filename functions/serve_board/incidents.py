"""Incidents as a list: of a service, a team, a lane, in a state; newest first."""

from collections.abc import Mapping

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.here import Here
from functions.serve_board.lists import LIMIT, Asked, part_of
from functions.serve_board.pages import View, page
from leitplanke.domain.incidents import LIVE, IncidentState
from leitplanke.usecases.read_incidents import Wanted

HOME = "/board/incidents"
_STATES: Mapping[str, tuple[IncidentState, ...]] = {
    "live": LIVE,
    "open": (IncidentState.OPEN,),
    "acknowledged": (IncidentState.ACKNOWLEDGED,),
    "restored": (IncidentState.RESTORED,),
    "closed": (IncidentState.CLOSED,),
    "all": tuple(IncidentState),
}
_LANES = ("expedite", "standard", "backlog")


def incidents_page(here: Here, said: Mapping[str, str]) -> Response[str]:
    """The page. A query a state and shard, and a batch read; some more where two conditions narrow it."""
    asked = Asked(home=HOME, said=said)
    state = asked.one_of("state", tuple(_STATES), "live")
    wanted = Wanted(
        states=_STATES[state],
        service=asked.text("service"),
        team=asked.text("team"),
        lane=asked.one_of("lane", _LANES, "") or None,
        assignee=asked.text("assignee"),
    )
    given = {"service": wanted.service, "team": wanted.team, "lane": wanted.lane, "assignee": wanted.assignee}
    conditions = {"state": state, **{name: value for name, value in given.items() if value}}
    items, part = part_of(
        asked, conditions, lambda mark: here.stores.incidents.listed(wanted, limit=LIMIT, before=mark)
    )
    return page(
        "incidents",
        View.of(here, path=HOME),
        items=items,
        part=part,
        said=conditions,
        states=tuple(_STATES),
        lanes=_LANES,
    )
