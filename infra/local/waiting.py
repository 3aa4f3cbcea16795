"""Waiting for a condition instead of sleeping for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NeverHappenedError(TimeoutError):
    """The condition did not come true in time."""


def wait_for(
    condition: Callable[[], T | None],
    *,
    timeout: float = 10.0,
    what: str = "the condition",
    interval: float = 0.05,
) -> T:
    """Ask `condition` until it answers something true, and return that.

    `timeout` and `interval` are seconds. Raises NeverHappenedError, naming `what`.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise NeverHappenedError(f"{what} did not happen within {timeout:g} s")
        time.sleep(interval)
