"""Places of dead letters, kept in memory behind the routes of the API."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.unit.client.answers import refusal


@dataclass
class FakePlaces:
    """So many messages in each; a redrive takes them out."""

    places: dict[str, int]
    homes: dict[str, str] = field(default_factory=dict)
    oldest: timedelta = timedelta(hours=3)
    letters: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0
    """How many messages their queue does not take."""
    breaks_at: int | None = None
    """The how many-th redrive finds everything broken, and so do those after it."""
    redrives: int = 0

    def respond(self, request: httpx.Request) -> httpx.Response:
        _, _, _, *rest = request.url.path.split("/")
        if not rest:
            return httpx.Response(200, json={"dead_letters": [self._place(name) for name in self.places]})
        name = rest[0]
        if name not in self.places:
            return refusal(404, "not-found", detail=f"no place of dead letters '{name}'")
        if request.method == "GET":
            return httpx.Response(200, json={**self._place(name), "letters": self.letters})
        self.redrives += 1
        if self.breaks_at is not None and self.redrives >= self.breaks_at:
            return refusal(503, "unavailable", detail="the dead letters cannot be reached")
        return self._redriven(name, json.loads(request.content)["at_most"])

    def _place(self, name: str) -> dict[str, Any]:
        number = self.places[name]
        return {
            "id": name,
            "holds": "incidents to be routed again",
            "reader": "route_incidents",
            "home": self.homes.get(name, "queue"),
            "messages": number,
            "in_work": 0,
            "oldest_at": (datetime.now(UTC) - self.oldest).isoformat() if number else None,
        }

    def _redriven(self, name: str, at_most: int) -> httpx.Response:
        here = self.places[name]
        done = min(here - self.refuses, at_most)
        self.places[name] -= done
        how = {"queue": "moved", "look": "looks", "nowhere": "dropped"}[self.homes.get(name, "queue")]
        body = {"id": name, "moved": 0, "looks": 0, "dropped": 0, "kept": self.refuses}
        is_empty = here < at_most and not self.refuses
        return httpx.Response(200, json={**body, how: done, "left": self.places[name], "empty": is_empty})
