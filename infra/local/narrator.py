"""What `make run` prints: with colour and motion in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from rich.status import Status


class Narrator:
    """Speaks to `console`. Lines are never wrapped or cut: a copied `curl` line works."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = console.is_terminal
        self._status: Status | None = None

    def line(self, text: str = "", *, style: str = "") -> None:
        """One line, whole."""
        self.console.print(Text(text, style=style if self.live else ""), soft_wrap=True)

    def doing(self, what: str) -> None:
        """What the current step is busy with; shown in a terminal only."""
        if self._status is not None:
            self._status.update(f"{what} ...")

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Something that takes a while; says when it is `done` and how long it took."""
        begun = time.monotonic()
        if self.live:
            self._status = self.console.status(f"{doing} ...")
            self._status.start()
        try:
            yield
        finally:
            if self._status is not None:
                self._status.stop()
                self._status = None
        self.line(f"{'✓' if self.live else '-'} {done} ({time.monotonic() - begun:.1f} s)", style="green")
