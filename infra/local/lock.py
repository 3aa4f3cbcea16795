"""One engine per state folder: a lock that the system drops when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

_FILE = "lock"


class AlreadyRunningError(RuntimeError):
    """Another process (`pid`, None if it did not say) holds the state folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        super().__init__(f"{folder} is in use by process {pid if pid is not None else 'unknown'}")
        self.folder = folder
        self.pid = pid


class StateLock:
    """`with StateLock(folder):` raises AlreadyRunningError if somebody else is in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / _FILE
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = path.read_text("ascii", "replace").strip()
            os.close(descriptor)
            raise AlreadyRunningError(self._folder, int(text) if text.isdigit() else None) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
