"""A drill each minute, and a word to the outside watcher as long as they come through."""

from collections.abc import Callable
from datetime import datetime

from leitplanke.domain.drills import drill, is_fresh
from leitplanke.domain.events import chunked
from leitplanke.table.drills import Drills
from leitplanke.usecases.ports import NewId, SendMessages

_MESSAGE_BYTES = 200_000


def hold_drill(
    drills: Drills, *, send: SendMessages, tell: Callable[[], None], new_id: NewId, now: datetime
) -> bool:
    """Send this minute's drill; tell the watcher if a recent one came through, and return whether it did.

    Raises UnavailableError; the watcher then hears nothing for a minute, which is what it is for.
    """
    send(chunked([drill(new_id(), now)], max_bytes=_MESSAGE_BYTES))
    if not is_fresh(drills.last(), now):
        return False
    tell()
    return True
