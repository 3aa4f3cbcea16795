"""People decide about problems: take one into work, or say why not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from leitplanke.domain import problems as domain
from leitplanke.domain.attempts import Action, Actor
from leitplanke.domain.guardrails import Overridden
from leitplanke.domain.handling import signed_line
from leitplanke.domain.problems import Problem, ProblemChanged
from leitplanke.table.client import Write
from leitplanke.table.problems import Problems
from leitplanke.table.receipts import Receipts
from leitplanke.usecases import acting
from leitplanke.usecases.acting import Acting, Before, Step
from leitplanke.usecases.ports import Guard, Policies

Act: TypeAlias = acting.Act[Problem]
Done: TypeAlias = acting.Done[Problem]


class ProblemWork:
    """What people do to problems. Each raises what `Acting.carry_out` does."""

    def __init__(self, *, problems: Problems, policies: Policies, guard: Guard, receipts: Receipts) -> None:
        self._acting = Acting(
            records=_Records(problems=problems), guard=guard, policies=policies, receipts=receipts
        )

    def accept(self, act: Act) -> Done | Before:
        """The team works on it from now on."""
        return self._acting.carry_out(
            act,
            Step(action=Action.ACCEPT, decide=lambda seen, _: domain.accept(seen, by=act.by, at=act.at)),
        )

    def decline(self, act: Act, *, reason: str) -> Done | Before:
        """It is not worth the work."""
        return self._acting.carry_out(
            act,
            Step(
                action=Action.DECLINE,
                decide=lambda seen, _: domain.decline(seen, by=act.by, at=act.at, reason=reason),
                details=lambda _seen, _policy: {"text": reason},
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """Problems as `Acting` sees them."""

    problems: Problems

    def get(self, ident: str, /) -> Problem:
        return self.problems.get(ident)

    def signed(
        self, changed: ProblemChanged, actor: Actor, overridden: Sequence[Overridden], /
    ) -> ProblemChanged:
        return replace(changed, change=signed_line(changed.change, actor, overridden))

    def after(self, changed: ProblemChanged, /) -> Problem:
        return changed.problem

    def commit(self, before: Problem, changed: ProblemChanged, extra: Sequence[Write], /) -> Problem:
        return self.problems.commit(before, changed, extra=extra)
