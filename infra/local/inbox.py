"""The inbox: a notification channel of this machine that keeps what it is told, in a file of JSON lines."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "inbox.jsonl"
SIZE = 2_000
"""The newest notifications that are kept in memory, and over a restart."""


class Inbox:
    """What channels were told, oldest first. The file is read once and then only added to."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._items: deque[dict[str, Any]] = deque(maxlen=SIZE)
        if self._path.exists():
            self._items.extend(_items(self._path.read_text("utf-8")))
            self._path.write_text("".join(json.dumps(item) + "\n" for item in self._items), "utf-8")

    def keep(self, name: str, raw: bytes, *, at: datetime) -> None:
        """Keep one notification to the channel `name`: its JSON, or its text if it is none."""
        try:
            body: object = json.loads(raw)
        except ValueError:
            body = raw.decode("utf-8", "replace")
        item = {"inbox": name, "received_at": at.isoformat(timespec="milliseconds"), "body": body}
        self._items.append(item)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(item) + "\n")

    def read(self, name: str = "") -> list[dict[str, Any]]:
        """What the channel `name` was told; all channels if it is empty."""
        return [item for item in self._items if name in ("", item["inbox"])]


def _items(text: str) -> Iterator[dict[str, Any]]:
    """The lines that can be read: the last one is cut off if the process was killed over it."""
    for line in text.splitlines():
        with suppress(ValueError):
            yield json.loads(line)
