"""Problems: what keeps coming back."""

from collections.abc import Sequence
from typing import Unpack

from leitplanke_client.acting import How, action, part
from leitplanke_client.incident_models import Timeline, TimelineLine
from leitplanke_client.listing import Listing
from leitplanke_client.problem_models import ActedOnProblem, Problem, ProblemCard, Problems
from leitplanke_client.resource import Resource
from leitplanke_client.transport import Call
from leitplanke_client.words import ProblemState


class ProblemsApi(Resource):
    """`client.problems`. Reading takes the scope read, acting respond. All raise ClientError."""

    def list(self, *, state: Sequence[ProblemState] = (), limit: int = 50) -> Listing[Problems, Problem]:
        """Newest first; without `state` those that are not over."""
        wanted = {"state": ",".join(state) or None, "limit": limit}
        return self._listing("/v1/problems", wanted, Problems, lambda page: page.problems)

    def get(self, ident: str) -> ProblemCard:
        """One problem with its incidents and what restored them."""
        return self._transport.ask(Call(method="GET", path=f"/v1/problems/{part(ident)}"), ProblemCard)

    def timeline(self, ident: str, *, limit: int = 100) -> Listing[Timeline, TimelineLine]:
        """Everything that happened to it, oldest first."""
        path = f"/v1/problems/{part(ident)}/timeline"
        return self._listing(path, {"limit": limit}, Timeline, lambda page: page.timeline)

    def accept(self, ident: str, **how: Unpack[How]) -> ActedOnProblem:
        """The team takes it into work."""
        return self._transport.ask(action(f"/v1/problems/{part(ident)}/accept", {}, how), ActedOnProblem)

    def decline(self, ident: str, *, reason: str, **how: Unpack[How]) -> ActedOnProblem:
        """It is not worth the work, for a reason that is remembered."""
        path = f"/v1/problems/{part(ident)}/decline"
        return self._transport.ask(action(path, {"reason": reason}, how), ActedOnProblem)
