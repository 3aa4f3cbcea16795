"""`make run` as a child process, in a terminal or without one."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from infra.local.engine import free_port
from infra.local.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
READY = "Leitplanke is running. Board:"
START_SECONDS = 90.0
STOP_SECONDS = 40.0


class Run:
    """One `python -m infra.local.run` with these variables; `in_terminal` gives it a pseudo-terminal.

    It leads a process group of its own, as under a shell; `text` is what it has printed so far.
    """

    def __init__(self, state: Path, *, port: int, in_terminal: bool = False, **variables: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.text = ""
        self._reader, writer = pty.openpty() if in_terminal else os.pipe()
        environment = {name: value for name, value in os.environ.items() if name not in ("FRESH", "SCENARIO")}
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "infra.local.run"],
            cwd=ROOT,
            env={
                **environment,
                "PORT": str(port),
                "AWS_PORT": str(free_port()),
                "STATE": str(state),
                "TERM": "xterm",
                "COLUMNS": "120",
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            start_new_session=True,
        )
        os.close(writer)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self) -> "Run":
        """Wait until it serves, or has ended."""
        wait_for(
            lambda: READY in self.text or self._process.poll() is not None,
            timeout=START_SECONDS,
            what=f"a start; printed so far: {self.text}",
        )
        assert READY in self.text, self.text
        return self

    def signal_group(self, number: signal.Signals) -> None:
        """To every process of the group, as a terminal does with Ctrl-C."""
        os.killpg(self.pid, number)

    def ended(self) -> int:
        """Wait for the end; the exit code."""
        code = self._process.wait(STOP_SECONDS)
        self._thread.join(STOP_SECONDS)
        return code

    def group_is_empty(self) -> bool:
        """Whether no process of the group is left."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def lines(self) -> list[str]:
        """What it printed, without colour."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.text).replace("\r", "").split("\n")

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._reader, 65_536)
            except OSError:  # a pseudo-terminal's way to say that the other end is gone
                chunk = b""
            if not chunk:
                os.close(self._reader)
                return
            self.text += chunk.decode("utf-8", "replace")
