"""What every action on a record has in common: who acts, on which revision, past which guardrails, once."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, Field

from functions.serve_api.answers import SERVICE, shown
from functions.serve_api.here import here_of
from functions.serve_api.shapes import Given, text
from leitplanke.domain import attempts
from leitplanke.domain.guardrail_rules import MOST
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.incidents import Incident
from leitplanke.domain.problems import Problem
from leitplanke.edge.conditions import expected_revision
from leitplanke.edge.logs import count
from leitplanke.table.receipts import Answer
from leitplanke.usecases.acting import Act, Asked, Before, Done

R = TypeVar("R", Incident, Problem)
B = TypeVar("B", bound=BaseModel)


class Override(Given):
    """You go on although this guardrail speaks against it."""

    guardrail: Annotated[str, text(longest=48), Field(description="Its id.", examples=["third-hand-over"])]
    reason: Annotated[str, Field(max_length=1_000, description="Why; most guardrails want to know.")] = ""


class Overriding(Given):
    """The part of a body that every action may have."""

    override: Annotated[
        Override | list[Override] | None,
        Field(description=f"The guardrails that you go past: one, or a list of at most {MOST}."),
    ] = None


class AlreadyAnsweredError(Exception):
    """The same request came before; not an error, but the way out of a route with an answer that is ready."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


class Request:
    """One request to act: the router that serves it, with what its headers say."""

    def __init__(
        self,
        router: APIGatewayHttpRouter,
        *,
        ident: str = "",
        if_match: str | None = None,
        key: str | None = None,
        body: Given | None = None,
    ) -> None:
        self._here = here_of(router)
        self._ident = ident
        self._if_match = if_match
        self._key = key
        self._body = body
        self._path = router.current_event.path if key is not None else ""

    def answered(
        self,
        do: Callable[[Act[R]], Done[R] | Before],
        show: Callable[[Done[R]], B],
        *,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response[B]:
        """Do it and show what came of it. Raises AlreadyAnsweredError if that was done before."""
        asked: Asked[R] | None = None
        if self._key is not None:
            asked = Asked(
                key=self._key,
                fingerprint=self._fingerprint(),
                answer=lambda done: Answer(
                    status=int(status), body=show(done).model_dump_json(), revision=done.record.revision
                ),
            )
        done = do(
            Act(
                ident=self._ident,
                actor=self._here.actor,
                at=self._here.now,
                expected=expected_revision(self._if_match),
                overrides=_overrides(self._body),
                asked=asked,
            )
        )
        if isinstance(done, Before):
            raise AlreadyAnsweredError(done.answer)
        if done.changed:
            count(SERVICE, {"ActionsDone": 1})
        return shown(show(done), status=status, revision=done.record.revision)

    def _fingerprint(self) -> str:
        """What is asked, whatever blanks its JSON has."""
        return stable_hash(self._path, "" if self._body is None else self._body.model_dump_json())


def _overrides(body: Given | None) -> tuple[attempts.Override, ...]:
    said: Any = body.override if isinstance(body, Overriding) else None
    listed = said if isinstance(said, list) else [said] if said is not None else []
    return tuple(attempts.Override(guardrail=one.guardrail, reason=one.reason) for one in listed)
