"""POST /v1/incidents/{id}/...: people act. Without If-Match an action applies to whatever there is by now."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.serve_api.action_shapes import ActedOn, Assign, Close, Note, Restore
from functions.serve_api.answers import shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import IfMatch, RecordId
from functions.serve_api.scopes import needs
from leitplanke.edge.conditions import expected_revision
from leitplanke.edge.identity import Scope
from leitplanke.usecases.work_incidents import Act, Done

router = new_router()
TAG = "Working on incidents"


@router.post(
    "/v1/incidents/<id>/acknowledge", tags=[TAG], security=needs(Scope.RESPOND), summary="Take an incident"
)
def acknowledge_incident(id: RecordId, if_match: IfMatch = None) -> Response[ActedOn]:
    """You have it: the acknowledge clock stops. Again by somebody else: they have it now."""
    return _acted(here_of(router).stores.work.acknowledge(_act(id, if_match)))


@router.post(
    "/v1/incidents/<id>/assign", tags=[TAG], security=needs(Scope.RESPOND), summary="Hand an incident over"
)
def assign_incident(
    id: RecordId, body: Annotated[Assign, Body()], if_match: IfMatch = None
) -> Response[ActedOn]:
    """Somebody gets it. They have not said yes yet: the acknowledge clock goes on."""
    return _acted(here_of(router).stores.work.assign(_act(id, if_match), assignee=body.assignee))


@router.post(
    "/v1/incidents/<id>/note",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Add a remark to an incident",
)
def note_incident(id: RecordId, body: Annotated[Note, Body()], if_match: IfMatch = None) -> Response[ActedOn]:
    """A line in its timeline. Also after it was closed."""
    return _acted(here_of(router).stores.work.note(_act(id, if_match), text=body.text))


@router.post(
    "/v1/incidents/<id>/restore",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Say that customers can work again",
)
def restore_incident(
    id: RecordId, body: Annotated[Restore | None, Body()] = None, if_match: IfMatch = None
) -> Response[ActedOn]:
    """Customers can work again, whatever still fires; the notice says if something does.

    The workaround is offered to the next incident of the same signature. It may also be told afterwards, as
    long as the incident is not closed.
    """
    said = body or Restore()
    done = here_of(router).stores.work.restore(
        _act(id, if_match), workaround=said.workaround, helped=said.helped, note=said.note
    )
    notice = None
    if done.firing is not None:
        notice = (
            f"Alerts still fire in it, the worst is {done.firing}. It stays restored unless another one "
            "begins, and does not close by itself while they fire."
        )
    return _acted(done, notice)


@router.post(
    "/v1/incidents/<id>/close", tags=[TAG], security=needs(Scope.RESPOND), summary="Close an incident"
)
def close_incident(
    id: RecordId, body: Annotated[Close | None, Body()] = None, if_match: IfMatch = None
) -> Response[ActedOn]:
    """File it. Only what is restored can be closed; it also closes by itself after the reopen window."""
    done = here_of(router).stores.work.close(_act(id, if_match), reason=body.reason if body else None)
    notice = None
    if done.firing is not None:
        notice = (
            f"Alerts still fire in it, the worst is {done.firing}. They are ended within minutes; if their "
            "sender goes on, that opens another incident."
        )
    return _acted(done, notice)


def _act(incident_id: str, if_match: str | None) -> Act:
    here = here_of(router)
    return Act(incident_id=incident_id, by=here.by, at=here.now, expected=expected_revision(if_match))


def _acted(done: Done, notice: str | None = None) -> Response[ActedOn]:
    return shown(ActedOn.of_done(done, notice=notice), revision=done.incident.revision)
