"""The command line as typed, with an API that answers from memory; no network."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from infra.cli import connection
from infra.cli.__main__ import main
from infra.cli.connection import Connection
from leitplanke_client import Client, Sender
from tests.unit.client.answers import refusal

Answer = httpx.Response | dict[str, Any] | Callable[[httpx.Request], httpx.Response]

HERE = "http://127.0.0.1:8080"
TOKEN = "aaaa.bbbb.cccc"
KEY = "k" * 32


@dataclass
class FakeApi:
    """Answers by route, `GET /v1/incidents`; of a list of answers each once, then the last one again."""

    routes: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    elsewhere: Callable[[httpx.Request], httpx.Response] | None = None
    """Who answers what is not among these."""
    asked: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.routes.get(f"{request.method} {request.url.path}")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None and self.elsewhere is not None:
            return self.elsewhere(request)
        if answer is None:
            return refusal(404, "not-found", detail=f"there is no {request.method} {request.url.path}")
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def lines(self) -> list[str]:
        """What was asked for."""
        return [f"{request.method} {request.url.path}" for request in self.asked]

    def bodies(self) -> list[Any]:
        """What was said."""
        return [json.loads(request.content) for request in self.asked if request.content]

    def open_client(self, found: Connection, **patience: Any) -> Client:
        return Client(
            found.url,
            found.token,
            http=httpx.MockTransport(self.respond),
            sleep=self.pauses.append,
            **patience,
        )

    def open_sender(self, found: Connection) -> Sender:
        return Sender(
            found.url, found.token, http=httpx.MockTransport(self.respond), sleep=self.pauses.append
        )


@dataclass(frozen=True)
class Ran:
    """What a command printed, without colours, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is JSON and nothing else."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setattr(connection, "open_client", fake.open_client)
    monkeypatch.setattr(connection, "open_sender", fake.open_sender)
    return fake


@pytest.fixture
def run(api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Type a command; with `width` in a terminal that is so wide."""
    for name, value in (("URL", HERE), ("TOKEN", TOKEN), ("KEY", KEY)):
        monkeypatch.setenv(f"LEITPLANKE_{name}", value)

    def typed(*arguments: str, width: int | None = None) -> Ran:
        with monkeypatch.context() as during:
            during.setattr(sys, "argv", ["leitplanke", *arguments])
            if width is not None:
                for name, value in (("TTY_COMPATIBLE", "1"), ("TERM", "xterm"), ("COLUMNS", str(width))):
                    during.setenv(name, value)
            try:
                code = main()
            except SystemExit as end:
                code = int(end.code or 0)
        printed = capsys.readouterr()
        out, err = (re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text) for text in printed)
        return Ran(code, out, err)

    return typed
