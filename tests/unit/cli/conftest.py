"""The command line with an API that answers from memory; no network."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from infra.cli import dead_letters, redrive
from infra.cli.app import app
from infra.cli.client import Client
from infra.cli.connection import Connection

HERE = Connection(url="http://127.0.0.1:8080", token="good", is_here=True)
Respond = Callable[[httpx.Request], httpx.Response]


def problem(status: int, kind: str, **members: str) -> httpx.Response:
    return httpx.Response(status, json={"type": f"urn:leitplanke:error:{kind}", "title": kind, **members})


@dataclass
class FakeApi:
    """Places with messages; what is in `answers` is answered instead, first one first."""

    places: dict[str, int]
    homes: dict[str, str] = field(default_factory=dict)
    oldest: timedelta = timedelta(hours=3)
    letters: list[dict[str, Any]] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    refuses: int = 0
    """How many messages their queue does not take."""

    def client(self) -> Client:
        return Client(HERE, transport=httpx.MockTransport(self._respond), sleep=self.pauses.append)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if self.answers:
            return self.answers.pop(0)
        _, _, _, *rest = request.url.path.split("/")
        if not rest:
            return httpx.Response(200, json={"dead_letters": [self._place(name) for name in self.places]})
        name = rest[0]
        if name not in self.places:
            return problem(404, "not-found", detail=f"no place of dead letters '{name}'")
        if request.method == "GET":
            return httpx.Response(200, json={**self._place(name), "letters": self.letters})
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
        return httpx.Response(
            200,
            json={**body, how: done, "left": self.places[name], "empty": here < at_most and not self.refuses},
        )


@pytest.fixture
def api() -> FakeApi:
    return FakeApi(
        places={"event": 0, "routing": 230, "stream": 2, "tick": 1},
        homes={"stream": "look", "tick": "nowhere"},
    )


@pytest.fixture
def run(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Type a command; its output without colours."""
    for module in (dead_letters, redrive):
        monkeypatch.setattr(module, "connect", api.client)

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return typed
