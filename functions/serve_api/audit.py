"""GET /v1/audit: who changed the rules, let senders in, and used a role."""

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.serve_api.answers import shown
from functions.serve_api.audit_shapes import MONTH, AuditPage, ShownRecord
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import Limit, Page
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope
from leitplanke.edge.pages import mark_of, page_token

router = new_router()
TAG = "Audit"


@router.get("/v1/audit", tags=[TAG], security=needs(Scope.ADMIN), summary="Read the audit")
def list_audit(
    month: Annotated[
        str | None, Query(pattern=MONTH, description="A UTC month, `2026-03`. Left out: this one.")
    ] = None,
    limit: Limit = 100,
    page: Page = None,
) -> Response[AuditPage]:
    """Every change of the policy and of keys, and every use of a role, in that month, newest first.

    Each record was stored together with what it is about, or not at all. They are never deleted.
    """
    here = here_of(router)
    month = month or f"{here.now.astimezone(UTC):%Y-%m}"
    question = ("audit", month)
    found = here.stores.audit.listed(
        datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC), limit=limit, before=mark_of(page, of=question)
    )
    items = tuple(ShownRecord.of(record) for record in found.items)
    return shown(AuditPage(month=month, audit=items, next=page_token(found.next_mark, of=question)))
