"""POST /v1/incidents: a person reports what is wrong."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.serve_api.action_shapes import Report, ReportedIncident
from functions.serve_api.acts import Request
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import IdempotencyKey
from functions.serve_api.scopes import needs
from leitplanke.edge.identity import Scope

router = new_router()


@router.post(
    "/v1/incidents",
    tags=["Working on incidents"],
    security=needs(Scope.RESPOND),
    summary="Report an incident",
    status_code=HTTPStatus.CREATED,
)
def report_incident(
    body: Annotated[Report, Body()], key: IdempotencyKey = None
) -> Response[ReportedIncident]:
    """Something is wrong that no monitoring has seen. If its group has an incident, the report joins it.

    It is over when a person restores it: nobody else can say so.
    """
    reporting = here_of(router).stores.reporting
    return Request(router, key=key, body=body).answered(
        lambda act: reporting.report(act, body.as_report()),
        ReportedIncident.of_done,
        status=HTTPStatus.CREATED,
    )
