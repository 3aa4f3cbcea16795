"""API Gateway for one function, as WSGI: what stands between an HTTP client and the API, without the network.

It does what the HTTP API does with the template's routes: 404 for what is no route, 401 without a good token,
403 without the scope, each with a body of its own; else payload format 2.0 to the function.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from functions.serve_api import handler as function
from infra.template.reading import ROUTE, read_template

TOKEN = "a-good-token"
_CLAIMS = {
    "sub": "u-1",
    "name": "Ada Example",
    "scope": "read respond manage admin",
    "roles": "[duty-manager]",
}

Environment = Mapping[str, Any]
Answered = tuple[int, Mapping[str, str], bytes]


class Gateway:
    """A WSGI application. Everybody with TOKEN may do everything, nobody else anything."""

    def __init__(self) -> None:
        self.asked = 0
        self._routes = [
            (re.compile(re.sub(r"\{[a-z]+\}", "[^/]+", path)), method, properties["AuthorizationType"])
            for properties in read_template().of_type(ROUTE).values()
            if "ServeApi" in str(properties["Target"])
            for method, path in [properties["RouteKey"].split()]
        ]

    def __call__(self, environ: Environment, start: Callable[..., object]) -> Iterable[bytes]:
        status, headers, body = self._answer(environ)
        start(f"{status} x", list(headers.items()))
        return [body]

    def _answer(self, environ: Environment) -> Answered:
        self.asked += 1
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        kinds = [
            kind
            for pattern, method, kind in self._routes
            if method == environ["REQUEST_METHOD"] and pattern.fullmatch(path)
        ]
        if not kinds:
            return _own(404, "Not Found")
        known = environ.get("HTTP_AUTHORIZATION", "") == f"Bearer {TOKEN}"
        if "NONE" not in kinds and not known:
            return _own(401, "Unauthorized")
        answer = function.handler(_event(environ, path, _CLAIMS if known else {}), None)
        return int(answer["statusCode"]), answer["headers"], answer["body"].encode()


def _own(status: int, message: str) -> Answered:
    return status, {"content-type": "application/json"}, json.dumps({"message": message}).encode()


def _event(environ: Environment, path: str, claims: Mapping[str, str]) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    query: dict[str, str] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        **({"queryStringParameters": query} if query else {}),
        "requestContext": {
            "requestId": "r-1",
            "stage": "$default",
            "http": {"method": environ["REQUEST_METHOD"], "path": path},
            **({"authorizer": {"jwt": {"claims": claims}}} if claims else {}),
        },
        **({"body": base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body),
    }
