"""The front door: one ASGI application on two ports.

    127.0.0.1:<port>      our base URL      /...        -> /_aws/execute-api/<api id>/$default/...
                                            /_dev/...   -> the development identity issuer and the inbox
    127.0.0.1:<aws port>  the AWS services  passed on untouched

The engine serves an HTTP API only below a long path, and its own /health would shadow ours; so requests that
come in on our port get that path put in front, and nothing on our port ever reaches the engine's own routes.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from infra.local.devroutes import DevRoutes
from infra.local.replies import reply_json

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Front:
    """Sends each request to the engine, to our API behind the engine, or to the development routes.

    Once `closed`, our port answers 503 while the engine finishes what it has begun.
    """

    def __init__(self, engine: App, dev: DevRoutes, *, port: int) -> None:
        self._engine = engine
        self._dev = dev
        self._port = port
        self.closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["server"][1] != self._port:
            await self._engine(scope, receive, send)
        elif scope["path"].startswith("/_dev/"):
            await self._dev(scope, receive, send)
        elif self.closed or self._dev.api_id is None:
            await reply_json(send, 503, {"title": "starting or stopping"}, headers={"retry-after": "1"})
        else:
            await self._engine(_below(scope, self._dev.api_id), receive, send)


def _below(scope: Scope, api_id: str) -> Scope:
    prefix = f"/_aws/execute-api/{api_id}/$default"
    raw = scope.get("raw_path") or scope["path"].encode()
    return {**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}
