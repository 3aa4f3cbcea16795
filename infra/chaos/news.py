"""What the senders have said and who was answered how: the books that the accounting is held against."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Told:
    """The last news of one alert. `triggers`: accepted in a row since it last began, None if not counted.

    `settled`: its last news was accepted; else nobody can know what the table should say.
    """

    firing: bool
    service: str
    triggers: int | None = 0
    settled: bool = True


@dataclass(slots=True)
class Books:
    """Counters and the last news per alert id; every method may be called from any thread."""

    counts: Counter[str] = field(default_factory=Counter)
    alerts: dict[str, Told] = field(default_factory=dict)
    nonsense: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, number: int = 1) -> None:
        """Add to one of the counters."""
        with self._lock:
            self.counts[name] += number

    def said(
        self, alert_id: str, *, service: str, firing: bool, accepted: bool, triggers: int | None
    ) -> None:
        """One alert's news in a request, accepted or not; `triggers` is None if others speak of it too."""
        with self._lock:
            told = self.alerts.setdefault(alert_id, Told(firing=False, service=service))
            if firing and not told.firing and told.triggers is not None:
                told.triggers = 0
            told.firing = firing
            told.settled = accepted
            if triggers is None:
                told.triggers = None
            elif accepted and firing and told.triggers is not None:
                told.triggers += triggers

    def refused(self, marker: str) -> None:
        """An item without sense was answered: it has to be in the quarantine."""
        with self._lock:
            self.nonsense.add(marker)
