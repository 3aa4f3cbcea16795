"""One fuzzing process: `python -m tests.fuzz.target SENDER [libFuzzer's arguments]`.

Every input goes through the door, and what the door accepted through correlation; what must hold then is in
tests.hostile.judging. A time-out or too much memory is libFuzzer's to notice.
"""

import contextlib
import io
import sys
from contextlib import ExitStack

import atheris  # type: ignore[import-not-found]  # only where it has a wheel: infra/bootstrap.sh fuzz

with atheris.instrument_imports(include=["leitplanke", "functions"]):
    from tests.fuzz.inputs import request_of
    from tests.hostile.cloud import Cloud, plugged_in
    from tests.hostile.doors import Door, doors
    from tests.hostile.judging import faults_of, faults_of_correlation
from tests.model.engine import TableEngine

_INPUTS_A_TABLE = 500
"""After so many a new table: alerts pile up, and a scan of them is not what is tested."""


class Broken(AssertionError):  # noqa: N818 - what libFuzzer prints
    """Something that must not be."""


class Target:
    """One sender's way in."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._engine = TableEngine()
        self._stack = ExitStack()
        self._cloud: Cloud | None = None
        self._inputs = 0

    def __call__(self, data: bytes) -> None:
        """One input. Raises Broken."""
        cloud = self._open()
        sender = self._door.sender
        with contextlib.redirect_stdout(io.StringIO()):  # metrics
            event = request_of(data, sender, self._door.path, atheris.FuzzedDataProvider)
            answer = cloud.ask(event)
            faults = faults_of(answer, sender)
            if answer.messages and not faults:
                faults = faults_of_correlation(answer.events, cloud.correlate(answer.messages))
        if faults:
            raise Broken("; ".join(faults))

    def _open(self) -> Cloud:
        if self._cloud is None or self._inputs % _INPUTS_A_TABLE == 0:
            self._stack.close()
            self._cloud = self._stack.enter_context(plugged_in(self._engine))
        self._inputs += 1
        return self._cloud


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    name = sys.argv.pop(1)
    door = next(one for one in doors() if one.sender.name == name)
    atheris.Setup(sys.argv, Target(door))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
