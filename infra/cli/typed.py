"""What was typed, so that a fault can say what to type instead."""

import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from typer.core import TyperGroup

_typed: ContextVar[tuple[str, ...]] = ContextVar("typed", default=())


class RememberingGroup(TyperGroup):
    """The whole command line. It notes what was typed before it reads it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed."""
        _typed.set(tuple(args))
        return super().parse_args(ctx, args)


def typed_again(*more: str) -> str:
    """The command line once more with these options, to be copied into a shell."""
    typed = list(_typed.get())
    end = typed.index("--") if "--" in typed else len(typed)
    parts = (shlex.join(typed[:end]), *more, shlex.join(typed[end:]))
    return " ".join(["leitplanke", *(part for part in parts if part)])


def command(*words: str) -> str:
    """A command line to be copied into a shell."""
    return shlex.join(["leitplanke", *words])


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a program reads the output, so that faults are told to it as well."""
    return "--json" in arguments
