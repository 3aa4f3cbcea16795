"""GET /v1/guardrails: what guardrails did, and which of them only slow people down."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.serve_api.answers import shown
from functions.serve_api.guardrail_shapes import Guardrails
from functions.serve_api.here import here_of, new_router
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope

router = new_router()
TAG = "Guardrails"


@router.get("/v1/guardrails", tags=[TAG], security=needs(Scope.READ), summary="Read what guardrails did")
def get_guardrails(
    first: Annotated[
        date | None,
        Query(alias="from", description="The first UTC day. Left out: a quarter (90 days) in all."),
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="The last UTC day, at most a year on. Left out: today.")
    ] = None,
) -> Response[Guardrails]:
    """How often each was asked, spoke up, was heeded or gone past, and what came of that; then what to do.

    An override counts as regretted if the incident was then reopened, escalated or raised in priority again,
    came back within the reopen window after its close, or took longer than nine in ten comparable ones; else
    as a false stop. Judged when that window is over.
    """
    here = here_of(router)
    return shown(Guardrails.of(here.stores.guardrails.report(first, last, now=here.now)))
