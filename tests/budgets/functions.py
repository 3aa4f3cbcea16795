"""The functions' handlers in one process: their environment, and what is replaced in them to play time."""

import random
import types
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from functions.correlate_alerts import handler as correlate_alerts
from functions.detect_recurrence import handler as detect_recurrence
from functions.notify_responders import handler as notify_responders
from functions.publish_changes import handler as publish_changes
from functions.receive_events import handler as receive_events
from functions.route_incidents import handler as route_incidents
from functions.serve_api import handler as serve_api
from functions.serve_api import integrations as api_integrations
from functions.update_board import handler as update_board
from functions.watch_clocks import handler as watch_clocks
from leitplanke.domain.notifications import Message
from leitplanke.edge import clients, clock, ids
from leitplanke.edge.settings import settings
from leitplanke.usecases import notify_responders as telling

HANDLERS: Mapping[str, types.ModuleType] = {
    "receive_events": receive_events,
    "correlate_alerts": correlate_alerts,
    "publish_changes": publish_changes,
    "route_incidents": route_incidents,
    "detect_recurrence": detect_recurrence,
    "update_board": update_board,
    "notify_responders": notify_responders,
    "watch_clocks": watch_clocks,
    "serve_api": serve_api,
}
BUS = "leitplanke"
_QUEUES = {
    "EVENT_QUEUE_URL": "EventQueue",
    "ROUTING_QUEUE_URL": "RoutingQueue",
    "CLOCK_QUEUE_URL": "ClockQueue",
    "STREAM_DEAD_LETTERS_URL": "StreamDeadLetters",
}


def forget_all() -> None:
    """Every process ends; the next ones know nothing."""
    for module in HANDLERS.values():
        for name, value in vars(module).items():
            if name.startswith("_") and hasattr(value, "cache_clear"):
                value.cache_clear()
    watch_clocks._POLICIES.clear()
    settings.cache_clear()
    clients.forget_clients()


def set_environment(patch: pytest.MonkeyPatch, *, url: str, table_name: str) -> None:
    """What the template gives them."""
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": table_name,
        "BUS_NAME": BUS,
        "PUBLIC_URL": "https://leitplanke.example",
        "LOG_LEVEL": "CRITICAL",
        **{name: f"https://sqs.example/000000000000/{queue}" for name, queue in _QUEUES.items()},
    }.items():
        patch.setenv(name, value)


def replace(
    patch: pytest.MonkeyPatch, *, now: Callable[[], datetime], told: Callable[[], None], seed: int
) -> None:
    """The clock, the source of ids, the pool of notifications, and the last step to a channel."""
    dice = random.Random(seed)
    chance = types.SimpleNamespace(choice=dice.choice, randbelow=dice.randrange)
    # A sender's key decides in which shard its alerts lie, so how many are asked: no other draw moves it.
    keys = types.SimpleNamespace(randbelow=random.Random(f"{seed}/keys").randrange)

    def uuid4() -> UUID:
        return UUID(int=dice.getrandbits(128), version=4)

    class Channels:
        """Resolves the address as the real one does; the call itself is only counted."""

        def __init__(self, secrets: Any) -> None:
            self._secrets = secrets

        def send(self, reference: str, _message: Message) -> None:
            self._secrets.resolve(reference)
            told()

    patch.setattr(clock, "now", now)
    patch.setattr(ids, "secrets", chance)
    patch.setattr(api_integrations, "secrets", keys)
    patch.setattr(receive_events, "uuid4", uuid4)
    patch.setattr(watch_clocks, "uuid4", uuid4)
    patch.setattr(telling, "ThreadPoolExecutor", _OneByOne)
    patch.setattr(notify_responders, "Channels", Channels)


class Context:
    """What Lambda says about an invocation."""

    function_name = memory_limit_in_mb = aws_request_id = invoked_function_arn = "budget"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class _OneByOne:
    """A pool of one: the recorder is exact for one thread."""

    def __init__(self, _workers: int) -> None: ...

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Any, items: Any) -> list[Any]:
        """As the real one does, in this thread."""
        return [work(item) for item in items]

    def submit(self, work: Any, *given: Any) -> "Future[Any]":
        """As the real one does, in this thread."""
        done: Future[Any] = Future()
        done.set_result(work(*given))
        return done


def sqs_record(ident: str, body: str, sent_at: datetime) -> dict[str, Any]:
    """A message as Lambda hands it over."""
    return {
        "messageId": ident,
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(sent_at.timestamp() * 1000)),
        },
    }


def http_request(method: str, path: str, headers: Mapping[str, str], body: str | None) -> dict[str, Any]:
    """A request as the gateway hands it over (payload format 2.0)."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": dict(headers),
        "requestContext": {
            "stage": "$default",
            "requestId": "r-1",
            "http": {"method": method, "path": path},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    return event
