"""Calls to the work API, and what went wrong with them in words."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import httpx

from infra.cli.connection import Connection
from infra.cli.errors import CliError

_TIMEOUT_SECONDS = 35.0
"""Longer than the gateway's 30, so that its answer is seen."""
_TRIES = 3
_LONGEST_PAUSE_SECONDS = 10.0
_BUSY = frozenset({429, 502, 503, 504})


class Client:
    """An installation's API. What is busy is asked again, three times in all: every call here bears that."""

    def __init__(
        self,
        connection: Connection,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=connection.url,
            headers={"authorization": f"Bearer {connection.token}", "accept": "application/json"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=not connection.is_here,  # a proxy must not see what this machine says to itself
            transport=transport,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """The answer's JSON. Raises CliError."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: object) -> Any:
        """The answer's JSON. Raises CliError."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        for tries_left in reversed(range(_TRIES)):
            answer = self._ask(method, path, **arguments)
            if answer.status_code not in _BUSY or not tries_left:
                break
            self._sleep(_pause(answer))
        if not answer.is_success:
            raise self._explained(answer)
        try:
            return answer.json()
        except ValueError:
            raise self._not_leitplanke() from None

    def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **arguments)
        except httpx.TimeoutException:
            raise CliError(f"{self.connection.url} did not answer in time", remedy="try again") from None
        except httpx.HTTPError as error:
            remedy = "start it with `make run`" if self.connection.is_here else "check LEITPLANKE_URL"
            raise CliError(
                f"{self.connection.url} cannot be reached: {str(error) or type(error).__name__}",
                remedy=remedy,
            ) from None

    def _explained(self, answer: httpx.Response) -> CliError:
        said = _problem(answer)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            remedy = "get a new one and set LEITPLANKE_TOKEN"
            if self.connection.is_here:
                remedy += "; or unset LEITPLANKE_URL and LEITPLANKE_TOKEN to use what `make run` keeps fresh"
            return CliError("the token is not valid, or not any more", remedy=remedy, status=401)
        if answer.status_code == httpx.codes.FORBIDDEN and "remedy" not in said:
            return CliError(
                "the token does not allow this",
                remedy="looking takes the scope manage, redriving admin",
                status=403,
            )
        if answer.status_code == httpx.codes.NOT_FOUND and "type" not in said:
            return self._not_leitplanke()
        words = said.get("detail") or said.get("title") or said.get("message") or answer.reason_phrase
        remedy = said.get("remedy", "")
        if answer.status_code in _BUSY:
            remedy = remedy or "try again in a minute"
        elif answer.is_server_error:
            remedy = remedy or "it is logged there (docs/runbook.md, ServeApiErrorsAlarm)"
        return CliError(f"{words} ({answer.status_code})", remedy=remedy, status=answer.status_code)

    def _not_leitplanke(self) -> CliError:
        return CliError(
            f"what answers at {self.connection.url} is not this API, or an older version of it",
            remedy="check LEITPLANKE_URL, it is the base URL without a path; or deploy again",
        )


def _problem(answer: httpx.Response) -> dict[str, str]:
    """Our problem document, or the gateway's {"message": ...}."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}


def _pause(answer: httpx.Response) -> float:
    value = answer.headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE_SECONDS) if value.isdigit() else 1.0
