"""What all answers have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Something that the API gave. A field that is not known here is kept: the API may be newer."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def as_json(self) -> Any:
        """What the API answered, as plain data: neither more nor less."""
        return self.model_dump(mode="json", exclude_unset=True)


class Link(Answer):
    """Somewhere to look further."""

    href: str
    text: str


class Page(Answer):
    """Some records of a list. `next` leads to the page after it (`Listing.page(next)`); None on the last."""

    next: str | None
