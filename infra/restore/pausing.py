"""Pause and resume: while nobody reads the queues, what senders say waits there and falls into no gap.

The stream goes on: what has been changed is still announced, and so archived. So does the door.
"""

from collections.abc import Callable
from typing import Any

from infra.local.waiting import NeverHappenedError, wait_for
from infra.restore.stack import MAPPING, SCHEDULE, RestoreError, Stack

Tell = Callable[[str], None]

SWITCH_SECONDS = 300.0
"""How long Lambda may take to switch a mapping: usually less than one minute."""
BACKLOG_SECONDS = 1_800.0
"""How long the clocks wait for what has gathered in the event queue: a storm of 100,000 alerts is through in
some minutes."""


def pause(stack: Stack, *, tell: Tell) -> None:
    """Nobody reads a queue, no clock ticks, until `resume`. Again is no error."""
    _tick(stack, "DISABLED")
    tell("the clocks stand still")
    _read_queues(stack, on=False)
    tell("the queues are not read; what senders say waits there, for four days at most")


def resume(stack: Stack, *, tell: Tell) -> None:
    """Queues first; the clocks start once the events that have gathered are worked off.

    Before that they would take alerts for quiet whose news only waits. Again is no error.
    """
    _read_queues(stack, on=True)
    tell("the queues are read")
    try:
        wait_for(
            lambda: not _waiting(stack), timeout=BACKLOG_SECONDS, what="an empty event queue", interval=2.0
        )
    except NeverHappenedError as error:
        raise RestoreError(
            str(error),
            remedy="the clocks still stand: see EventAgeAlarm in docs/runbook.md, then resume again",
        ) from error
    _tick(stack, "ENABLED")
    tell("the event queue is empty; the clocks tick")


def _read_queues(stack: Stack, *, on: bool) -> None:
    """Switch every reader of a queue, and wait until it is so."""
    client = stack.clients.client("lambda")
    wanted = "Enabled" if on else "Disabled"
    readers = [one for one in map(_mapping(client), stack.of_type(MAPPING).values()) if _reads_queue(one)]
    for one in readers:
        if one["State"] != wanted:
            client.update_event_source_mapping(UUID=one["UUID"], Enabled=on)
    for one in readers:
        wait_for(
            lambda uuid=one["UUID"]: _mapping(client)(uuid)["State"] == wanted,  # type: ignore[misc]
            timeout=SWITCH_SECONDS,
            what=f"{wanted.lower()}: {one['EventSourceArn'].rpartition(':')[2]}",
            interval=0.5,
        )


def _mapping(client: Any) -> Callable[[str], dict[str, Any]]:
    def get(uuid: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get_event_source_mapping(UUID=uuid)
        return found

    return get


def _reads_queue(mapping: dict[str, Any]) -> bool:
    return ":sqs:" in mapping["EventSourceArn"]


def _tick(stack: Stack, state: str) -> None:
    """EventBridge Scheduler has no call that changes the state alone."""
    client = stack.clients.client("scheduler")
    for name in stack.of_type(SCHEDULE).values():
        known = client.get_schedule(Name=name)
        kept = (
            "Name",
            "GroupName",
            "Description",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "StartDate",
            "EndDate",
            "FlexibleTimeWindow",
            "KmsKeyArn",
            "ActionAfterCompletion",
            "Target",
        )
        client.update_schedule(**{part: known[part] for part in kept if part in known}, State=state)


def _waiting(stack: Stack) -> int:
    """Events that wait or are worked on just now."""
    counts = stack.clients.client("sqs").get_queue_attributes(
        QueueUrl=stack.output("EventQueueUrl"),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(value) for value in counts.values())
