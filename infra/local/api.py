"""The front door as a client sees it: the work API with a token, ingestion with an integration key."""

from collections.abc import Callable
from typing import Any

import httpx

Json = dict[str, Any]


class RefusedError(RuntimeError):
    """The API answered with a status that nobody expected; the message has its answer."""


class Api:
    """HTTP calls to one installation. `token` is asked for each call, so that it may be renewed."""

    def __init__(self, base_url: str, token: Callable[[], str]) -> None:
        self.base_url = base_url
        self._token = token
        # trust_env off: a proxy of the developer's must not see traffic of this machine to itself.
        self._http = httpx.Client(base_url=base_url, trust_env=False, timeout=30.0)

    def get(self, path: str, **query: str | int) -> Any:
        """The answer's JSON. Raises RefusedError."""
        return _expect(self._http.get(path, params=query, headers=self._work()), 200).json()

    def has_policy(self) -> bool:
        """Whether a policy was ever put: the version before the first is 0."""
        answer = self._http.get("/v1/policy", headers=self._work())
        version = _expect(answer, 200).headers.get("etag", "")
        return bool(version != '"0"')

    def post(self, path: str, body: object = None) -> Any:
        """The answer's JSON. Raises RefusedError."""
        answer = self._http.post(path, json={} if body is None else body, headers=self._work())
        return _expect(answer, 200, 201, 202).json()

    def put_text(self, path: str, text: str, *, content_type: str, if_match: str | None = None) -> Any:
        """The answer's JSON. Raises RefusedError."""
        headers = {**self._work(), "content-type": content_type}
        if if_match is not None:
            headers["if-match"] = if_match
        return _expect(self._http.put(path, content=text.encode(), headers=headers), 200, 201).json()

    def ingest(self, path: str, body: object, *, key: str | None = None) -> httpx.Response:
        """A sender's POST, with the integration key as bearer token unless the body carries it."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return _expect(self._http.post(path, json=body, headers=headers), 200, 202)

    def close(self) -> None:
        """Close kept connections."""
        self._http.close()

    def _work(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token()}"}


def _expect(answer: httpx.Response, *wanted: int) -> httpx.Response:
    if answer.status_code not in wanted:
        request = answer.request
        raise RefusedError(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:400]}")
    return answer
