"""One problem: how often it came back, what that cost, what helped, and what people decided about it."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.acting import Desk
from functions.serve_board.deeds import Deed, Met
from functions.serve_board.figures import Figure, Series
from functions.serve_board.here import Here
from functions.serve_board.pages import View, page
from functions.serve_board.problem_deeds import PROBLEM_DEEDS
from functions.serve_board.stories import told
from leitplanke.domain.guardrails import Fired
from leitplanke.domain.losses import customer_minutes
from leitplanke.domain.problem_history import Period, history
from leitplanke.domain.problems import Problem
from leitplanke.edge.ids import new_id
from leitplanke.usecases.work_problems import ProblemWork

_HOME = "/board/problems"
_LINES = 200
"""Of its story, on its page; the API has all of it."""


def problem_page(
    here: Here,
    ident: str,
    *,
    met: Met[ProblemWork, Problem] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """The page. Raises NotFoundError. Four reads and a batch: record, links, workaround, incidents, story."""
    found = here.stores.problems.with_incidents(ident)
    story = here.stores.problems.timeline(ident, after_revision=0, limit=_LINES)
    view = View.of(here, path=f"{_HOME}/{ident}")
    periods = history(found.opened, found.incidents, now=here.now)
    return page(
        "problem",
        view,
        status=status,
        scripts=("charts",),
        problem=found.problem,
        known=found.workaround,
        incidents=[(one, customer_minutes(one, now=here.now)) for one in found.incidents],
        more=found.more,
        lost=sum(period.customer_minutes for period in periods),
        figures_of_it=_figures(periods, partly=found.more),
        story=[told(entry) for entry in story.entries],
        more_story=story.next_revision is not None,
        offered=_offered(found.problem) if view.may_act else [],
        home=f"{_HOME}/{ident}",
        met=met,
        key=new_id(),
    )


PROBLEMS = Desk(
    home=_HOME, deeds=PROBLEM_DEEDS, work=lambda here: here.stores.problem_work, show=problem_page
)
"""Where people act on problems."""


def _offered(problem: Problem) -> list[tuple[Deed[ProblemWork, Problem], list[tuple[Fired, bool]]]]:
    """What can be done now. Guardrails here are about all problems of the team: they speak up when asked."""
    return [(deed, []) for deed in PROBLEM_DEEDS.values() if deed.offered(problem)]


def _figures(periods: tuple[Period, ...], *, partly: bool) -> tuple[Figure, ...]:
    if not periods:
        return ()
    labels = [one.label for one in periods]
    return (
        Figure(
            name="incidents",
            title="Incidents over time",
            kind="bars",
            head="When",
            labels=labels,
            series=[Series(name="Incidents", values=[one.incidents for one in periods])],
        ),
        Figure(
            name="lost",
            title="Customer-minutes lost" + (", of the newest 100 incidents" if partly else ""),
            kind="bars",
            head="When",
            labels=labels,
            series=[
                Series(name="Customer-minutes", values=[one.customer_minutes for one in periods]),
            ],
            unit="min",
        ),
    )
