"""POST /v1/problems/{id}/...: people decide what is worth the work."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.serve_api.action_shapes import Accept, DecidedOn, Decline
from functions.serve_api.acts import Request
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import IdempotencyKey, IfMatch, RecordId
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope

router = new_router()
TAG = "Problems"


@router.post(
    "/v1/problems/<id>/accept", tags=[TAG], security=needs(Scope.RESPOND), summary="Take a problem into work"
)
def accept_problem(
    id: RecordId,
    body: Annotated[Accept | None, Body()] = None,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[DecidedOn]:
    """Its team works on it from now on. A guardrail asks if it works on as many as it can finish already."""
    work = here_of(router).stores.problem_work
    return Request(router, ident=id, if_match=if_match, key=key, body=body).answered(
        work.accept, DecidedOn.of_done
    )


@router.post(
    "/v1/problems/<id>/decline",
    tags=[TAG],
    security=needs(Scope.RESPOND),
    summary="Say that a problem is not worth the work",
)
def decline_problem(
    id: RecordId,
    body: Annotated[Decline, Body()],
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response[DecidedOn]:
    """For a reason that is remembered. Its incidents go on being linked to it: it can be taken up later."""
    work = here_of(router).stores.problem_work
    return Request(router, ident=id, if_match=if_match, key=key, body=body).answered(
        lambda act: work.decline(act, reason=body.reason), DecidedOn.of_done
    )
