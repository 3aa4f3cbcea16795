"""Lists with conditions in their address: what was asked for, what is wrong with it, and the next page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from leitplanke.domain.errors import InvalidInputError
from leitplanke.edge.pages import mark_of, page_token
from leitplanke.table.lists import Listing

T = TypeVar("T")
LIMIT = 50
"""Rows of a page."""
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The conditions of a list, as they stand in its address; `wrong` is what is wrong with them."""

    home: str
    said: Mapping[str, str]
    wrong: list[str] = field(default_factory=list)

    def one_of(self, name: str, allowed: tuple[str, ...], usual: str) -> str:
        """A choice; what is no choice is the usual, and is said."""
        said = self.said.get(name) or usual
        if said in allowed or said == usual:
            return said
        self.wrong.append(f"There is no {name} of that name: this is {usual or 'every one'}.")
        return usual

    def text(self, name: str) -> str | None:
        """Words of one's own, if there are any."""
        return self.said.get(name, "").strip()[:_LONGEST] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The addresses around a page of a list. `wrong`: what was asked for and is not what is shown."""

    following: str | None
    is_first: bool
    wrong: tuple[str, ...]


def part_of(
    asked: Asked, conditions: Mapping[str, str], read: Callable[[str | None], Listing[T]]
) -> tuple[tuple[T, ...], Part]:
    """A page of a list, and where the next one is."""
    question = (asked.home, *sorted(conditions.items()))
    wrong = list(asked.wrong)
    try:
        mark = mark_of(asked.said.get("page"), of=question)
    except InvalidInputError:
        mark = None
        wrong.append("That page is of another list: this is the first one of this list.")
    found = read(mark)
    token = page_token(found.next_mark, of=question)
    following = f"{asked.home}?{urlencode({**conditions, 'page': token})}" if token else None
    return found.items, Part(following=following, is_first=mark is None, wrong=tuple(wrong))
