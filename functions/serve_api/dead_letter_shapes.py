"""Dead letters as the API shows them."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from functions.serve_api.shapes import Given, Shown
from leitplanke.domain.dead_letters import DeadLetter, Home, about, excerpt, reason
from leitplanke.edge.dead_letters import Counts, Place
from leitplanke.usecases.redrive_dead_letters import Redriven

AT_MOST = 100
"""Messages that one request redrives."""


class ShownPlace(Shown):
    """One place of dead letters."""

    id: Annotated[str, Field(examples=["routing"])]
    holds: Annotated[str, Field(examples=["incidents to be routed again"])]
    reader: Annotated[str, Field(description="The function whose log says what went wrong.")]
    home: Annotated[
        Home,
        Field(
            description="What a redrive does: back to the `queue`; a `look` at what it speaks of, which "
            "publishes what is owed; `nowhere`: dropped, because later work has done it."
        ),
    ]
    messages: Annotated[int, Field(description="How many wait here, as SQS estimates it.")]
    in_work: Annotated[int, Field(description="How many somebody looks at or redrives just now.")]
    oldest_at: Annotated[
        AwareDatetime | None,
        Field(description="When the oldest of ten was first sent; null if there is none to look at."),
    ]

    @classmethod
    def of(cls, place: Place, counts: Counts, *, seen: list[DeadLetter]) -> "ShownPlace":
        """The place as callers see it."""
        return cls(
            id=place.name,
            holds=place.kind.holds,
            reader=place.kind.reader,
            home=place.kind.home,
            messages=counts.waiting,
            in_work=counts.in_work,
            oldest_at=min((letter.sent_at for letter in seen), default=None),
        )


class DeadLetterPlaces(Shown):
    """Every place of dead letters, in the order of the event flow, empty ones as well."""

    dead_letters: tuple[ShownPlace, ...]


class ShownDeadLetter(Shown):
    """One message that nobody could handle."""

    message_id: Annotated[str, Field(description="As in the log of the function that failed at it.")]
    sent_at: AwareDatetime
    first_received_at: AwareDatetime | None
    received: Annotated[int, Field(description="How often it was tried or looked at; SQS has one counter.")]
    about: Annotated[str, Field(description="What it says, in a line; empty if it cannot be read.")]
    reason: Annotated[str, Field(description="Why it is here, or where that is written.")]
    excerpt: Annotated[str, Field(description="The beginning of its body.")]

    @classmethod
    def of(cls, name: str, letter: DeadLetter) -> "ShownDeadLetter":
        """The message as callers see it."""
        return cls(
            message_id=letter.message_id,
            sent_at=letter.sent_at,
            first_received_at=letter.first_received_at,
            received=letter.received,
            about=about(name, letter),
            reason=reason(name, letter),
            excerpt=excerpt(letter),
        )


class DeadLetterPlace(ShownPlace):
    """One place of dead letters with some of its messages, oldest first. SQS has no further pages."""

    letters: tuple[ShownDeadLetter, ...]

    @classmethod
    def of_letters(cls, place: Place, counts: Counts, *, seen: list[DeadLetter]) -> "DeadLetterPlace":
        """The place and what was seen in it."""
        shown = tuple(ShownDeadLetter.of(place.name, letter) for letter in seen)
        return cls(**ShownPlace.of(place, counts, seen=seen).model_dump(), letters=shown)


class Redrive(Given):
    """How much to redrive."""

    at_most: Annotated[int, Field(ge=1, le=AT_MOST, description="Messages.")] = AT_MOST


class ShownRedrive(Shown):
    """What was redriven. Ask again until `empty`, or `left` is 0."""

    id: str
    moved: Annotated[int, Field(description="Sent to their queue again.")]
    looks: Annotated[int, Field(description="Turned into looks; what they owe is published within a minute.")]
    dropped: Annotated[int, Field(description="Dropped, because nothing is left to do for them.")]
    kept: Annotated[int, Field(description="The queue did not take them; they are still dead letters.")]
    left: Annotated[int, Field(description="How many wait here still, as SQS estimates it.")]
    empty: Annotated[bool, Field(description="Whether nothing was left to receive.")]

    @classmethod
    def of(cls, name: str, done: Redriven, counts: Counts) -> "ShownRedrive":
        """The outcome as callers see it."""
        return cls(
            id=name,
            moved=done.moved,
            looks=done.looks,
            dropped=done.dropped,
            kept=done.kept,
            left=counts.waiting,
            empty=done.empty,
        )
