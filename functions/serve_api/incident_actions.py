"""POST /v1/incidents/{id}/...: people act. Without If-Match an action applies to whatever there is by now."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.serve_api.action_shapes import (
    Acknowledge,
    ActedOn,
    Assign,
    Close,
    Escalate,
    Note,
    Prioritise,
    Reopen,
    Restore,
    Suppress,
)
from functions.serve_api.acts import Overriding, Request
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import IdempotencyKey, IfMatch, RecordId
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope
from leitplanke.usecases.work_incidents import Done, IncidentWork

router = new_router()
TAG = "Working on incidents"


@router.post(
    "/v1/incidents/<id>/acknowledge", tags=[TAG], security=needs(Scope.RESPOND), summary="Take an incident"
)
def acknowledge_incident(
    id: RecordId,
    body: Annotated[Acknowledge | None, Body()] = None,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """You have it: the acknowledge clock stops. Again by somebody else: they have it now."""
    return _request(id, if_match, key, body).answered(lambda act: _work().acknowledge(act), ActedOn.of_done)


@router.post(
    "/v1/incidents/<id>/assign", tags=[TAG], security=needs(Scope.RESPOND), summary="Hand an incident over"
)
def assign_incident(
    id: RecordId,
    body: Annotated[Assign, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """Somebody gets it. They have not said yes yet: the acknowledge clock goes on.

    Handing over from one person or team to another is counted; a guardrail asks before the third time.
    """
    return _request(id, if_match, key, body).answered(
        lambda act: _work().assign(act, assignee=body.assignee, team=body.team, reason=body.reason),
        ActedOn.of_done,
    )


@router.post(
    "/v1/incidents/<id>/note",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Add a remark to an incident",
)
def note_incident(
    id: RecordId,
    body: Annotated[Note, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """A line in its timeline. Also after it was closed."""
    return _request(id, if_match, key, body).answered(
        lambda act: _work().note(act, text=body.text), ActedOn.of_done
    )


@router.post(
    "/v1/incidents/<id>/escalate",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Ask for help with an incident",
)
def escalate_incident(
    id: RecordId,
    body: Annotated[Escalate, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """More hands are needed: the team's next people are told, as often as you ask."""
    return _request(id, if_match, key, body).answered(
        lambda act: _work().escalate(act, reason=body.reason), ActedOn.of_done
    )


@router.post(
    "/v1/incidents/<id>/prioritise",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Set the priority of an incident",
)
def prioritise_incident(
    id: RecordId,
    body: Annotated[Prioritise, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """You know better than the facts. It holds until somebody sets another or (null) leaves it to the facts.

    What impact and urgency give is computed all the same: `why` shows both. More urgent is told at once.
    """
    return _request(id, if_match, key, body).answered(
        lambda act: _work().prioritise(act, priority=body.priority, reason=body.reason), ActedOn.of_done
    )


@router.post(
    "/v1/incidents/<id>/suppress",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Tell nobody of an incident for a time",
)
def suppress_incident(
    id: RecordId,
    body: Annotated[Suppress, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """It stays, is worked as before, and says until when and why. Then people hear of it again."""
    return _request(id, if_match, key, body).answered(
        lambda act: _work().suppress(act, until=body.until, reason=body.reason), ActedOn.of_done
    )


@router.post(
    "/v1/incidents/<id>/restore",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Say that customers can work again",
)
def restore_incident(
    id: RecordId,
    body: Annotated[Restore | None, Body()] = None,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """Customers can work again, whatever still fires; the notice says if something does.

    The workaround is offered to the next incident of the same signature. It may also be told afterwards, as
    long as the incident is not closed.
    """
    said = body or Restore()
    return _request(id, if_match, key, body).answered(
        lambda act: _work().restore(act, workaround=said.workaround, helped=said.helped, note=said.note),
        _restored,
    )


@router.post(
    "/v1/incidents/<id>/reopen",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Say that customers cannot work again",
)
def reopen_incident(
    id: RecordId,
    body: Annotated[Reopen, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """It was restored too early. Until you restore it, no alert's end does."""
    return _request(id, if_match, key, body).answered(
        lambda act: _work().reopen(act, reason=body.reason), ActedOn.of_done
    )


@router.post(
    "/v1/incidents/<id>/close", tags=[TAG], security=needs(Scope.RESPOND), summary="Close an incident"
)
def close_incident(
    id: RecordId,
    body: Annotated[Close | None, Body()] = None,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[ActedOn]:
    """File it. It also closes by itself after the reopen window.

    Before it is restored a guardrail asks whether it was a false alarm: then it never counts as restored.
    """
    said = body or Close()
    return _request(id, if_match, key, body).answered(
        lambda act: _work().close(act, reason=said.reason), _closed
    )


def _work() -> IncidentWork:
    return here_of(router).stores.work


def _request(id: str, if_match: str | None, key: str | None, body: Overriding | None) -> Request:
    return Request(router, ident=id, if_match=if_match, key=key, body=body)


def _restored(done: Done) -> ActedOn:
    notice = None
    if done.firing is not None:
        notice = (
            f"Alerts still fire in it, the worst is {done.firing}. It stays restored unless another one "
            "begins, and does not close by itself while they fire."
        )
    return ActedOn.of_done(done, notice=notice)


def _closed(done: Done) -> ActedOn:
    notice = None
    if done.firing is not None:
        notice = (
            f"Alerts still fire in it, the worst is {done.firing}. They are ended within minutes; if their "
            "sender goes on, that opens another incident."
        )
    return ActedOn.of_done(done, notice=notice)
