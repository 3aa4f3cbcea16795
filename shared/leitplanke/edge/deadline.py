"""How much longer somebody waits: asked before each step, so that an answer comes while they still listen."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from leitplanke.domain.errors import UnavailableError

T = TypeVar("T")


class Deadline:
    """`seconds` from now, by a clock that nobody sets."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock() + seconds

    def time_left(self) -> bool:
        """Whether another step may begin."""
        return self._clock() < self._until

    def must_hold(self) -> None:
        """Raises UnavailableError if no other step may begin."""
        if not self.time_left():
            raise UnavailableError("it took too long; somebody waits for an answer")

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, for a step each; raises UnavailableError before the first that may not begin."""
        for item in items:
            self.must_hold()
            yield item

    def pause(self, seconds: float) -> None:
        """Wait before trying a step again. Raises UnavailableError if it may not begin any more."""
        self.must_hold()
        time.sleep(seconds)
