"""EngineProcess: an engine in a child process, with the same face as Engine. Any number at a time."""

import json
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from infra.local.aws import Aws
from infra.local.engine import EngineFailedError
from infra.local.issuer import Issuer
from infra.local.settings import HOST, EngineSettings

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 40.0


class EngineProcess:
    """Start one with `EngineProcess(settings)`, a context manager; it is ready when the constructor returns.

    Its log is `<state_dir>/engine.log`. Raises EngineFailedError with the end of that log.
    """

    def __init__(self, settings: EngineSettings) -> None:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self.log = settings.state_dir / "engine.log"
        argument = json.dumps(
            {
                "port": settings.port,
                "aws_port": settings.aws_port,
                "state_dir": str(settings.state_dir),
                "keep": settings.keep,
                "log_level": settings.log_level,
            }
        )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "infra.local.server", argument],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.stop()
            raise EngineFailedError(f"the engine did not start:\n{self.log.read_text()[-2_000:]}")
        ready = json.loads(line)
        self.settings = EngineSettings(
            port=ready["port"], aws_port=ready["aws_port"], state_dir=settings.state_dir, keep=settings.keep
        )
        self.aws = Aws(f"http://{HOST}:{ready['aws_port']}")
        self.base_url = f"http://{HOST}:{ready['port']}"

    @cached_property
    def issuer(self) -> Issuer:
        """The issuer with the same key as the one that the child serves."""
        return Issuer(self.settings.state_dir, self.base_url)

    @property
    def pid(self) -> int:
        return self._process.pid

    def abandon(self) -> None:
        """Close the pipe that says somebody still wants this engine, as the death of this process would."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """Stop cleanly; kill only what does not stop in STOP_SECONDS."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> "EngineProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
