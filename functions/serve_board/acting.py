"""Somebody presses a button: it is done once, or the guardrails explain themselves where it was pressed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, Protocol

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoSuchRouteError

from functions.serve_board.deeds import Deed, Met, R, W
from functions.serve_board.headers import elsewhere
from functions.serve_board.here import Here
from leitplanke.domain.attempts import Override
from leitplanke.domain.errors import (
    ConflictError,
    ForbiddenByGuardrailError,
    GuardrailError,
    InvalidInputError,
    NotAllowedError,
)
from leitplanke.domain.ids import stable_hash
from leitplanke.edge.identity import Scope
from leitplanke.edge.logs import count
from leitplanke.table.receipts import Answer
from leitplanke.usecases.acting import Act, Asked, Before

SERVICE = "serve_board"
_NO_FACTS = ("csrf", "key")
_CARRIED = (*_NO_FACTS, "override", "place")


class Show(Protocol[W, R]):
    """The page of one record, with what stood in the way."""

    def __call__(self, here: Here, ident: str, *, met: Met[W, R], status: HTTPStatus) -> Response[str]:
        """The page. Raises NotFoundError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Generic[W, R]):
    """Where people act on records of one kind: below `home`, by these deeds, which `work` does."""

    home: str
    deeds: Mapping[str, Deed[W, R]]
    work: Callable[[Here], W]
    show: Show[W, R]


def act(
    here: Here, desk: Desk[W, R], ident: str, action: str, form: Mapping[str, list[str]]
) -> Response[str]:
    """Do it, and show the record as it is then. A form that is sent twice acts once.

    Raises NotAllowedError, NotFoundError, UnavailableError.
    """
    said = {name: values[-1] for name, values in form.items()}
    must_be_own(here, said)
    here.signed_in.caller.must(Scope.RESPOND)
    deed = desk.deeds.get(action)
    if deed is None:
        raise NoSuchRouteError
    home = f"{desk.home}/{ident}"
    try:
        done = deed.do(desk.work(here), _act(here, home, ident, deed, said, form.get("override", [])), said)
    except (GuardrailError, ForbiddenByGuardrailError) as error:
        count(SERVICE, {"GuardrailsMet": 1})
        met = Met(deed=deed, said=said, fired=error.fired, problem=error.message)
        return desk.show(here, ident, met=met, status=_status(error))
    except (InvalidInputError, ConflictError) as error:
        met = Met(deed=deed, said=said, problem=_in_words(deed, error))
        return desk.show(here, ident, met=met, status=_status(error))
    if not isinstance(done, Before) and done.changed:
        count(SERVICE, {"ActionsDone": 1})
    return elsewhere(home)


def must_be_own(here: Here, said: Mapping[str, str]) -> None:
    """A form does something only for the session that it was made for. Raises NotAllowedError."""
    if not here.signed_in.owns(said.get("csrf", "")):
        raise NotAllowedError("the form is not of this session", remedy="go back, reload the page, try again")


def written(form: Mapping[str, list[str]]) -> tuple[str, ...]:
    """What somebody wrote into a form, without what the form carried by itself."""
    return tuple(values[-1] for name, values in form.items() if name not in _CARRIED)


def _act(  # noqa: PLR0913, PLR0917 - the parts of one request
    here: Here, home: str, ident: str, deed: Deed[W, R], said: Mapping[str, str], past: list[str]
) -> Act[R]:
    asked: Asked[R] | None = None
    if key := said.get("key", ""):
        facts = sorted(f"{name}={value}" for name, value in said.items() if name not in _NO_FACTS)
        asked = Asked(
            key=f"board/{key[:100]}",
            fingerprint=stable_hash(ident, deed.action, *facts, *past),
            answer=lambda done: Answer(
                status=int(HTTPStatus.SEE_OTHER), body=home, revision=done.record.revision
            ),
        )
    return Act(
        ident=ident,
        actor=here.signed_in.caller.actor,
        at=here.now,
        overrides=tuple(Override(guardrail=one, reason=said.get("because", "")) for one in past),
        asked=asked,
    )


def _in_words(deed: Deed[W, R], error: InvalidInputError | ConflictError) -> str:
    """What is wrong, by the name that the field has on the page."""
    labels = {field.name: f"{field.label}: " for field in deed.fields}
    label = labels.get(error.field, "") if isinstance(error, InvalidInputError) else ""
    return f"{label}{error.message}: {error.remedy}"


def _status(
    error: GuardrailError | ForbiddenByGuardrailError | InvalidInputError | ConflictError,
) -> HTTPStatus:
    if isinstance(error, ForbiddenByGuardrailError):
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.BAD_REQUEST if isinstance(error, InvalidInputError) else HTTPStatus.CONFLICT
