"""Problems as a list: what keeps coming back; newest first."""

from collections.abc import Mapping

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.here import Here
from functions.serve_board.lists import LIMIT, Asked, part_of
from functions.serve_board.pages import View, page
from leitplanke.domain.problems import SETTLED, ProblemState

HOME = "/board/problems"
_STATES: Mapping[str, tuple[ProblemState, ...]] = {
    "not_over": tuple(state for state in ProblemState if state not in SETTLED),
    **{state.value: (state,) for state in ProblemState},
    "all": tuple(ProblemState),
}


def problems_page(here: Here, said: Mapping[str, str]) -> Response[str]:
    """The page. A query a state and shard, and a batch read."""
    asked = Asked(home=HOME, said=said)
    state = asked.one_of("state", tuple(_STATES), "not_over")
    items, part = part_of(
        asked,
        {"state": state},
        lambda mark: here.stores.problems.listed(states=_STATES[state], limit=LIMIT, before=mark),
    )
    return page(
        "problems", View.of(here, path=HOME), items=items, part=part, state=state, states=tuple(_STATES)
    )
