"""Several pieces of work at once, one table call at a time, in the order that a schedule says.

A piece may die before or after its n-th call, or find the table throttled then. Real threads, of which one
runs at a time: what happens is a function of the schedule, so hypothesis can repeat and shrink it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError


class ProcessDiedError(BaseException):
    """Nothing of this process happens any more; no `except Exception` stops it."""


class Fault(Enum):
    """What goes wrong with a call."""

    DIED_BEFORE = "the process dies before it"
    DIED_AFTER = "the process dies after it was applied"
    THROTTLED = "the table refuses it for now"
    ANSWER_LOST = "it is applied, the answer is lost"


@dataclass(frozen=True)
class Mishap:
    """Call number `at` (from 1) of a piece of work goes wrong."""

    at: int
    fault: Fault


@dataclass(frozen=True)
class Work:
    """Something to do, and what goes wrong meanwhile."""

    do: Callable[[], None]
    mishap: Mishap | None = None


_here = threading.local()


class Paced:
    """An AWS client whose calls wait for their turn, if they are made by a piece of work."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            piece: _Piece | None = getattr(_here, "piece", None)
            return piece.call(operation, method, arguments) if piece else method(**arguments)

        return call


class _Piece(threading.Thread):
    def __init__(self, work: Work) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._calls = 0
        self.error: BaseException | None = None
        self.finished = False

    def run(self) -> None:
        _here.piece = self
        self._go.acquire()
        try:
            self._work.do()
        except BaseException as error:  # noqa: BLE001 - whoever started it decides what it means
            self.error = error
        finally:
            self.finished = True
            self._stopped.release()

    def step(self) -> None:
        """Up to its next call."""
        self._go.release()
        self._stopped.acquire()

    def call(self, operation: str, method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self._stopped.release()
        self._go.acquire()
        self._calls += 1
        mishap = self._work.mishap
        if mishap is None or mishap.at != self._calls:
            return method(**arguments)
        if mishap.fault in (Fault.DIED_AFTER, Fault.ANSWER_LOST):
            method(**arguments)
        if mishap.fault in (Fault.DIED_AFTER, Fault.DIED_BEFORE):
            raise ProcessDiedError
        answer: Any = {
            "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        raise ClientError(answer, operation)


def at_once(works: Sequence[Work], schedule: Sequence[int]) -> list[BaseException | None]:
    """Do them; each number of the schedule gives one of those that are left its next turn.

    When the schedule is over they end one after the other. Returns how each of them ended.
    """
    pieces = [_Piece(work) for work in works]
    for piece in pieces:
        piece.start()
    for number in schedule:
        left = [piece for piece in pieces if not piece.finished]
        if not left:
            break
        left[number % len(left)].step()
    for piece in pieces:
        while not piece.finished:
            piece.step()
        piece.join()
    return [piece.error for piece in pieces]
