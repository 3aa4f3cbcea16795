"""Parameters that several routes take."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from leitplanke.domain.errors import InvalidInputError

RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The record's id.")]

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]

Page = Annotated[
    str | None, Query(max_length=1_000, description="`next` of the page before, for the one after it.")
]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of what you decided on; 412 if it has changed. Without it, the latest counts.",
    ),
]

NoIdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Refused with 400: what comes again here is done again. Look first whether it was done.",
    ),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Any text of your own for this request. Sent again with the same key within a day, it is "
        "not done again: you get the first answer, marked `idempotency-replayed: true`.",
    ),
]


def refuse_key(key: str | None) -> None:
    """Where no answer is kept, nobody shall trust that one is. Raises InvalidInputError."""
    if key is not None:
        raise InvalidInputError(
            "no answer is kept for this key: it would hold a secret, or be about other messages by then",
            field="Idempotency-Key",
            remedy="leave it out; if an answer was lost, look at what was done before you send it again",
        )
