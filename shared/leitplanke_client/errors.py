"""What can go wrong when an installation is called: one tree, after the problem types of docs/errors.md.

    ClientError
    ├── NotReachedError             nobody answered: no connection, a lost one, or not in time
    ├── NotLeitplankeError          what answered is not this API, or an older one
    └── ApiError                    the API said no: `status`, `kind`, `title`, `detail`, `field`, `remedy`
        ├── WrongRequestError       400, 405, 413, 415, 422: the request cannot be used as it is
        │   └── WrongFieldsError    422 invalid-fields, invalid-policy: `faults` has all of them
        ├── UnauthenticatedError    401: no token or key, or one that is not valid any more
        ├── NotAllowedError         403: the token or key is good and lacks a right
        │   └── HardGuardrailError  403 guardrail-hard: `fired` names the roles that may go past it
        ├── NotFoundError           404: no such record
        ├── ConflictError           409: the record is in a state in which this makes no sense
        │   └── GuardrailError      409 guardrail: `fired` says what speaks against it; an override goes past
        ├── StaleRevisionError      412: somebody was faster; `current_revision` is theirs
        ├── BusyError               429, 502, 503, 504, after all tries; `retry_after` seconds, if it said so
        └── BrokenError             500: a bug over there

`kind` is the last word of the problem's `type` (RFC 9457), "" where the gateway answered in its own form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from leitplanke_client.guardrail_models import FiredGuardrail

_PREFIX = "urn:leitplanke:error:"


class ClientError(Exception):
    """Base of all. `url` is the installation that was called."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.message = message
        self.url = url


class NotReachedError(ClientError):
    """Nobody answered. What was sent may have arrived all the same, if `was_sent`."""

    def __init__(self, message: str, *, url: str, was_sent: bool) -> None:
        super().__init__(message, url=url)
        self.was_sent = was_sent


class NotLeitplankeError(ClientError):
    """What answered is not this API, or an older version of it."""


class ApiError(ClientError):
    """The API said no. `problem` is its whole answer."""

    def __init__(self, status: int, problem: Mapping[str, Any], *, url: str) -> None:
        self.status = status
        self.problem = problem
        self.kind = _text(problem, "type").removeprefix(_PREFIX)
        self.title = _text(problem, "title")
        self.detail = _text(problem, "detail")
        self.field = _text(problem, "field")
        self.remedy = _text(problem, "remedy")
        super().__init__(
            self.detail or self.title or _text(problem, "message") or f"status {status}", url=url
        )


class WrongRequestError(ApiError):
    """The request cannot be used as it is: sending it again will not help."""


class WrongFieldsError(WrongRequestError):
    """Fields of it are wrong. `faults`: each with `field` or `path`, `message` and `remedy`."""

    @property
    def faults(self) -> Sequence[Mapping[str, str]]:
        """Every fault, not just the first."""
        found = self.problem.get("errors") or self.problem.get("faults") or ()
        return [one for one in found if isinstance(one, dict)]


class UnauthenticatedError(ApiError):
    """No token or key, or one that is not valid, or not any more."""


class NotAllowedError(ApiError):
    """The token or key is good and lacks a right."""


class _WithFired:
    problem: Mapping[str, Any]

    @property
    def fired(self) -> Sequence[FiredGuardrail]:
        """All guardrails that spoke up, each with its purpose and what it takes to go past it."""
        found = self.problem.get("fired") or ()
        return [FiredGuardrail.model_validate(one) for one in found]


class HardGuardrailError(_WithFired, NotAllowedError):
    """A hard guardrail stands in the way; only its roles may go past it."""


class NotFoundError(ApiError):
    """There is no such record."""


class ConflictError(ApiError):
    """The record is in a state in which this makes no sense."""


class GuardrailError(_WithFired, ConflictError):
    """Guardrails speak against it. The same call with an override for each goes on, and is remembered."""


class StaleRevisionError(ApiError):
    """Somebody was faster: read again, decide again."""

    @property
    def current_revision(self) -> int | None:
        """The revision that there is now."""
        found = self.problem.get("current_revision")
        return found if isinstance(found, int) else None


class BusyError(ApiError):
    """It is too busy, or something behind it is; it was tried several times."""

    retry_after: float | None = None
    """Seconds after which it wants to be asked again, if it said so."""


class BrokenError(ApiError):
    """A bug over there; it is in its log."""


_BY_KIND: Mapping[str, type[ApiError]] = {
    "guardrail": GuardrailError,
    "guardrail-hard": HardGuardrailError,
    "invalid-fields": WrongFieldsError,
    "invalid-policy": WrongFieldsError,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: WrongRequestError,
    401: UnauthenticatedError,
    403: NotAllowedError,
    404: NotFoundError,
    405: WrongRequestError,
    409: ConflictError,
    412: StaleRevisionError,
    413: WrongRequestError,
    415: WrongRequestError,
    422: WrongRequestError,
    429: BusyError,
    500: BrokenError,
    502: BusyError,
    503: BusyError,
    504: BusyError,
}


def error_of(status: int, problem: Mapping[str, Any], *, url: str) -> ApiError:
    """The error that an answer with this status means."""
    kind = _text(problem, "type").removeprefix(_PREFIX)
    return (_BY_KIND.get(kind) or _BY_STATUS.get(status) or ApiError)(status, problem, url=url)


def _text(problem: Mapping[str, Any], name: str) -> str:
    found = problem.get(name)
    return found if isinstance(found, str) else ""
