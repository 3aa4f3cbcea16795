"""DynamoDB clients of one's own: to count their calls, to break them, or one per thread."""

from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.config import Config

from infra.local.settings import REGION


def own_client(url: str) -> Any:
    """A client for the engine at `url` that nobody else uses; it tries nothing twice by itself."""
    return botocore.session.get_session().create_client(
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
