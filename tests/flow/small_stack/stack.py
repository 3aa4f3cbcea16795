"""Driving the small stack: its front door, and what comes out at its end."""

import os
from pathlib import Path

import httpx

from infra.local.deploy import deploy
from infra.local.package_code import package_code
from infra.local.process import EngineProcess
from infra.local.waiting import wait_for

SMALL = Path(__file__).parent


class SmallStack:
    """Deployed to `engine` with the functions of the folder `code`."""

    def __init__(self, engine: EngineProcess, code: Path = SMALL / "functions") -> None:
        self.engine = engine
        template = SMALL / "template.yaml"
        self.outcome = deploy(engine, template, code=package_code([("functions", code)])).outcome
        self._sqs = engine.aws.client("sqs")
        urls = self._sqs.list_queues()["QueueUrls"]
        self._in = next(url for url in urls if "-In-" in url)
        self._out = next(url for url in urls if "-Out-" in url)

    def token(self) -> str:
        """One that may write."""
        return self.engine.issuer.mint_token(scopes=["write"])

    def post(self, name: str, token: str | None = None) -> httpx.Response:
        """POST /items, with a good token if none is given."""
        headers = {"authorization": f"Bearer {token or self.token()}"}
        url = f"{self.engine.base_url}/items"
        return httpx.post(url, json={"name": name}, headers=headers, trust_env=False, timeout=30)

    def flood(self, names: set[str]) -> None:
        """Put all names into the first queue at once."""
        entries = [{"Id": str(number), "MessageBody": name} for number, name in enumerate(sorted(names))]
        for start in range(0, len(entries), 10):
            self._sqs.send_message_batch(QueueUrl=self._in, Entries=entries[start : start + 10])

    def collect(self, names: set[str]) -> list[str]:
        """What came out until all `names` were among it."""
        seen: list[str] = []

        def complete() -> bool:
            seen.extend(self._take())
            return names <= set(seen)

        wait_for(complete, timeout=30, what=f"publishing of {sorted(names)}")
        return seen

    def collect_some(self) -> list[str]:
        """The first few that come out."""
        return wait_for(self._take, timeout=30, what="the first of the burst")

    def _take(self) -> list[str]:
        messages = self._sqs.receive_message(QueueUrl=self._out, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._out, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_listening(url: str) -> bool:
    """Whether anybody answers HTTP there."""
    try:
        httpx.get(url, trust_env=False, timeout=2)
    except httpx.HTTPError:
        return False
    return True
