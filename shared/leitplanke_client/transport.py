"""Requests and answers: authorization, errors, and trying again where that is safe.

What is busy (429, 502, 503, 504), what cannot be reached and what was cut off half-way is asked again, after
as long as it asks for. What did not answer in time is not: the time is over.
Every POST that may be repeated carries an Idempotency-Key, the same in each try, so it is never done twice.
What the API keeps no key for (`repeatable=False`) is asked again only where it certainly was not done.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from leitplanke_client.errors import BusyError, ClientError, NotLeitplankeError, NotReachedError, error_of

TIMEOUT_SECONDS = 35.0
"""Longer than the gateway's 30, so that its answer is seen."""
CONNECT_SECONDS = 5.0
"""A host that does not answer at all, behind a VPN that is down say, is not waited for."""
TRIES = 3
LONGEST_PAUSE_SECONDS = 10.0
"""Who asks for more is not asked again: the caller gets the BusyError and may come back."""
_BACKOFF = wait_random_exponential(multiplier=1, max=LONGEST_PAUSE_SECONDS)
_CUT_OFF = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Of anything else, an answer that cannot be read say, it may have been done."""

Model = TypeVar("Model", bound=BaseModel)
Credential = str | Callable[[], str]
"""A token, or what gives a fresh one for each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `repeatable`: doing it twice is as good as once, for a POST by its Idempotency-Key."""

    method: str
    path: str
    query: Mapping[str, str | int | list[str]] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


class Transport:
    """An installation as HTTP. Every method raises ClientError."""

    def __init__(
        self,
        url: str,
        credential: Credential,
        *,
        sleep: Callable[[float], None] = time.sleep,
        timeout_s: float = TIMEOUT_SECONDS,
        tries: int = TRIES,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._credential = credential
        self._sleep = sleep
        self._tries = tries
        self._here = httpx.URL(self.url).host in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_SECONDS)),
            trust_env=not self._here,  # a proxy must not see what this machine says to itself
            transport=http,
        )

    def close(self) -> None:
        """Close kept connections."""
        self._http.close()

    def ask(self, call: Call, model: type[Model]) -> Model:
        """The answer as `model`."""
        answer = self.answer(call)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as wrong:
            what = "is not this API" if _is_no_json(answer) else _differences(wrong)
            raise NotLeitplankeError(f"what answers at {self.url} {what}", url=self.url) from wrong

    def answer(self, call: Call) -> httpx.Response:
        """The answer as it came, if it is a good one."""
        headers = {"accept": "application/json", **call.headers}
        if call.method == "POST" and call.repeatable:
            headers.setdefault("idempotency-key", str(uuid.uuid4()))
        tries = Retrying(
            stop=stop_after_attempt(self._tries),
            retry=retry_if_exception(lambda error: self._is_worth_another_try(error, call)),
            wait=_pause,
            sleep=self._sleep,
            reraise=True,
        )
        return tries(self._once, call, headers)

    def _once(self, call: Call, headers: Mapping[str, str]) -> httpx.Response:
        credential = self._credential if isinstance(self._credential, str) else self._credential()
        try:
            answer = self._http.request(
                call.method,
                call.path,
                params=dict(call.query),
                json=call.json,
                content=call.content,
                headers={**headers, "authorization": f"Bearer {credential}"},
            )
        except httpx.TimeoutException as late:
            was_sent = not isinstance(late, _NEVER_SENT)
            raise NotReachedError(
                f"{self.url} did not answer in time", url=self.url, was_sent=was_sent
            ) from late
        except httpx.HTTPError as lost:
            why = str(lost) or type(lost).__name__
            raise NotReachedError(
                f"{self.url} cannot be reached: {why}",
                url=self.url,
                was_sent=not isinstance(lost, _NEVER_SENT),
            ) from lost
        if not answer.is_success:
            raise self._error(answer)
        return answer

    def _error(self, answer: httpx.Response) -> ClientError:
        said = _object_in(answer)
        if answer.is_redirect or (answer.status_code == httpx.codes.NOT_FOUND and "type" not in said):
            return NotLeitplankeError(
                f"what answers at {self.url} is not this API, or an older version of it", url=self.url
            )
        error = error_of(
            answer.status_code, said or {"title": f"it answered {answer.reason_phrase}"}, url=self.url
        )
        if isinstance(error, BusyError):
            error.retry_after = _asked_pause(answer)
        return error

    def _is_worth_another_try(self, error: BaseException, call: Call) -> bool:
        if isinstance(error, NotReachedError):
            if not error.was_sent:
                return not self._here  # what is not started here will not be in a second
            return call.repeatable and isinstance(error.__cause__, _CUT_OFF)
        if not isinstance(error, BusyError):
            return False
        if not call.repeatable and error.status != httpx.codes.TOO_MANY_REQUESTS:
            return False  # it may have been done; only what the gateway turned away was not
        return error.retry_after is None or error.retry_after <= LONGEST_PAUSE_SECONDS


def _pause(state: RetryCallState) -> float:
    """As long as it asks for; else longer each time, and not at the same moment as everybody else."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, BusyError) else None
    return _BACKOFF(state) if asked is None else asked


def _asked_pause(answer: httpx.Response) -> float | None:
    """Retry-After in seconds: a number or a date (RFC 9110, section 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _object_in(answer: httpx.Response) -> dict[str, Any]:
    """Our problem document, or the gateway's {"message": ...}; empty for anything else."""
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _is_no_json(answer: httpx.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return True
    return False


def _differences(wrong: ValidationError) -> str:
    fields = [".".join(str(part) for part in one["loc"]) or "the whole" for one in wrong.errors()]
    more = f" and {len(fields) - 3} more" if len(fields) > 3 else ""  # noqa: PLR2004 - enough to look for
    return f"gives something else than this client knows: {', '.join(fields[:3])}{more}"
