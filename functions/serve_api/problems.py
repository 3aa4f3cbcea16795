"""GET /v1/problems...: what keeps coming back."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.serve_api.answers import shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import Limit, Page, RecordId
from functions.serve_api.problem_shapes import ProblemCard, Problems, ShownProblem
from functions.serve_api.scopes import needs
from functions.serve_api.shapes import Timeline
from leitplanke.domain.problems import SETTLED, ProblemState
from leitplanke.edge.identity import Scope
from leitplanke.edge.pages import mark_of, number_of, page_token

router = new_router()
TAG = "Problems"

StateWord = Literal[
    "candidate",
    "open",
    "known_error",
    "fix_deployed",
    "verified",
    "closed",
    "declined",
    "regressed",
    "all",
]


@router.get("/v1/problems", tags=[TAG], security=needs(Scope.READ), summary="List problems")
def list_problems(
    state: Annotated[
        list[StateWord] | None,
        Query(description="One or several, with commas between. Left out: all that are not over."),
    ] = None,
    limit: Limit = 50,
    page: Page = None,
) -> Response[Problems]:
    """Problems, newest first."""
    states = _states(state)
    question = ("problems", *sorted(states))
    found = here_of(router).stores.problems.listed(
        states=states, limit=limit, before=mark_of(page, of=question)
    )
    items = tuple(ShownProblem.of(problem) for problem in found.items)
    return shown(Problems(problems=items, next=page_token(found.next_mark, of=question)))


@router.get("/v1/problems/<id>", tags=[TAG], security=needs(Scope.READ), summary="Read a problem")
def get_problem(id: RecordId) -> Response[ProblemCard]:
    """One problem with its incidents and what restored them."""
    found = here_of(router).stores.problems.with_incidents(id)
    return shown(ProblemCard.of_found(found), revision=found.problem.revision)


@router.get(
    "/v1/problems/<id>/timeline", tags=[TAG], security=needs(Scope.READ), summary="Read a problem's story"
)
def get_problem_timeline(id: RecordId, limit: Limit = 100, page: Page = None) -> Response[Timeline]:
    """Everything that happened to it, oldest first."""
    question = ("problem timeline", id)
    found = here_of(router).stores.problems.timeline(
        id, after_revision=number_of(page, of=question) or 0, limit=limit
    )
    mark = None if found.next_revision is None else str(found.next_revision)
    return shown(Timeline.of(found, token=page_token(mark, of=question)))


def _states(words: list[StateWord] | None) -> tuple[ProblemState, ...]:
    if words is None:
        return tuple(state for state in ProblemState if state not in SETTLED)
    if "all" in words:
        return tuple(ProblemState)
    return tuple(state for state in ProblemState if state.value in words)
