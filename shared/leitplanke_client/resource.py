"""What the parts of the client share: a transport, and how lists are asked for."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from leitplanke_client.answers import Page
from leitplanke_client.listing import Listing
from leitplanke_client.transport import Call, Transport

PageModel = TypeVar("PageModel", bound=Page)
Record = TypeVar("Record")


class Resource:
    """One part of the API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _listing(
        self,
        path: str,
        wanted: Mapping[str, str | int | None],
        page_model: type[PageModel],
        items: Callable[[PageModel], Sequence[Record]],
    ) -> Listing[PageModel, Record]:
        query = {name: value for name, value in wanted.items() if value is not None}

        def read(token: str | None) -> PageModel:
            more = query if token is None else {**query, "page": token}
            return self._transport.ask(Call(method="GET", path=path, query=more), page_model)

        return Listing(read, items)
