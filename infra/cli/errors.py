"""What the command line says when something does not work: what happened, and what to do next.

Exit codes (docs/guides/command-line.md has them for people):

    0  done
    1  not done, for another reason than those below
    2  typed wrongly
    3  a guardrail speaks against it
    4  the token or key does not allow it
    5  there is no such thing
    6  somebody was faster, or the record is not in a state for this
    7  not reached, or too busy: later it may work
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """How the program ends when it did not do what it was told."""

    NOT_DONE = 1
    WRONG_USAGE = 2
    GUARDRAIL = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    CONFLICT = 6
    TRY_LATER = 7


class CliError(Exception):
    """`message` is a sentence without a full stop, `remedy` an order that can be followed.

    `details` are lines between the two, each with a word before it. `line` is a command line that belongs to
    the remedy, whole, to be copied. `facts` are for programs alone: `type`, the last word of the API's
    problem type, and `fired`, the guardrails that spoke up.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        line: str = "",
        details: Sequence[tuple[str, str]] = (),
        code: Exit = Exit.NOT_DONE,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.line = line
        self.details = tuple(details)
        self.code = code
        self.facts = facts or {}

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        details = [f"{word}: {text}" for word, text in self.details]
        return {
            "error": self.message,
            "details": details,
            "remedy": self.remedy,
            "line": self.line,
            "exit_code": int(self.code),
            **self.facts,
        }
