"""Sending a file of events in their order: which lines were taken, which were not, and where to go on."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from leitplanke_client import Sender, WrongRequestError
from leitplanke_client.event_models import RejectedItem

PER_REQUEST = 20
"""The answer spells out so many rejected items (leitplanke.wire.protocol): each can be told by its line."""

_TIMES = ("occurred_at", "expires_at", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the file that is an event; lines count from 1."""

    number: int
    event: dict[str, Any]

    @property
    def is_cloudevent(self) -> bool:
        """Whether it is in CloudEvents 1.0, not in our own JSON."""
        return "specversion" in self.event


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that was not taken, and what to do about it."""

    line: int
    field: str
    reason: str
    remedy: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """How far it got. What is before `next_line` was told to the API, or refused."""

    next_line: int = 1
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)


class Pace:
    """Holds back so that no more than `per_second` events go out; None: as fast as it goes."""

    def __init__(
        self,
        per_second: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    def wait_for(self, number: int) -> None:
        """Until this many more may go out."""
        if self._per_second is None:
            return
        if (ahead := self._due - self._clock()) > 0:
            self._sleep(ahead)
        self._due = max(self._due, self._clock()) + number / self._per_second


def replay(
    lines: Iterable[str],
    sender: Sender,
    *,
    tally: Tally,
    pace: Pace,
    told: Callable[[Tally], None] = lambda _: None,
    without_times: bool = False,
) -> None:
    """Send all from `tally.next_line` on. `tally` is kept up to date, so that whoever breaks off knows where.

    `without_times`: as if it happened now. Raises ClientError if the API cannot be reached or is too busy.
    """
    for batch in _batches(_read(lines, tally, without_times=without_times)):
        pace.wait_for(len(batch))
        _send(batch, sender, tally)
        tally.next_line = batch[-1].number + 1
        told(tally)


def _read(lines: Iterable[str], tally: Tally, *, without_times: bool) -> Iterator[Line]:
    first = tally.next_line
    for number, text in enumerate(lines, 1):
        if number < first or not text.strip():
            continue
        try:
            event = _event_in(text)
        except (ValueError, RecursionError) as error:
            tally.refused.append(_unreadable(number, f"it is not JSON in UTF-8: {error}"))
            continue
        if not isinstance(event, dict):
            tally.refused.append(_unreadable(number, "it is not a JSON object"))
            continue
        kept = {name: value for name, value in event.items() if not (without_times and name in _TIMES)}
        yield Line(number=number, event=kept)


def _event_in(text: str) -> Any:
    """What a line holds. Raises ValueError for what cannot be sent as JSON either: NaN, half characters."""
    event = json.loads(text)
    json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
    return event


def _unreadable(number: int, reason: str) -> Refused:
    remedy = "one event a line, as docs/guides/senders.md has them"
    return Refused(line=number, field="line", reason=reason, remedy=remedy)


def _batches(lines: Iterable[Line]) -> Iterator[Sequence[Line]]:
    """In order, so many for a request, all of one form."""
    batch: list[Line] = []
    for line in lines:
        if batch and (len(batch) == PER_REQUEST or batch[0].is_cloudevent != line.is_cloudevent):
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch


def _send(batch: Sequence[Line], sender: Sender, tally: Tally) -> None:
    try:
        received = sender.send_raw([line.event for line in batch], cloudevents=batch[0].is_cloudevent)
    except WrongRequestError as wrong:
        if items := wrong.problem.get("rejected"):
            rejected = [RejectedItem.model_validate(item) for item in items]
            tally.refused.extend(_refused(batch, one) for one in rejected)
        elif len(batch) > 1:  # too large, say: what is good in it shall not suffer
            for line in batch:
                _send([line], sender, tally)
        else:
            whole = RejectedItem(position=0, field="event", reason=wrong.message, remedy=wrong.remedy)
            tally.refused.append(_refused(batch, whole))
        return
    tally.accepted += received.accepted
    tally.refused.extend(_refused(batch, one) for one in received.rejected)


def _refused(batch: Sequence[Line], item: RejectedItem) -> Refused:
    line = batch[item.position or 0]
    field = item.field.partition("].")[2] or item.field  # `events[3].severity`: its place is the line
    return Refused(line=line.number, field=field, reason=item.reason, remedy=item.remedy)
