"""Function 10, the board: one look of a person at what is going on."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.serve_board.app import SERVICE, the_app
from functions.serve_board.here import Here
from functions.serve_board.signing_in import HOME, SESSION, cookie_name
from leitplanke.domain.errors import InvalidInputError
from leitplanke.edge import clients, clock
from leitplanke.edge.http import error_answer, request_of, response
from leitplanke.edge.logs import logger
from leitplanke.edge.sessions import Cookies
from leitplanke.edge.settings import ServeBoardSettings, settings
from leitplanke.edge.sign_in import Client, Provider, fetch
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import ActivePolicy
from leitplanke.table.problems import Problems
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.guard import PolicyGuard
from leitplanke.usecases.read_board import BoardReader
from leitplanke.usecases.read_incidents import IncidentReader
from leitplanke.usecases.work_incidents import IncidentWork


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
    app = the_app()
    app.append_context(  # type: ignore[no-untyped-call]
        here=Here(
            board=_reader(),
            incidents=_incidents(),
            work=_work(),
            guard=_guard(),
            policies=_policies(),
            cookies=_cookies(),
            provider=_provider(),
            secure=secure,
            now=now,
            session=_cookies().session_of(cookie, now=now),
        )
    )
    body = request.body.decode("utf-8", "replace") or None
    return app.resolve(
        {**event, "headers": dict(request.headers), "body": body, "isBase64Encoded": False}, context
    )


@cache
def _table() -> Table:
    return Table(clients.dynamodb(clients.Patience.PROMPT), settings(ServeBoardSettings).table_name)


@cache
def _policies() -> ActivePolicy:
    return ActivePolicy(_table())


@cache
def _reader() -> BoardReader:
    return BoardReader(_table(), _policies())


@cache
def _incidents() -> IncidentReader:
    return IncidentReader(_table())


@cache
def _guard() -> PolicyGuard:
    table = _table()
    return PolicyGuard(guardrails=Guardrails(table), incidents=Incidents(table), problems=Problems(table))


@cache
def _work() -> IncidentWork:
    table = _table()
    return IncidentWork(
        incidents=Incidents(table),
        alerts=Alerts(table),
        policies=_policies(),
        guard=_guard(),
        receipts=Receipts(table),
    )


@cache
def _cookies() -> Cookies:
    secret = clients.secretsmanager(clients.Patience.PROMPT).get_secret_value(
        SecretId=settings(ServeBoardSettings).session_secret_arn
    )
    return Cookies(secret["SecretString"])


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
            scopes=configured.sign_in_scopes,
            scope_prefix=configured.scope_prefix,
            roles_claim=configured.roles_claim,
        ),
        fetch,
    )
