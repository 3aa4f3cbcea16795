"""Engine: AWS on this machine, embedded in the process that starts it. One per process."""

import asyncio
import errno
import logging
import shutil
import signal
import socket
import threading
from functools import cached_property

from hypercorn.asyncio import serve
from hypercorn.config import Config

from infra.local.aws import Aws
from infra.local.devroutes import DevRoutes
from infra.local.front import Front
from infra.local.inbox import Inbox
from infra.local.issuer import Issuer
from infra.local.pollers import Gate
from infra.local.settings import HOST, EngineSettings
from infra.local.settle import kill_workers, settle

START_SECONDS = 30.0


class PortInUseError(OSError):
    """We cannot listen on `port`: another program does, or the system forbids it."""

    def __init__(self, port: int, cause: OSError) -> None:
        taken = cause.errno == errno.EADDRINUSE
        super().__init__(f"port {port} " + ("is in use" if taken else f"cannot be used ({cause.strerror})"))
        self.port = port


class EngineFailedError(RuntimeError):
    """The engine did not come up; the cause is chained or in its log."""


class Engine:
    """Starts in a thread, stops cleanly with its state written.

        engine = Engine(EngineSettings(port=8080, aws_port=4566, state_dir=Path(".local")))
        engine.start()          # raises PortInUseError, EngineFailedError
        engine.aws.client("sqs")
        engine.stop()

    The environment of the process is changed for good (EngineSettings.environment): workers inherit it.
    Ports given as 0 become free ones.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._front_socket = _listen(settings.port)
        try:
            self._aws_socket = _listen(settings.aws_port)
        except PortInUseError:
            self._front_socket.close()
            raise
        self.settings = EngineSettings(
            port=self._front_socket.getsockname()[1],
            aws_port=self._aws_socket.getsockname()[1],
            state_dir=settings.state_dir,
            keep=settings.keep,
            log_level=settings.log_level,
        )
        self.aws = Aws(f"http://{HOST}:{self.settings.aws_port}")
        self.base_url = f"http://{HOST}:{self.settings.port}"
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._gate = Gate()

    @cached_property
    def issuer(self) -> Issuer:
        """The development identity issuer of this engine's API."""
        return Issuer(self.settings.state_dir, self.base_url)

    def start(self) -> None:
        """Start and wait until both ports answer."""
        shutil.rmtree(self.settings.scratch, ignore_errors=True)
        self.settings.apply()
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise EngineFailedError(f"the engine was not ready within {START_SECONDS:g} s")
        if self._failure is not None:
            raise EngineFailedError("the engine ended while starting") from self._failure

    def stop(self) -> None:
        """Finish what has begun, write the state, end all workers. Safe to call twice."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        shutil.rmtree(self.settings.scratch, ignore_errors=True)

    def _run(self) -> None:
        # Workers inherit this mask. Ctrl-C, or closing the terminal, reaches the whole process group, and a
        # worker that dies of it takes its message along; the main thread is the one that waits for signals.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that called start()
            logging.getLogger("leitplanke.local").exception("engine failed")
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from ministack.app import app  # type: ignore[import-untyped]  # noqa: PLC0415

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        if self.settings.has_kept_functions:
            self._gate.shut()
        dev = DevRoutes(self.issuer, Inbox(self.settings.state_dir), on_front=self._gate.open)
        front = Front(app, dev, port=self.settings.port)
        config = Config()
        config.bind = [f"fd://{self._front_socket.detach()}", f"fd://{self._aws_socket.detach()}"]
        config.keep_alive_timeout = 75
        config.accesslog = None
        config.errorlog = logging.getLogger("hypercorn.error")
        await serve(front, config, shutdown_trigger=lambda: self._until_stopped(front))  # type: ignore[arg-type]

    async def _until_stopped(self, front: Front) -> None:
        """Hypercorn asks this once the servers listen, and shuts down when it returns."""
        if self._stop is None:
            raise RuntimeError("not started")
        self._ready.set()
        await self._stop.wait()
        front.closed = True
        await asyncio.to_thread(settle, self._gate)
        await asyncio.to_thread(kill_workers)


def _listen(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise PortInUseError(port, error) from error
    return sock


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])
