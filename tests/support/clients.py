"""DynamoDB clients of one's own: to count their calls, to break them, or one per thread."""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from infra.local.settings import REGION


@cache
def _session() -> botocore.session.Session:
    """Knows the services already: that is what takes the time."""
    return botocore.session.get_session()


def own_client(url: str) -> Any:
    """A client for the engine at `url` that nobody else uses; it tries nothing twice by itself."""
    return _session().create_client(
        "dynamodb",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}, proxies={}),
    )


class Breaking:
    """A client of which one call goes wrong: call number `at` (from 1) never happens, or its answer is lost.

    `error` is what the caller sees. `made` has the calls by name, so a run that breaks nothing says how many
    there are.
    """

    def __init__(
        self, client: Any, *, at: int = 0, applied: bool = False, error: Callable[[], Exception]
    ) -> None:
        self._client = client
        self._at = at
        self._applied = applied
        self._error = error
        self.made: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            self.made.append(operation)
            breaks = len(self.made) == self._at
            if breaks and not self._applied:
                raise self._error()
            try:
                return method(**arguments)
            finally:
                if breaks:
                    raise self._error()

        return call


class Interrupted:
    """A client that lets something else happen just before call number `at` (from 1) of one operation."""

    def __init__(self, client: Any, operation: str, what: Callable[[], object], *, at: int = 1) -> None:
        self._client = client
        self._operation = operation
        self._what = what
        self._left = at

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            if operation == self._operation:
                self._left -= 1
                if self._left == 0:
                    self._what()
            return method(**arguments)

        return call


class Lagging:
    """A client for which indexes stand still: a query of an index is answered as it was the first time."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seen: dict[str, Any] = {}

    def query(self, **arguments: Any) -> Any:
        if "IndexName" not in arguments:
            return self._client.query(**arguments)
        asked = repr(sorted(arguments.items()))
        if asked not in self._seen:
            self._seen[asked] = self._client.query(**arguments)
        return self._seen[asked]

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)
