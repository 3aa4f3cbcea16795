"""The board's function on a real table engine, called as the gateway calls it, by somebody with a browser."""

import gzip
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from functions.serve_board import handler as function
from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import Incident
from leitplanke.domain.services import ServiceState
from leitplanke.edge import clients, clock
from leitplanke.edge.identity import Caller, Scope
from leitplanke.edge.sessions import Cookies
from leitplanke.edge.settings import settings
from leitplanke.table import rows
from leitplanke.table.board import Board
from leitplanke.table.client import Put, Table
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.keep_board import BoardKeeper

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEY = "a key of sessions for tests, long enough"
HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\'"&'
SESSION = "__Host-leitplanke-session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the gateway would send on."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str

    @property
    def said(self) -> str:
        """What stands there for a person, in one line."""
        inline = r"</?(?:a|b|small|strong|time)\b[^>]*>"
        apart = re.sub(r"<[^>]*>", " ", re.sub(inline, "", self.text))
        return " ".join(unescape(apart).split())


def _unpacked(answer: dict[str, Any]) -> str:
    body = str(answer.get("body", ""))
    return gzip.decompress(b64decode(body)).decode() if answer.get("isBase64Encoded") else body


@dataclass
class Browser:
    """Somebody's browser; it keeps the cookies that it is given here, and sends them."""

    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *, headers: dict[str, str] | None = None, **query: str) -> Page:
        return self._ask("GET", path, query=query, headers=headers or {})

    def post(self, path: str, *, headers: dict[str, str] | None = None, **form: str) -> Page:
        kind = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._ask("POST", path, query={}, headers=kind, body=urlencode(form))

    def _ask(
        self, method: str, path: str, *, query: dict[str, str], headers: dict[str, str], body: str = ""
    ) -> Page:
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": urlencode(query),
            "queryStringParameters": query,
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "headers": headers,
            "requestContext": {
                "stage": "$default",
                "requestId": "r-1",
                "http": {"method": method, "path": path},
            },
            "body": body,
            "isBase64Encoded": False,
        }
        answer = function.handler(event, None)
        return Page(
            status=answer["statusCode"],
            headers={name.lower(): value for name, value in answer["headers"].items()},
            cookies=answer.get("cookies", []),
            text=_unpacked(answer),
        )


def signed_in(
    scope: Scope | None = Scope.RESPOND, *, name: str = "Ada Example", roles: frozenset[str] = frozenset()
) -> Browser:
    """A browser of somebody who is signed in for an hour."""
    caller = Caller(actor=Actor(name=name, ident="u-1", roles=roles), scope=scope)
    cookie = Cookies(KEY).session(caller, expires_at=NOW + timedelta(hours=1), now=NOW)
    return Browser({SESSION: cookie})


class Secrets:
    """Secrets Manager, with the key of sessions."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803 - as boto3 calls it
        assert SecretId == "arn:session"
        return {"SecretString": KEY}


@pytest.fixture
def table(dynamodb: "DynamoDBClient", table_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """An empty table that the function is wired to."""
    for name, value in {
        "TABLE_NAME": table_name,
        "PUBLIC_URL": "https://board.example",
        "JWT_ISSUER": "https://id.example",
        "JWT_AUDIENCE": "leitplanke",
        "CLIENT_ID": "board",
        "SESSION_SECRET_ARN": "arn:session",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "dynamodb", lambda *_: dynamodb)
    monkeypatch.setattr(clients, "secretsmanager", lambda *_: Secrets())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    _forget()
    yield Table(dynamodb, table_name)
    _forget()


def _forget() -> None:
    settings.cache_clear()
    for made in (function._stores, function._cookies, function._provider):
        made.cache_clear()


class Calls:
    """Counts what is asked of the table."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        seen: Counter[str] = Counter()

        def note(model: Any, **_: Any) -> None:
            seen[model.name] += 1

        events = self._client.meta.events
        events.register("before-call.dynamodb", note, unique_id="board")
        try:
            yield seen
        finally:
            events.unregister("before-call.dynamodb", unique_id="board")


@pytest.fixture
def calls(dynamodb: "DynamoDBClient") -> Calls:
    return Calls(dynamodb)


def happened(table: Table, *incidents: Incident) -> None:
    for one in incidents:
        table.put(Put(row=rows.incident_row(one)))
    keeper = BoardKeeper(incidents=Incidents(table), board=Board(table))
    keeper.keep([f"incident/{one.incident_id}" for one in incidents])


def down(table: Table, service: str, *, minutes: int) -> None:
    state = ServiceState(service=service, down=True, since=NOW - timedelta(minutes=minutes), revision=1)
    table.put(Put(row=rows.service_row(state)))


def form_of(page: str, action: str) -> dict[str, str]:
    """What a browser would send: the hidden fields of the last form with this action."""
    form = page.rsplit(f'/{action}">', maxsplit=1)[-1].split("</form>", maxsplit=1)[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
