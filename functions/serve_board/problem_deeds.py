"""What people do on a problem's page, in the order in which it is offered."""

from collections.abc import Mapping

from functions.serve_board.deeds import WHY, Deed, text
from leitplanke.domain.attempts import Action
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.usecases.work_problems import ProblemWork


def _is_not_over(problem: Problem) -> bool:
    return problem.state not in (ProblemState.VERIFIED, ProblemState.CLOSED)


_ALL: tuple[Deed[ProblemWork, Problem], ...] = (
    Deed(
        action=Action.ACCEPT,
        label="Take it into work",
        offered=lambda problem: _is_not_over(problem) and not problem.is_worked_on,
        do=lambda work, act, _: work.accept(act),
    ),
    Deed(
        action=Action.DECLINE,
        label="Not worth the work",
        offered=lambda problem: _is_not_over(problem) and problem.state is not ProblemState.DECLINED,
        fields=(WHY,),
        do=lambda work, act, form: work.decline(act, reason=text(form, "reason")),
    ),
)
PROBLEM_DEEDS: Mapping[str, Deed[ProblemWork, Problem]] = {deed.action.value: deed for deed in _ALL}
"""By the last part of the address that the form goes to."""
