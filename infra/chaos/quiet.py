"""After the faults: until nothing moves any more. Waits for conditions, and not for ever."""

import time
from collections.abc import Callable

from infra.chaos import snapshot
from infra.chaos.rig import Rig
from infra.local.waiting import NeverHappenedError, wait_for

QUIET_SECONDS = 420.0
"""At most, in all: a claim in the ledger holds 90 s, a message comes ten times in up to 150 s, looks are due
a minute after what they look after, and dead letters begin anew."""
_SWEEP_EVERY = 5.0
_SAY_EVERY = 20.0


class Stillness:
    """Asks again and again, sweeps the clocks meanwhile, and sends dead letters home."""

    def __init__(self, rig: Rig, table: str, *, tell: Callable[[str], None]) -> None:
        self._rig = rig
        self._table = table
        self._tell = tell
        self._swept = 0.0
        self._said = time.monotonic()
        self.redriven = 0
        self.why = "nothing was asked yet"

    def wait(self) -> bool:
        """Whether it came about; `why` says what was left if not."""
        try:
            wait_for(self._is_quiet, timeout=QUIET_SECONDS, what="quiet", interval=1.0)
        except NeverHappenedError:
            return False
        return True

    def _is_quiet(self) -> bool:
        now = time.monotonic()
        if now - self._swept > _SWEEP_EVERY:
            self._rig.sweep()
            self._swept = time.monotonic()
        if now - self._said > _SAY_EVERY:
            self._tell(f"waiting: {self.why}")
            self._said = now
        if waiting := self._rig.waiting(dead=False):
            self.why = f"{waiting} messages in queues"
            return False
        if dead := self._rig.waiting(dead=True):
            self.why = f"{dead} dead letters"
            if moved := self._rig.redrive():
                self.redriven += moved
                self._tell(f"{moved} dead letters sent home")
            return False
        owed = snapshot.take(self._rig.table(), self._table).owed()
        self.why = "; ".join(owed[:5])
        return not owed
