"""What everybody may read: that we are here, and what the API is."""

from aws_lambda_powertools.event_handler import Response

from functions.serve_api.answers import json_text, shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.openapi import document_of
from functions.serve_api.reference import page_of
from functions.serve_api.shapes import Shown

router = new_router()
TAG = "About"

_KEEP_FOR_A_WHILE = "public, max-age=300"
_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Health(Shown):
    """That the API answers."""

    status: str


@router.get("/health", tags=[TAG], summary="See whether the API answers")
def health() -> Response[Health]:
    """Asks nothing of the table: it is open to everybody, and an answer must cost nothing."""
    return shown(Health(status="ok"))


@router.get("/openapi.json", include_in_schema=False)
def openapi_document() -> Response[str]:
    """The OpenAPI document."""
    document = document_of(router.api_resolver, here_of(router).public_url)
    return Response(
        200,
        content_type="application/json",
        body=json_text(document),
        headers={"cache-control": _KEEP_FOR_A_WHILE},
    )


@router.get("/docs", include_in_schema=False)
def docs() -> Response[str]:
    """The same document for people."""
    return Response(
        200,
        content_type="text/html; charset=utf-8",
        body=page_of(document_of(router.api_resolver, here_of(router).public_url)),
        headers={
            "cache-control": _KEEP_FOR_A_WHILE,
            "content-security-policy": _NOTHING_FROM_ELSEWHERE,
            "x-content-type-options": "nosniff",
        },
    )
