"""The engine's one poll loop, which feeds queues and stream to functions, and a gate in front of its passes.

It is shut while a kept stack is brought up to date: the loop starts with the state, and what it had begun
would lose its worker to the update. It is shut again before the state is written (infra/local/settle.py).
"""

import threading
from typing import Any


class Gate:
    """In front of the poll loop once `install` was called; `open` and `shut` at will."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._waiting = threading.Event()
        self._poll: Any = None
        self._open.set()

    def install(self) -> None:
        """Put it in place: a pass begins with the queues, by a name that the loop looks up every time."""
        from ministack.services import lambda_svc  # type: ignore[import-untyped]  # noqa: PLC0415

        if self._poll is None:
            self._poll = lambda_svc._poll_sqs
            lambda_svc._poll_sqs = self._pass

    def open(self) -> None:
        """Let the loop run."""
        self._open.set()

    def shut(self) -> None:
        """Let it end the pass that it is in, and begin no other."""
        from ministack.services import lambda_svc  # noqa: PLC0415

        self._open.clear()
        self.install()
        lambda_svc._esm_wake.set()

    def nothing_passes(self) -> bool:
        """Whether the loop stands in front of the gate, or was never started."""
        from ministack.services import lambda_svc  # noqa: PLC0415

        return self._waiting.is_set() or not lambda_svc._poller_started

    def _pass(self) -> Any:
        if not self._open.is_set():
            self._waiting.set()
            self._open.wait()
            self._waiting.clear()
        return self._poll()
