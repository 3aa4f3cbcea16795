"""Being told to stop: the first SIGINT, SIGTERM or SIGHUP ends what runs, later ones change nothing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):  # noqa: N818
    """Raised in the main thread by the first signal. Not an Exception: nothing on the way may swallow it."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Within, a signal raises Stopped once. Puts the former handlers back."""
    told = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise Stopped

    former = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
