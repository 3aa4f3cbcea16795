"""What the API answers, as far as it is shown. Unknown fields are left alone: the API may be newer."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Place(_Answer):
    """One place of dead letters."""

    id: str
    holds: str
    reader: str
    home: str
    messages: int
    in_work: int
    oldest_at: AwareDatetime | None


class Places(_Answer):
    """All of them."""

    dead_letters: tuple[Place, ...]


class Letter(_Answer):
    """One message that nobody could handle."""

    message_id: str
    sent_at: AwareDatetime
    first_received_at: AwareDatetime | None
    received: int
    about: str
    reason: str
    excerpt: str


class PlaceWithLetters(Place):
    """A place and some of its messages."""

    letters: tuple[Letter, ...]


class Redriven(_Answer):
    """What a redrive did."""

    id: str
    moved: int
    looks: int
    dropped: int
    kept: int
    left: int
    empty: bool

    @property
    def done(self) -> int:
        """Messages that are no longer dead letters."""
        return self.moved + self.looks + self.dropped
