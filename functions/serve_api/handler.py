"""Function 8, what people and their tools ask and do: one request in, one answer out."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.serve_api.answers import SERVICE
from functions.serve_api.app import the_app
from functions.serve_api.here import Here, Stores
from leitplanke.domain.errors import InvalidInputError
from leitplanke.edge import clients, clock
from leitplanke.edge.dead_letters import DeadLetters, places_of
from leitplanke.edge.http import error_answer, request_of, response
from leitplanke.edge.identity import caller_of
from leitplanke.edge.logs import logger
from leitplanke.edge.settings import ServeApiSettings, settings
from leitplanke.table.client import Table

_FORM = "application/x-www-form-urlencoded"


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One request of payload format 2.0."""
    configured = settings(ServeApiSettings)
    logger(SERVICE, configured.log_level)  # the first call sets the level for all later ones
    try:
        request = request_of(event)
        body = request.body.decode("utf-8")
    except InvalidInputError as error:
        return response(error_answer(error))
    except UnicodeDecodeError:
        return response(error_answer(_not_text()))
    app = the_app()
    app.append_context(  # type: ignore[no-untyped-call]
        here=Here(
            stores=_stores(),
            now=clock.now(),
            public_url=configured.public_url,
            scope_prefix=configured.scope_prefix,
            caller=caller_of(
                request.claims, prefix=configured.scope_prefix, roles_claim=configured.roles_claim
            ),
        )
    )
    return app.resolve(_plain(event, request.headers, body), context)


def _plain(event: Mapping[str, Any], headers: Mapping[str, str], body: str) -> dict[str, Any]:
    """The event with its body as text. We have no forms: what curl calls one is JSON if it looks like it."""
    named = dict(headers)
    if named.get("content-type", "").startswith(_FORM) and body.lstrip().startswith("{"):
        named["content-type"] = "application/json"
    return {**event, "headers": named, "body": body or None, "isBase64Encoded": False}


def _not_text() -> InvalidInputError:
    return InvalidInputError("the body is not UTF-8", field="body", remedy="send text in UTF-8")


@cache
def _stores() -> Stores:
    configured = settings(ServeApiSettings)
    return Stores(
        Table(clients.dynamodb(clients.Patience.PROMPT), configured.table_name),
        DeadLetters(places_of(configured.dead_letters), lambda: clients.sqs(clients.Patience.PROMPT)),
    )
