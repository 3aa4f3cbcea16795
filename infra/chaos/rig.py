"""The installation of a run: the local engine with our system on it, and what one may do to it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from infra.chaos.plan import Kind
from infra.chaos.world import policy
from infra.local.deploy import STACK
from infra.local.installation import Installation
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.waiting import NeverHappenedError, wait_for

VISIBILITY = {
    "EventQueue": 10,
    "ExpediteQueue": 15,
    "StandardQueue": 15,
    "BacklogQueue": 15,
    "ProblemQueue": 15,
}
"""Seconds until a message whose reader died comes again: minutes in template.yaml, which nobody would sit out
here. Ten times the lanes' is still longer than the lease of the ledger (leitplanke.table.ledger.LEASE)."""
OTHERS = 8
TRIES = 3
"""Until a message is a dead letter: ten in template.yaml, where minutes lie between two of them. So that some
messages do end there within a run, and have to be sent home."""
TIMEOUT_SECONDS = 60
CONCURRENCY = 2
"""For every queue: a cold start takes a second of a processor, and template.yaml allows dozens at once. On a
busy machine of two cores each would run out of time, for ever."""
FUNCTIONS = (
    "ReceiveEvents",
    "CorrelateAlerts",
    "PublishChanges",
    "RouteIncidents",
    "DetectRecurrence",
    "NotifyResponders",
    "WatchClocks",
    "ServeApi",
)
STOP_SECONDS = 120.0
_BUSY_SECONDS = 0.15


class EngineLostError(RuntimeError):
    """The engine did not stop in time and was killed: what it knew since its start is gone."""


class Rig:
    """Deployed by `start`; stopped by `stop`, which may be called twice."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.keys: dict[Kind, tuple[str, str]] = {}
        self.names: dict[str, str] = {}
        self.engine: EngineProcess
        self.installation: Installation

    def start(self, progress: Callable[[str], None]) -> None:
        """Engine, stack, policy, channels, and an integration for each protocol."""
        self.engine = EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=self.state))
        self.installation = Installation(self.engine, self.state)
        deployment = self.installation.open(progress=progress)
        self._api_id = deployment.api_id
        text = policy()
        self.installation.provide_channels(text)
        self.installation.put_policy(text)
        for kind in Kind:
            made = self.installation.api.post("/v1/integrations", {"name": kind.value})
            self.keys[kind] = (made["id"], made["key"])
        self.names = dict(self._resources())
        for logical, url in self.queues.items():
            if not logical.endswith("DeadLetters"):
                self._shorten(logical, url)

    def redirect(self, url: str) -> None:
        """Let every function's AWS calls go to `url`."""
        client = self.engine.aws.client("lambda")
        for function in self.functions.values():
            known = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
            client.update_function_configuration(
                FunctionName=function,
                Timeout=TIMEOUT_SECONDS,
                Environment={"Variables": {**known, "AWS_ENDPOINT_URL": url}},
            )
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            if ":sqs:" in mapping["EventSourceArn"]:
                client.update_event_source_mapping(
                    UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": CONCURRENCY}
                )

    @property
    def functions(self) -> dict[str, str]:
        """Physical names of the functions by their names in the template."""
        return {logical: self.names[logical] for logical in FUNCTIONS}

    @property
    def queues(self) -> dict[str, str]:
        """URLs of the queues, dead letters included, by their names in the template."""
        return {name: url for name, url in self.names.items() if url.startswith("http")}

    def waiting(self, *, dead: bool) -> int:
        """Messages in all queues, or in all places of dead letters, whether hidden or not."""
        sqs = self.engine.aws.client("sqs")
        total = 0
        for name, url in self.queues.items():
            if name.endswith("DeadLetters") is dead:
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
                total += sum(
                    int(value) for key, value in answer.items() if key.startswith("ApproximateNumber")
                )
        return total

    def restart(self) -> None:
        """Stop cleanly and start again on the kept state and the same ports. Raises EngineLostError."""
        settings = self.engine.settings
        self.stop()
        self.engine = EngineProcess(settings)
        self.installation.engine = self.engine
        httpx.put(
            f"{self.engine.base_url}/_dev/front", json={"api_id": self._api_id}, trust_env=False
        ).raise_for_status()

    def stop(self) -> None:
        """Stop the engine cleanly. Raises EngineLostError if it had to be killed."""
        self.engine.abandon()  # stops it cleanly as well, and a busy machine takes longer than stop() waits
        with suppress(NeverHappenedError):
            wait_for(lambda: self.engine._process.poll() is not None, timeout=STOP_SECONDS)
        self.engine.stop()
        if self.engine._process.returncode == -signal.SIGKILL:
            raise EngineLostError("the engine did not stop in time and had to be killed")

    def sweep(self) -> None:
        """One minute's sweep of the clocks, as their schedule would start it."""
        self.engine.aws.client("lambda").invoke(
            FunctionName=self.functions["WatchClocks"], InvocationType="RequestResponse", Payload=b"{}"
        )

    def redrive(self) -> int:
        """Send all dead letters home through the API; how many went."""
        moved = 0
        for place in self.installation.api.get("/v1/dead-letters")["dead_letters"]:
            if place["messages"]:
                path = f"/v1/dead-letters/{place['id']}/redrive"
                answer = self.installation.api.post(path, {"at_most": 100})
                moved += answer["moved"] + answer["looks"] + answer["dropped"]
        return moved

    def kill_busiest(self, function: str) -> str:
        """Kill the worker of this function that does most just now, or of any function if it has none.

        Returns the function of the one that was killed; empty if there was no worker at all.
        """
        before = {pid: _ticks(pid) for pid, _ in self._workers()}
        time.sleep(_BUSY_SECONDS)
        busy = sorted(
            self._workers(),
            key=lambda one: (one[1] != function, before.get(one[0], 0) - _ticks(one[0])),
        )
        for pid, found in busy:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return found
        return ""

    def has_workers(self) -> bool:
        """Whether there is a worker to kill."""
        return next(self._workers(), None) is not None

    def _workers(self) -> Iterator[tuple[int, str]]:
        """Children of our own engine process that run a function, by pid."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent != self.engine.pid:
                    continue
                environment = (entry / "environ").read_bytes().split(b"\0")
                for item in environment:
                    if item.startswith(b"AWS_LAMBDA_FUNCTION_NAME="):
                        physical = item.partition(b"=")[2].decode()
                        yield int(entry.name), self._logical(physical)

    def _logical(self, physical: str) -> str:
        return next((name for name, other in self.names.items() if other == physical), physical)

    def _resources(self) -> Iterator[tuple[str, str]]:
        pages = self.engine.aws.client("cloudformation").describe_stack_resources(StackName=STACK)
        for resource in pages["StackResources"]:
            yield resource["LogicalResourceId"], resource["PhysicalResourceId"]

    def _shorten(self, logical: str, url: str) -> None:
        sqs = self.engine.aws.client("sqs")
        seconds = VISIBILITY.get(logical, OTHERS)
        known = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
        redrive = {**json.loads(known["RedrivePolicy"]), "maxReceiveCount": TRIES}
        sqs.set_queue_attributes(
            QueueUrl=url,
            Attributes={"VisibilityTimeout": str(seconds), "RedrivePolicy": json.dumps(redrive)},
        )

    def table(self) -> Any:
        """The DynamoDB client of the engine, past the proxy."""
        return self.engine.aws.client("dynamodb")


def _ticks(pid: int) -> int:
    """Processor time of a process so far; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
