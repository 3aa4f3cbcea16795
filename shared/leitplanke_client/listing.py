"""Lists of the API: walked through record by record, or page by page."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from leitplanke_client.answers import Page

Record = TypeVar("Record")


SomePage = TypeVar("SomePage", bound=Page)


class Listing(Generic[SomePage, Record]):
    """A list, read as far as it is walked through. A page may be empty and still have others after it.

    for incident in client.incidents.list(team="network"):
        ...
    first = client.incidents.list(state=["closed"]).page()
    after = client.incidents.list(state=["closed"]).page(first.next)
    """

    def __init__(
        self, read: Callable[[str | None], SomePage], items: Callable[[SomePage], Sequence[Record]]
    ) -> None:
        self._read = read
        self._items = items

    def __iter__(self) -> Iterator[Record]:
        """Every record, newest first unless the list says otherwise."""
        for page in self.pages():
            yield from self._items(page)

    def page(self, token: str | None = None) -> SomePage:
        """One page: the first, or the one that `token` (the `next` of the page before) leads to."""
        return self._read(token)

    def pages(self) -> Iterator[SomePage]:
        """Every page."""
        token = None
        while True:
            page = self._read(token)
            yield page
            token = page.next
            if token is None:
                return

    def first(self, number: int) -> tuple[list[Record], bool]:
        """Up to `number` records, and whether there may be more."""
        found: list[Record] = []
        for page in self.pages():
            items = self._items(page)
            room = number - len(found)
            found.extend(items[:room])
            if len(items) > room:
                return found, True
            if len(found) == number:
                return found, page.next is not None
        return found, False
