"""The functions' processes: their environment, their caches, and what is replaced in them to play time.

Each function is its real handler. Replaced are: the clock, the source of ids (seeded), botocore's pauses, and
the last step to a channel, which keeps what it is told instead of opening a connection.
"""

import os
import random
import types
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import botocore.endpoint
import botocore.loaders
from botocore import UNSIGNED
from botocore.config import Config

from functions.correlate_alerts import handler as correlate_alerts
from functions.detect_recurrence import handler as detect_recurrence
from functions.notify_responders import handler as notify_responders
from functions.publish_changes import handler as publish_changes
from functions.receive_events import handler as receive_events
from functions.route_incidents import handler as route_incidents
from functions.serve_api import handler as serve_api
from functions.serve_api import integrations as api_integrations
from functions.serve_api.app import the_app
from functions.serve_board import handler as serve_board
from functions.serve_board.app import the_app as the_board
from functions.update_board import handler as update_board
from functions.watch_clocks import handler as watch_clocks
from leitplanke.domain.notifications import Message
from leitplanke.domain.policy import load_policy
from leitplanke.edge import clients, clock, ids, queues
from leitplanke.edge.settings import settings
from leitplanke.table import policies
from leitplanke.usecases import manage_policy
from leitplanke.usecases import notify_responders as telling
from tests.crash.calls import Recorder
from tests.crash.engine import TABLE

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
    "serve_board": serve_board,
}
ENDPOINT = "http://127.0.0.1:9"
"""Where nothing listens: a call that slipped past the recorder would fail."""
SESSION_KEY = "the key of sessions, which is nobody's but the board's"
QUEUES = ("EventQueue", "RoutingQueue", "ClockQueue", "StreamDeadLetters")
_VARIABLES = ("EVENT_QUEUE_URL", "ROUTING_QUEUE_URL", "CLOCK_QUEUE_URL", "STREAM_DEAD_LETTERS_URL")

_LOADER = botocore.loaders.create_loader()
"""Reads botocore's descriptions of services once; what they say does not depend on any process."""

Send = Callable[[str, Message], None]


class Processes:
    """Starts all functions with this recorder behind their clients."""

    def __init__(self, recorder: Recorder, *, now: Callable[[], datetime], send: Send, seed: int) -> None:
        self._recorder = recorder
        _set_environment()
        _replace(now, random.Random(seed), send)
        settings.cache_clear()
        for name in HANDLERS:
            self.end(name)

    def call(self, function: str, event: Mapping[str, Any]) -> Any:
        """One invocation. Raises what the handler raises, or ProcessDiedError."""
        self._recorder.function = function
        try:
            return HANDLERS[function].handler(event, _Context())
        finally:
            self._recorder.function = None

    def end(self, function: str) -> None:
        """The process of this function ends: the next invocation starts a new one, which knows nothing."""
        for value in vars(HANDLERS[function]).values():
            if isinstance(value, types.FunctionType) or not hasattr(value, "cache_clear"):
                continue
            value.cache_clear()
        watch_clocks._POLICIES.clear()
        if function == "serve_api":
            the_app.cache_clear()
        if function == "serve_board":
            the_board.cache_clear()
        clients.forget_clients()
        session = clients._session()
        session.register_component("data_loader", _LOADER)
        session.set_default_client_config(Config(signature_version=UNSIGNED))  # nobody here checks signatures
        self._recorder.attach(session)


class _Context:
    """What Lambda says about an invocation."""

    function_name = memory_limit_in_mb = aws_request_id = invoked_function_arn = "crash"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class _OneByOne:
    """A pool of one, so that calls have an order that can be numbered. A death goes through it at once."""

    def __init__(self, _workers: int) -> None: ...

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, work: Callable[[Any], Any], items: Any) -> list[Any]:
        """As the real one does, in this thread."""
        return [work(item) for item in items]

    def submit(self, work: Callable[..., Any], *given: Any) -> "Future[Any]":
        """As the real one does, in this thread."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given))
        except Exception as error:
            done.set_exception(error)
        return done


def _set_environment() -> None:
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": ENDPOINT,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "TABLE_NAME": TABLE,
            "BUS_NAME": "leitplanke",
            "PUBLIC_URL": "https://leitplanke.example",
            "JWT_ISSUER": "https://id.example",
            "JWT_AUDIENCE": "leitplanke",
            "CLIENT_ID": "board",
            "SESSION_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:sessions",
            "LOG_LEVEL": "CRITICAL",
            **{
                name: f"{ENDPOINT}/000000000000/{queue}"
                for name, queue in zip(_VARIABLES, QUEUES, strict=True)
            },
        }
    )


def _replace(now: Callable[[], datetime], dice: random.Random, send: Send) -> None:
    def uuid4() -> UUID:
        return UUID(int=dice.getrandbits(128), version=4)

    chance = types.SimpleNamespace(choice=dice.choice, randbelow=dice.randrange)
    clock.now = now
    _put(ids, "secrets", chance)
    _put(api_integrations, "secrets", chance)
    _put(receive_events, "uuid4", uuid4)
    _put(watch_clocks, "uuid4", uuid4)
    _put(botocore.endpoint, "time", types.SimpleNamespace(sleep=_do_not_wait))
    _put(telling, "ThreadPoolExecutor", _OneByOne)
    if queues.send_all.__kwdefaults__ is not None:
        queues.send_all.__kwdefaults__["sleep"] = _do_not_wait
    # Compiling a policy takes most of a cold start and depends on its text alone.
    compiled = lru_cache(load_policy)
    _put(policies, "load_policy", compiled)
    _put(manage_policy, "load_policy", compiled)

    class Channels:
        """Resolves the address as the real one does, then hands over."""

        def __init__(self, secrets: Any) -> None:
            self._secrets = secrets

        def send(self, reference: str, message: Message) -> None:
            self._secrets.resolve(reference)
            send(reference, message)

    _put(notify_responders, "Channels", Channels)


def _put(where: types.ModuleType, name: str, what: object) -> None:
    """Replace what a module has imported; a name that it no longer has is an error here, not a silent gap."""
    if not hasattr(where, name):
        raise AttributeError(f"{where.__name__} has no {name} any more")
    setattr(where, name, what)


def _do_not_wait(_seconds: float) -> None:
    """Time is played."""
