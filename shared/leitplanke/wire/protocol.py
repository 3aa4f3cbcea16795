"""The answers of senders that have no protocol for answers: problem+json, and a count of what was taken."""

from collections.abc import Sequence

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Event
from leitplanke.wire.answers import Answer, json_answer, problem
from leitplanke.wire.intake import Refusal, Rejected, TooLargeError, UnsupportedError

LIMIT_REMEDY = "send less often, more in each request; or raise limit_per_minute of the integration"
RETRY_AFTER_LIMIT_S = "60"
"""What is allowed is counted by the minute (leitplanke.domain.rates)."""
SHOWN = 20
"""Rejected items spelled out in an answer; the quarantine has them all."""


def outcome(status: int, events: Sequence[Event], rejected: Sequence[Rejected], **members: object) -> Answer:
    """What was taken and what was not. An error only if there was something and none of it was good."""
    if rejected and not events:
        first = rejected[0]
        return problem(
            400,
            "nothing-accepted",
            "Nothing in this request could be accepted",
            detail=f"{first.field}: {first.reason}; {first.remedy}",
            rejected=reasons(rejected),
            rejected_count=len(rejected),
        )
    content = {
        "accepted": len(events),
        "rejected": reasons(rejected),
        "rejected_count": len(rejected),
        **members,
    }
    return json_answer(status, content)


def reasons(rejected: Sequence[Rejected]) -> list[dict[str, object]]:
    """The first rejected items as a caller sees them."""
    return [
        {"position": item.position, "field": item.field, "reason": item.reason, "remedy": item.remedy}
        for item in rejected[:SHOWN]
    ]


_UNREADABLE = {
    400: ("unreadable", "This request could not be read"),
    413: ("too-large", "This request is too large"),
    415: ("unsupported-media-type", "This request is in a form that is not read here"),
}


def status_of(error: InvalidInputError) -> int:
    """The HTTP status of a body that could not be read as a whole."""
    if isinstance(error, TooLargeError):
        return 413
    return 415 if isinstance(error, UnsupportedError) else 400


def unreadable(error: InvalidInputError) -> Answer:
    """400, 413 for too much at once, 415 for what we do not speak: the same again will not help."""
    kind, title = _UNREADABLE[status_of(error)]
    return problem(
        status_of(error),
        kind,
        title,
        detail=error.message,
        field=error.field,
        remedy=error.remedy,
    )


def refused(refusal: Refusal) -> Answer:
    """401 or 403, with the remedy."""
    headers = {"www-authenticate": 'Bearer realm="leitplanke"'} if refusal.status == 401 else None  # noqa: PLR2004
    kind, title = (
        ("unknown-key", "No valid integration key")
        if headers
        else ("missing-capability", "This integration may not send events")
    )
    return problem(refusal.status, kind, title, detail=refusal.reason, remedy=refusal.remedy, headers=headers)


def limited(*, status: int = 429) -> Answer:
    """429 with the time to wait. `status` is another for a sender that takes 429 for a final no."""
    return problem(
        status,
        "too-many-requests",
        "More requests than this integration may send",
        detail="nothing of this request counts as received",
        remedy=LIMIT_REMEDY,
        headers={"retry-after": RETRY_AFTER_LIMIT_S},
    )


def unavailable() -> Answer:
    """503: nothing was promised, please send it again."""
    return problem(
        503,
        "unavailable",
        "The event could not be stored just now",
        detail="nothing of this request counts as received; send it again",
        headers={"retry-after": "5"},
    )
