"""Function 10, the board: one look of a person at what is going on."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.serve_board.app import SERVICE, the_app
from functions.serve_board.here import Here, Stores
from functions.serve_board.signing_in import HOME, SESSION, cookie_name
from leitplanke.domain.errors import InvalidInputError, UnavailableError
from leitplanke.edge import clients, clock
from leitplanke.edge.dead_letters import DeadLetters, places_of
from leitplanke.edge.http import error_answer, request_of, response
from leitplanke.edge.logs import logger
from leitplanke.edge.measures import Measures
from leitplanke.edge.sessions import Cookies, read_key
from leitplanke.edge.settings import ServeBoardSettings, settings
from leitplanke.edge.sign_in import Client, Provider, fetch
from leitplanke.table.client import Table


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One request of payload format 2.0."""
    configured = settings(ServeBoardSettings)
    logger(SERVICE, configured.log_level)  # the first call sets the level for all later ones
    try:
        request = request_of(event)
    except InvalidInputError as error:
        return response(error_answer(error))
    secure = configured.public_url.startswith("https://")
    cookie = request.cookies.get(cookie_name(SESSION, secure=secure), "")
    now = clock.now()
    sealing = _sealing()
    app = the_app()
    app.append_context(  # type: ignore[no-untyped-call]
        here=Here(
            stores=_stores(),
            provider=_provider(),
            secure=secure,
            now=now,
            sealing=sealing,
            session=sealing.session_of(cookie, now=now) if isinstance(sealing, Cookies) else None,
        )
    )
    body = request.body.decode("utf-8", "replace") or None
    return app.resolve(
        {**event, "headers": dict(request.headers), "body": body, "isBase64Encoded": False}, context
    )


@cache
def _stores() -> Stores:
    configured = settings(ServeBoardSettings)
    return Stores(
        Table(clients.dynamodb(clients.Patience.PROMPT), configured.table_name),
        DeadLetters(places_of(configured.dead_letters), lambda: clients.sqs(clients.Patience.PROMPT)),
        Measures(json.loads(configured.functions), lambda: clients.cloudwatch(clients.Patience.PROMPT)),
    )


def _sealing() -> Cookies | UnavailableError:
    try:
        return _cookies()
    except UnavailableError as error:
        return error


@cache
def _cookies() -> Cookies:
    arn = settings(ServeBoardSettings).session_secret_arn
    return Cookies(read_key(clients.secretsmanager(clients.Patience.PROMPT), arn))


@cache
def _provider() -> Provider:
    configured = settings(ServeBoardSettings)
    return Provider(
        Client(
            issuer=configured.jwt_issuer,
            client_id=configured.client_id,
            client_secret="",
            audiences=configured.jwt_audience.split(","),
            redirect_uri=f"{configured.public_url}{HOME}/signed-in",
            scopes=" ".join(configured.sign_in_scopes.replace(",", " ").split()),
            scope_prefix=configured.scope_prefix,
            roles_claim=configured.roles_claim,
        ),
        fetch,
    )
