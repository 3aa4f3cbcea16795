"""The routes below /_dev/: what one machine needs besides the API itself, and a deployment never has.

GET  /_dev/issuer/.well-known/openid-configuration    discovery, for the API's JWT authorizer
GET  /_dev/issuer/jwks.json                           the public key
GET  /_dev/issuer/authorize                           who are you? POST: that is who; back with a code
POST /_dev/issuer/token                               tokens for a code
POST /_dev/inbox[/<name>]                             a notification channel that keeps what it is told
GET  /_dev/inbox[/<name>]                             what it was told, oldest first
PUT  /_dev/front                                      {"api_id": ...}: where the base URL leads; work begins
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from infra.local.authorization import Authorization, RequestRefusedError
from infra.local.inbox import Inbox
from infra.local.issuer import ISSUER_PATH, Issuer
from infra.local.replies import BodyTooLargeError, read_body, reply_elsewhere, reply_json, reply_page

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_NOT_KEPT = {"cache-control": "no-store"}


class DevRoutes:
    """Serves the issuer and the inbox, and knows which API the base URL leads to."""

    def __init__(self, issuer: Issuer, inbox: Inbox, *, on_front: Callable[[], None]) -> None:
        self.issuer = issuer
        self.api_id: str | None = None
        self._inbox = inbox
        self._authorization = Authorization(issuer, issuer.url.removesuffix(ISSUER_PATH))
        self._on_front = on_front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"].removeprefix("/_dev")
        issuer_path = ISSUER_PATH.removeprefix("/_dev")
        if method == "GET" and path == f"{issuer_path}/.well-known/openid-configuration":
            await reply_json(send, 200, self.issuer.discovery())
        elif method == "GET" and path == f"{issuer_path}/jwks.json":
            await reply_json(send, 200, self.issuer.key_set())
        elif path in (f"{issuer_path}/authorize", f"{issuer_path}/token"):
            await self._sign_in(method, path.removeprefix(issuer_path), scope, receive, send)
        elif path == "/front" and method == "PUT":
            self.api_id = json.loads(await read_body(receive))["api_id"]
            self._on_front()
            await reply_json(send, 200, {"api_id": self.api_id})
        elif path == "/inbox" or path.startswith("/inbox/"):
            await self._serve_inbox(method, path.removeprefix("/inbox").strip("/"), receive, send)
        else:
            await reply_json(send, 404, {"title": "no such development route"})

    async def _sign_in(self, method: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """One step of signing in; what is wrong is said as RFC 6749 says it."""
        try:
            raw = await read_body(receive) if method == "POST" else scope["query_string"]
            given = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
            if (method, path) == ("GET", "/authorize"):
                await reply_page(send, self._authorization.page(given))
            elif (method, path) == ("POST", "/authorize"):
                await reply_elsewhere(send, self._authorization.granted(given))
            elif (method, path) == ("POST", "/token"):
                await reply_json(send, 200, self._authorization.tokens(given), headers=_NOT_KEPT)
            else:
                await reply_json(send, 405, {"title": "no such method here"})
        except BodyTooLargeError:
            await reply_json(send, 413, {"title": "too large"})
        except RequestRefusedError as refused:
            said = {"error": refused.error, "error_description": str(refused)}
            await reply_json(send, 400, said, headers=_NOT_KEPT)

    async def _serve_inbox(self, method: str, name: str, receive: Receive, send: Send) -> None:
        if method == "GET":
            await reply_json(send, 200, self._inbox.read(name))
            return
        if method != "POST":
            await reply_json(send, 405, {"title": "GET or POST"}, headers={"allow": "GET, POST"})
            return
        try:
            raw = await read_body(receive)
        except BodyTooLargeError:
            await reply_json(send, 413, {"title": "too large"})
            return
        self._inbox.keep(name, raw, at=datetime.now(UTC))
        await reply_json(send, 200, {})
