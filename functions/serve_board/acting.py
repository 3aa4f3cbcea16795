"""Somebody presses a button: it is done once, or the guardrails explain themselves where it was pressed."""

from collections.abc import Mapping
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoSuchRouteError

from functions.serve_board.deeds import DEEDS, Deed
from functions.serve_board.here import Here
from functions.serve_board.incident import Met, incident_page
from functions.serve_board.pages import elsewhere
from leitplanke.domain.attempts import Override
from leitplanke.domain.errors import ConflictError, GuardrailError, InvalidInputError, NotAllowedError
from leitplanke.domain.ids import stable_hash
from leitplanke.domain.incidents import Incident
from leitplanke.edge.identity import Scope
from leitplanke.edge.logs import count
from leitplanke.table.receipts import Answer
from leitplanke.usecases.acting import Act, Asked, Before

SERVICE = "serve_board"


def act(here: Here, ident: str, action: str, form: Mapping[str, list[str]]) -> Response[str]:
    """Do it, and show the incident as it is then. A form that is sent twice acts once.

    Raises NotAllowedError, NotFoundError, UnavailableError.
    """
    session = here.signed_in
    said = {name: values[-1] for name, values in form.items()}
    if not session.owns(said.get("csrf", "")):
        raise NotAllowedError("the form is not of this session", remedy="go back, reload the page, try again")
    session.caller.must(Scope.RESPOND)
    deed = DEEDS.get(action)
    if deed is None:
        raise NoSuchRouteError
    try:
        done = deed.do(here.stores.work, _act(here, ident, deed, said, form.get("override", [])), said)
    except GuardrailError as error:
        count(SERVICE, {"GuardrailsMet": 1})
        met = Met(deed=deed, said=said, fired=error.fired, problem=error.message)
        return incident_page(here, ident, met=met, status=_status(error))
    except (InvalidInputError, ConflictError) as error:
        met = Met(deed=deed, said=said, problem=f"{error.message}: {error.remedy}")
        return incident_page(here, ident, met=met, status=_status(error))
    if not isinstance(done, Before) and done.changed:
        count(SERVICE, {"ActionsDone": 1})
    return elsewhere(_home(ident))


def _home(ident: str) -> str:
    """Where the browser goes when it is done, now and when the same form comes again."""
    return f"/board/incidents/{ident}"


def _act(here: Here, ident: str, deed: Deed, said: Mapping[str, str], past: list[str]) -> Act[Incident]:
    asked: Asked[Incident] | None = None
    if key := said.get("key", ""):
        facts = sorted(f"{name}={value}" for name, value in said.items() if name not in ("csrf", "key"))
        asked = Asked(
            key=f"board/{key[:100]}",
            fingerprint=stable_hash(ident, deed.action, *facts, *past),
            answer=lambda done: Answer(
                status=int(HTTPStatus.SEE_OTHER), body=_home(ident), revision=done.record.revision
            ),
        )
    return Act(
        ident=ident,
        actor=here.signed_in.caller.actor,
        at=here.now,
        overrides=tuple(Override(guardrail=one, reason=said.get("because", "")) for one in past),
        asked=asked,
    )


def _status(error: GuardrailError | InvalidInputError | ConflictError) -> HTTPStatus:
    if isinstance(error, GuardrailError) and any(one.level == "hard" for one in error.fired):
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.BAD_REQUEST if isinstance(error, InvalidInputError) else HTTPStatus.CONFLICT
