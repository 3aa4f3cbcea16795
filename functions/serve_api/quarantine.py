"""GET /v1/quarantine: what senders said and we could not use."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.serve_api.admin_shapes import Quarantine, Quarantined
from functions.serve_api.answers import shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import Page
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope
from leitplanke.edge.pages import mark_of, page_token

router = new_router()
TAG = "Quarantine"


@router.get("/v1/quarantine", tags=[TAG], security=needs(Scope.MANAGE), summary="List refused items")
def list_quarantine(
    day: Annotated[date | None, Query(description="A UTC day of the last 30. Left out: today.")] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="How many requests at most.")] = 20,
    page: Page = None,
) -> Response[Quarantine]:
    """Requests of that day with items that could not be used, each with its reason and what to send instead.

    The newest hour first. What a sender says again within the hour is there once, and counted.
    """
    here = here_of(router)
    day = day or here.now.date()
    question = ("quarantine", day.isoformat())
    found = here.stores.quarantine.listed(
        datetime.combine(day, time(), UTC), limit=limit, before=mark_of(page, of=question)
    )
    items = tuple(Quarantined.of(entry) for entry in found.items)
    token = page_token(found.next_mark, of=question)
    return shown(Quarantine(day=day, quarantine=items, next=token))
