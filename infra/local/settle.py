"""Bringing the engine to rest, so that the state it writes is one consistent picture.

The engine writes service after service while its pollers still run: a message taken after the queues were
written and before the table was would be lost. So before the write, in this order:

    no new work     the poll loop is stopped between two passes
    finish          invocations that have begun end (bounded; a queue message of one that does not comes back)
    drain           the table stream is read to its end: its records do not survive the stop
    no invocations  whatever still fires is refused
    hand back       messages nobody will finish any more become visible again
    forget          how far the stream was read: its records are not kept, so after a restart the old position
                    would skip new ones until as many had come

These are the engine's own functions by name, hence its exact pin; `tests/flow/test_engine_restart.py` is what
notices when one of them moves.
"""

import logging
import time
from typing import Any

from infra.local.pollers import Gate
from infra.local.waiting import NeverHappenedError, wait_for

_log = logging.getLogger("leitplanke.local")

FINISH_SECONDS = 10.0
DRAIN_SECONDS = 5.0


def settle(gate: Gate) -> None:
    """Bring pollers, invocations and stream to rest. Blocks; call from a thread, servers still open."""
    from ministack.services import lambda_svc  # type: ignore[import-untyped]  # noqa: PLC0415

    gate.shut()
    try:
        wait_for(gate.nothing_passes, timeout=FINISH_SECONDS, what="the last pass of the pollers")
        wait_for(lambda: _idle(lambda_svc), timeout=FINISH_SECONDS, what="the end of running invocations")
    except NeverHappenedError as error:
        _log.warning("stopping anyway: %s", error)
    else:
        _drain_stream(lambda_svc)
    lambda_svc._acquire_execution_slot = lambda *_: (None, "account")
    _hand_back_messages()
    lambda_svc._dynamodb_stream_positions._data.clear()


def kill_workers() -> None:
    """End every worker process. Their folders go with the scratch folder, after the state is safe."""
    from ministack.core import lambda_runtime  # type: ignore[import-untyped]  # noqa: PLC0415

    for pool in lambda_runtime._workers.values():
        for worker in pool:
            worker._tmpdir = None
    lambda_runtime.reset()


def _idle(lambda_svc: Any) -> bool:
    total, _ = lambda_svc.executions_in_flight()
    return total == 0 and not lambda_svc._esm_inflight


def _drain_stream(lambda_svc: Any) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while lambda_svc._poll_dynamodb_streams():
        if time.monotonic() > deadline:
            _log.warning("stream not read to its end; the reconciler will publish the rest")
            return


def _hand_back_messages() -> None:
    from ministack.services import sqs  # noqa: PLC0415

    now = time.time()
    for queue in sqs._queues._data.values():
        for message in queue["messages"]:
            if message["receive_count"] > 0:
                message["visible_at"] = min(message["visible_at"], now)
