"""What DynamoDB refuses, in our words: what may work later, what never will, whose condition failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from leitplanke.domain.errors import UnavailableError
from leitplanke.table.encoding import Row, decode_row

_TRANSIENT = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "InternalServerError",
        "ServerError",
        "ServiceUnavailable",
        "LimitExceededException",
        "TransactionInProgressException",
    }
)
NEVER = frozenset(
    {"ValidationException", "ValidationError", "SerializationException", "ItemCollectionSizeLimitExceeded"}
)
"""What is wrong with the request itself, and will be wrong the next time."""
_SERVER_FAULT = 500


class ConditionFailedError(Exception):
    """A write's condition did not hold. `row` is what was there, where it was asked for.

    `position` is the place in the transaction. Never leaves the table package.
    """

    def __init__(self, row: Row | None, position: int = 0) -> None:
        super().__init__("condition failed")
        self.row = row
        self.position = position


class BusyError(Exception):
    """Somebody else's transaction is just changing the row, or one of the rows."""


class RefusedError(Exception):
    """The table will never take this write: something in the row is more than it can hold."""


class translated:  # noqa: N801 - reads as a clause: `with translated():`
    """AWS's errors as ours: conditions, things worth trying again, and the rest, which is a bug."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            _raise_as_ours(error)
        if isinstance(error, ParamValidationError):
            raise RefusedError(str(error)) from error
        if isinstance(error, BotoCoreError):
            raise UnavailableError(f"the table did not answer: {error}") from error


def _raise_as_ours(error: ClientError) -> None:
    code = error.response.get("Error", {}).get("Code", "")
    response: Any = error.response
    if code == "ConditionalCheckFailedException":
        item = response.get("Item")
        raise ConditionFailedError(decode_row(item) if item else None) from error
    if code == "TransactionCanceledException":
        _raise_cancelled(error, response.get("CancellationReasons", []))
    if code == "TransactionConflictException":
        raise BusyError from error
    if code in _TRANSIENT or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_FAULT:
        raise UnavailableError(f"the table refuses for now: {code}") from error
    if code in NEVER:
        raise RefusedError(f"the table refuses: {error}") from error


def _raise_cancelled(error: ClientError, reasons: Sequence[Mapping[str, Any]]) -> None:
    """Reasons come by position (TransactWriteItems); the weightiest decides.

    A conflict says nothing about any row, only that somebody else is just writing one of them.
    """
    codes = [str(reason.get("Code")) for reason in reasons]
    if any(code in NEVER for code in codes):
        raise RefusedError(f"the table refuses a transaction: {error}") from error
    for position, reason in enumerate(reasons):
        if reason.get("Code") == "ConditionalCheckFailed":
            item = reason.get("Item")
            raise ConditionFailedError(decode_row(item) if item else None, position) from error
    if "TransactionConflict" in codes:
        raise BusyError from error
    if any(code in _TRANSIENT for code in codes):
        raise UnavailableError("the table refuses a transaction for now") from error
