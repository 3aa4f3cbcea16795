"""Lists with conditions in their address: what was asked for, what is wrong with it, and the next page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """The conditions of a list, as they stand in its address."""

    home: str
    said: Mapping[str, str]

    def one_of(self, name: str, allowed: tuple[str, ...], usual: str) -> str:
        """A choice; what is no choice is the usual."""
        said = self.said.get(name, usual)
        return said if said in allowed else usual

    def text(self, name: str) -> str | None:
        """Words of one's own, if there are any."""
        return self.said.get(name, "").strip()[:_LONGEST] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The addresses around a page of a list. `wrong`: the page asked for is none, this is the first."""

    following: str | None
    is_first: bool
    wrong: str | None


def part_of(
    asked: Asked, conditions: Mapping[str, str], read: Callable[[str | None], Listing[T]]
) -> tuple[tuple[T, ...], Part]:
    """A page of a list, and where the next one is."""
    question = (asked.home, *sorted(conditions.items()))
    wrong = None
    try:
        mark = mark_of(asked.said.get("page"), of=question)
    except InvalidInputError:
        mark, wrong = None, "That page is of another list: this is the first one of this list."
    found = read(mark)
    token = page_token(found.next_mark, of=question)
    following = f"{asked.home}?{urlencode({**conditions, 'page': token})}" if token else None
    return found.items, Part(following=following, is_first=mark is None, wrong=wrong)
