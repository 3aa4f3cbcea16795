"""Everything that can go wrong on purpose.

    LeitplankeError
    ├── InvalidInputError      the caller's data is wrong; names the field and the remedy
    │   ├── KeyReusedError     an Idempotency-Key of another request
    │   └── PolicyError        a policy document is wrong; carries every fault with its path
    ├── NotFoundError          the thing named does not exist
    ├── NotAllowedError        known caller, missing right
    │   └── ForbiddenByGuardrailError  a hard guardrail; names the roles that may go past it
    ├── ConflictError          the thing is in a state in which this cannot be done
    │   ├── GuardrailError         guardrails speak against it; says how to go on all the same
    │   ├── StaleRevisionError     somebody else changed it first
    │   └── LostRaceError          internal: our own conditional write lost; read again and decide again
    └── UnavailableError       a service we need refuses for now; trying again may work

Handlers map these to each protocol's answer in one place (`leitplanke.edge.http`); anything else is a bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leitplanke.domain.guardrails import Fired


class LeitplankeError(Exception):
    """Base of all errors raised on purpose."""


class InvalidInputError(LeitplankeError):
    """The caller's data is wrong. `field` is a dotted path, `remedy` says what to send instead."""

    def __init__(self, message: str, *, field: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy


class KeyReusedError(InvalidInputError):
    """The Idempotency-Key belongs to another request of the same caller."""

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key was used for another request",
            field="Idempotency-Key",
            remedy="send a new key for a new request; keep the key only to send the same one again",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a document: where (dotted path), what, and what to do about it."""

    path: str
    message: str
    remedy: str


class PolicyError(InvalidInputError):
    """A policy document is wrong; `faults` has all of them, not just the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(f"{first.path}: {first.message}", field=first.path, remedy=first.remedy)
        self.faults = tuple(faults)


class NotFoundError(LeitplankeError):
    """`kind` (say, "incident") with this `ident` does not exist."""

    def __init__(self, kind: str, ident: str) -> None:
        super().__init__(f"no {kind} {ident!r}")
        self.kind = kind
        self.ident = ident


class NotAllowedError(LeitplankeError):
    """The caller is known and may not do this; `remedy` says what would be needed."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class ForbiddenByGuardrailError(NotAllowedError):
    """A hard guardrail stands in the way; `fired` are all that spoke up, the hard ones among them."""

    def __init__(self, message: str, *, remedy: str, fired: "Sequence[Fired]") -> None:
        super().__init__(message, remedy=remedy)
        self.fired = tuple(fired)


class ConflictError(LeitplankeError):
    """The thing exists, in a state in which the request makes no sense; `remedy` says what does."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class GuardrailError(ConflictError):
    """Guardrails speak against it: `fired`, all of them at once. `remedy` says how to go on all the same."""

    def __init__(self, message: str, *, remedy: str, fired: "Sequence[Fired]") -> None:
        super().__init__(message, remedy=remedy)
        self.fired = tuple(fired)


class StaleRevisionError(ConflictError):
    """The caller decided on an older revision than the stored one (`current`)."""

    def __init__(self, *, expected: int, current: int) -> None:
        super().__init__(
            f"revision {expected} is no longer current, it is {current}",
            remedy="read it again, decide again, and send the new revision",
        )
        self.expected = expected
        self.current = current


class LostRaceError(ConflictError):
    """Our own conditional write lost against another writer: read again and decide again."""

    def __init__(self, what: str) -> None:
        super().__init__(f"lost a race: {what}", remedy="read again and decide again")


class UnavailableError(LeitplankeError):
    """A service we need refuses for now (throttling, time-out); the same call may work later."""
