"""How much longer somebody waits: asked before each step, so that an answer comes while they still listen."""

import time
from collections.abc import Callable

from leitplanke.domain.errors import UnavailableError


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
