"""After the faults: until nothing moves any more. Waits for conditions, and not for ever."""

import math
import time
from collections.abc import Callable

from infra.chaos import snapshot
from infra.chaos.rig import Rig
from infra.local.waiting import NeverHappenedError, wait_for

STUCK_SECONDS = 300.0
"""Without fewer messages than ever before: a claim in the ledger holds 90 s, a message comes ten times in up
to 150 s, looks are due a minute after what they look after, and dead letters begin anew."""
QUIET_SECONDS = 2_400.0
"""At most, in all."""
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
        self._least, self._since = math.inf, 0.0
        self.redriven = 0
        self.why = "nothing was asked yet"

    def wait(self) -> bool:
        """Whether it came about; `why` says what was left if not."""
        self._least, self._since = math.inf, time.monotonic()
        try:
            return wait_for(self._ended, timeout=QUIET_SECONDS, what="quiet", interval=1.0) == "quiet"
        except NeverHappenedError:
            return False

    def _ended(self) -> str:
        if self._is_quiet():
            return "quiet"
        return "stuck" if time.monotonic() - self._since > STUCK_SECONDS else ""

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
            if waiting < self._least:
                self._least, self._since = waiting, now
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
