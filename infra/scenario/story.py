"""What a scenario is told with: do something through the front door, wait for what it causes, say both."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from infra.local.api import Json
from infra.local.installation import Installation
from infra.local.narrator import Narrator
from infra.local.waiting import wait_for

T = TypeVar("T")

PATIENCE_SECONDS = 240.0
"""For one thing to be caused: far above what it takes, so that a slow machine tells the same story."""


@dataclass(frozen=True, slots=True)
class Story:
    """One telling. Everything it knows comes from the API and the inbox, as for any other client."""

    installation: Installation
    narrator: Narrator

    def happens(self, text: str) -> None:
        """Something happens in the world."""
        self.narrator.line()
        self.narrator.line(f"{time.strftime('%H:%M:%S')}  {text}", style="bold")

    def causes(self, text: str) -> None:
        """What the system made of it."""
        self.narrator.line(f"          {text}", style="cyan")

    def quotes(self, notification: Json) -> None:
        """A notification, as the person on call reads it."""
        for line in (notification["title"], "", *notification["message"].splitlines()):
            self.narrator.line(f"          | {line}".rstrip(), style="dim")

    def until(self, condition: Callable[[], T | None], what: str) -> T:
        """Wait for it. Raises NeverHappenedError, naming `what`."""
        return wait_for(condition, timeout=PATIENCE_SECONDS, what=what, interval=0.1)

    # -- senders ------------------------------------------------------------------------------------

    def prometheus(self, *alerts: Json) -> None:
        """Send alerts as Prometheus does, to Alertmanager's API."""
        self.installation.api.ingest("/api/v2/alerts", list(alerts), key=self.installation.key)

    def pagerduty(self, event: Json) -> None:
        """Send an event as PagerDuty's clients do."""
        self.installation.api.ingest("/v2/enqueue", {"routing_key": self.installation.key, **event})

    # -- what can be seen ---------------------------------------------------------------------------

    def incident(self, service: str, where: Callable[[Json], Any], what: str) -> Json:
        """The newest incident of `service` once `where` holds for it."""

        def found() -> Json | None:
            page = self.installation.api.get("/v1/incidents", service=service, state="all")
            items: list[Json] = page["incidents"]
            newest = max(items, key=lambda item: item["opened_at"], default=None)
            return newest if newest is not None and where(newest) else None

        return self.until(found, what)

    def problem(self, service: str, where: Callable[[Json], Any], what: str) -> Json:
        """The newest problem of `service` once `where` holds for it."""

        def found() -> Json | None:
            items: list[Json] = self.installation.api.get("/v1/problems")["problems"]
            return next((item for item in items if item["service"] == service and where(item)), None)

        return self.until(found, what)

    def calm(self, incident: Json) -> None:
        """Wait until nothing fires in `incident` any more."""
        path = f"/v1/incidents/{incident['id']}"
        self.until(lambda: not self.installation.api.get(path)["firing"], f"the end of alerts in {path}")

    def act(self, incident: Json, action: str, body: Json | None = None) -> Json:
        """POST /v1/incidents/{id}/{action}; the incident as it is then."""
        answer: Json = self.installation.api.post(f"/v1/incidents/{incident['id']}/{action}", body or {})
        return answer

    def notification(self, inbox: str, *words: str, title: str) -> Json:
        """The newest notification in `inbox` whose title begins so and that has all `words` in it."""

        def found() -> Json | None:
            told = (item["body"] for item in reversed(self.installation.inbox(inbox)))
            about = (one for one in told if one["title"].startswith(title))
            return next((one for one in about if all(word in one["message"] for word in words)), None)

        return self.until(found, f"a notification to {inbox} that begins {title!r}")
