"""What went wrong between here and the API, in words that help."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from infra.cli.errors import CliError, Exit
from infra.cli.typed import command
from leitplanke_client import (
    ApiError,
    BrokenError,
    BusyError,
    ClientError,
    ConflictError,
    GuardrailError,
    HardGuardrailError,
    NotAllowedError,
    NotFoundError,
    NotLeitplankeError,
    NotReachedError,
    StaleRevisionError,
    UnauthenticatedError,
    WrongFieldsError,
    WrongRequestError,
)

_CODES: Mapping[type[ApiError], Exit] = {
    WrongRequestError: Exit.WRONG_USAGE,
    UnauthenticatedError: Exit.NOT_ALLOWED,
    NotAllowedError: Exit.NOT_ALLOWED,
    NotFoundError: Exit.NOT_FOUND,
    ConflictError: Exit.CONFLICT,
    StaleRevisionError: Exit.CONFLICT,
    BusyError: Exit.TRY_LATER,
}
_OPTIONS = {"assignee": "to", "alert_key": "ALERT_KEY", "text": "TEXT", "title": "TITLE"}
"""Fields of the API that are typed by another name."""


_LISTS = {
    "/v1/incidents": ("incidents", "--state", "all"),
    "/v1/problems": ("problems", "--state", "all"),
    "/v1/integrations": ("integrations", "list"),
    "/v1/dead-letters": ("dead-letters",),
    "/v1/policy": ("audit",),
}
"""Which command shows what the API names a path for."""


@contextmanager
def explaining(scope: str, *, is_here: bool) -> Iterator[None]:
    """Faults of the client become CliErrors. `scope` is what the command takes."""
    try:
        yield
    except ClientError as error:
        raise explained(error, scope=scope, is_here=is_here) from error


def explained(error: ClientError, *, scope: str, is_here: bool) -> CliError:
    """What happened and what to do; for `is_here` what `make run` started is meant."""
    if isinstance(error, NotReachedError):
        return _not_reached(error, is_here=is_here)
    if isinstance(error, NotLeitplankeError):
        remedy = (
            "check LEITPLANKE_URL, it is the base URL without a path; or deploy the version of this folder"
        )
        return CliError(error.message, remedy=remedy)
    if isinstance(error, UnauthenticatedError) and scope != "events":
        return _bad_token(is_here=is_here)
    if isinstance(error, NotAllowedError) and not error.kind:
        remedy = f"use a token with the scope {scope} or a higher one"
        return CliError("the token does not allow this", remedy=remedy, code=Exit.NOT_ALLOWED)
    return _refused(error) if isinstance(error, ApiError) else CliError(error.message)


def _not_reached(error: NotReachedError, *, is_here: bool) -> CliError:
    remedy = "start it with `make run`" if is_here else "check LEITPLANKE_URL and the network, then try again"
    if error.was_sent:
        remedy = "it may have been done all the same: look, and type it again if not"
    return CliError(error.message, remedy=remedy, code=Exit.TRY_LATER)


def _bad_token(*, is_here: bool) -> CliError:
    remedy = "get a new one and set LEITPLANKE_TOKEN"
    if is_here:
        remedy += "; or unset LEITPLANKE_URL and LEITPLANKE_TOKEN to use what `make run` keeps fresh"
    return CliError("the token is not valid, or not any more", remedy=remedy, code=Exit.NOT_ALLOWED)


def _refused(error: ApiError) -> CliError:
    code = next((found for kind, found in _CODES.items() if isinstance(error, kind)), Exit.NOT_DONE)
    faults = error.faults if isinstance(error, WrongFieldsError) else ()
    if len(faults) > 1:
        message, details = f"{error.title or error.message} ({error.status})", _details(faults)
        return CliError(
            message,
            details=details,
            remedy="mend these, then try again",
            code=code,
            facts=facts_of(error),
        )
    message = f"{error.message} ({error.status})"
    return CliError(message, remedy=_remedy(error), code=code, facts=facts_of(error))


def facts_of(error: ApiError) -> dict[str, Any]:
    """What a program may want to know of a refusal."""
    facts: dict[str, Any] = {"type": error.kind, "status": error.status}
    if isinstance(error, GuardrailError | HardGuardrailError):
        facts["fired"] = [one.as_json() for one in error.fired]
    return facts


def _remedy(error: ApiError) -> str:
    if isinstance(error, StaleRevisionError):
        now = error.current_revision
        again = f"--if-match {now}" if now is not None else "the new --if-match"
        return f"look at it again, then decide again with {again} or without"
    if isinstance(error, NotFoundError):
        listing = next((words for path, words in _LISTS.items() if path in error.remedy), None)
        if listing is not None:
            return f"`{command(*listing)}` lists what there is"
    if error.remedy:
        return error.remedy
    if isinstance(error, BusyError):
        return "try again in a minute"
    if isinstance(error, BrokenError):
        return "it is logged there (docs/runbook.md, ServeApiErrorsAlarm)"
    return ""


def _details(faults: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    found = []
    for fault in faults:
        field = fault.get("field") or fault.get("path") or "?"
        found.append((_OPTIONS.get(field, field), f"{fault.get('message', '')}; {fault.get('remedy', '')}"))
    return found
