"""/v1/integrations: which senders may speak to us."""

import secrets
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.serve_api.admin_shapes import (
    CreatedIntegration,
    Integrations,
    NewIntegration,
    ShownIntegration,
)
from functions.serve_api.answers import shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import Limit, NoIdempotencyKey, Page, RecordId, refuse_key
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope
from leitplanke.edge.pages import mark_of, page_token
from leitplanke.usecases import manage_integrations

router = new_router()
TAG = "Integrations"


@router.get("/v1/integrations", tags=[TAG], security=needs(Scope.ADMIN), summary="List integrations")
def list_integrations(limit: Limit = 100, page: Page = None) -> Response[Integrations]:
    """Senders, newest first, revoked ones among them. Keys cannot be shown again."""
    question = ("integrations",)
    found = here_of(router).stores.integrations.listed(limit=limit, before=mark_of(page, of=question))
    items = tuple(ShownIntegration.of(one) for one in found.items)
    return shown(Integrations(integrations=items, next=page_token(found.next_mark, of=question)))


@router.post(
    "/v1/integrations",
    tags=[TAG],
    security=needs(Scope.ADMIN),
    summary="Let a sender in",
    status_code=HTTPStatus.CREATED,
)
def create_integration(
    body: Annotated[NewIntegration, Body()], idempotency_key: NoIdempotencyKey = None
) -> Response[CreatedIntegration]:
    """A new integration with its key. The key is shown this once and not stored."""
    refuse_key(idempotency_key)
    here = here_of(router)
    wanted = manage_integrations.NewIntegration(
        name=body.name,
        sender=body.sender,
        capabilities=body.capabilities,
        quiet_after_s=body.quiet_after_s,
        limit_per_minute=body.limit_per_minute,
    )
    made, key = manage_integrations.create_integration(
        wanted,
        by=here.actor,
        now=here.now,
        pick=secrets.randbelow,
        integrations=here.stores.integrations,
        looks=here.stores.looks,
    )
    return shown(CreatedIntegration.of_created(made, key), status=HTTPStatus.CREATED)


@router.delete(
    "/v1/integrations/<id>",
    tags=[TAG],
    security=needs(Scope.ADMIN),
    summary="Revoke an integration's key",
)
def revoke_integration(id: RecordId) -> Response[ShownIntegration]:
    """Its key opens nothing any more, within a minute. It stays in the list; again is no error."""
    here = here_of(router)
    revoked = here.stores.integrations.revoke(id, by=here.actor, at=here.now)
    return shown(ShownIntegration.of(revoked))
