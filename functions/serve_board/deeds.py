"""What people do on a page: the form of an action, who is offered it, and what stood in its way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from leitplanke.domain.attempts import Action
from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.guardrails import Fired
from leitplanke.domain.incidents import Incident
from leitplanke.domain.problems import Problem
from leitplanke.usecases.acting import Act, Before, Done

Form = Mapping[str, str]
LONGEST = 2_000
"""Characters of a field, as in the work API."""

R = TypeVar("R", Incident, Problem)
W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form. `options`: what can be chosen; none of them: words of one's own.

    `length` bounds what is written, in characters; whoever writes much (`long`) gets some lines for it.
    """

    name: str
    label: str
    required: bool = True
    options: tuple[str, ...] = ()
    hint: str = ""
    long: bool = False
    length: int = LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed(Generic[W, R]):
    """One action on records of one kind: when it is offered, what it asks for, and how it is done."""

    action: Action
    label: str
    offered: Callable[[R], bool]
    do: Callable[[W, Act[R], Form], Done[R] | Before]
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Met(Generic[W, R]):
    """What stood in the way of somebody's action, and what they had written."""

    deed: Deed[W, R]
    said: Form
    problem: str
    fired: Sequence[Fired] = ()


WHY = Field(name="reason", label="Why", long=True)
PERHAPS_WHY = Field(name="reason", label="Why", required=False, long=True)


def text(form: Form, name: str) -> str:
    """What somebody wrote. Raises InvalidInputError if it is missing or too long."""
    said = form.get(name, "").strip()
    if not said:
        raise InvalidInputError("nothing is written", field=name, remedy="fill it in")
    if len(said) > LONGEST:
        raise InvalidInputError("that is too long", field=name, remedy=f"use at most {LONGEST} characters")
    return said


def perhaps(form: Form, name: str) -> str | None:
    """What somebody wrote, if they did. Raises InvalidInputError if it is too long."""
    return text(form, name) if form.get(name, "").strip() else None
