"""Dead letters as the API gives them."""

from pydantic import AwareDatetime

from leitplanke_client.answers import Answer


class Place(Answer):
    """One place of dead letters. `home` says what a redrive does: queue, look, nowhere."""

    id: str
    holds: str
    reader: str
    home: str
    messages: int
    in_work: int
    oldest_at: AwareDatetime | None


class Places(Answer):
    """All of them."""

    dead_letters: tuple[Place, ...]


class Letter(Answer):
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


class Redriven(Answer):
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
