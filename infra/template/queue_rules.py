"""Rules about queues: nothing is lost, nothing fails unseen, and one bad message harms no other."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.template.reading import (
    ALARM,
    QUEUE,
    QUEUE_POLICY,
    RULE,
    Template,
    listed,
    one_of,
    referenced,
)

LEAST_TRIES = 10
"""Throttling counts as a receive, so a good message needs room for several (design, section 2)."""

VISIBILITY_FACTOR = 6
"""AWS Lambda guide, "Using Lambda with Amazon SQS": six times the timeout, plus the batching window."""

_DEFAULT_RETENTION = 345_600
_DEFAULT_VISIBILITY = 30
_DEFAULT_TIMEOUT = 3


def partial_failures_reported(template: Template) -> Iterator[str]:
    """Every batch reports which of its items failed; else one bad item brings its neighbours back."""
    for event in template.events():
        if event.kind in ("SQS", "DynamoDB") and "ReportBatchItemFailures" not in listed(
            event.properties.get("FunctionResponseTypes")
        ):
            yield f"{event.where}: add FunctionResponseTypes: [ReportBatchItemFailures]"


def mappings_have_own_concurrency(template: Template) -> Iterator[str]:
    """Every queue has its own maximum concurrency: a full lane never takes the calls of another."""
    for event in template.events():
        if event.kind == "SQS" and "MaximumConcurrency" not in event.properties.get("ScalingConfig", {}):
            yield f"{event.where}: add ScalingConfig: MaximumConcurrency"


def readers_may_hand_back(template: Template) -> Iterator[str]:
    """Who reads a queue may shorten the wait of what failed (leitplanke.edge.redelivery)."""
    for event in template.events():
        if event.kind == "SQS" and not any(
            "sqs:ChangeMessageVisibility" in listed(statement.get("Action"))
            and event.source in referenced(statement.get("Resource"))
            for statement in template.statements(event.function)
        ):
            yield f"{event.function}: allow sqs:ChangeMessageVisibility on {event.source}"


def queues_have_dead_letters(template: Template) -> Iterator[str]:
    """Every queue that a function reads sets aside, after enough tries, what cannot be handled."""
    queues = template.of_type(QUEUE)
    for name in _read_queues(template):
        policy = queues[name].get("RedrivePolicy", {})
        if _dead_letters_of(queues[name]) not in queues:
            yield f"{name}: add a RedrivePolicy with a dead-letter queue of this template"
        elif policy.get("maxReceiveCount", 0) < LEAST_TRIES:
            yield f"{name}: maxReceiveCount is below {LEAST_TRIES}"


def dead_letters_keep_longer(template: Template) -> Iterator[str]:
    """A message keeps its first enqueue time when it is set aside, so its new queue must keep longer."""
    queues = template.of_type(QUEUE)
    for name, properties in queues.items():
        dead_letters = _dead_letters_of(properties)
        if dead_letters in queues and _retention(queues[dead_letters]) <= _retention(properties):
            yield f"{dead_letters}: MessageRetentionPeriod must be longer than that of {name}"


def visibility_fits_timeout(template: Template) -> Iterator[str]:
    """A batch that waits for its turn must not be handed out a second time meanwhile."""
    queues, functions = template.of_type(QUEUE), template.functions()
    for event in template.events():
        if event.kind != "SQS" or event.source not in queues:
            continue
        timeout = functions[event.function].get("Timeout", _DEFAULT_TIMEOUT)
        window = event.properties.get("MaximumBatchingWindowInSeconds", 0)
        needed = VISIBILITY_FACTOR * timeout + window
        if queues[event.source].get("VisibilityTimeout", _DEFAULT_VISIBILITY) < needed:
            yield (
                f"{event.source}: VisibilityTimeout must be at least {needed}"
                f" ({VISIBILITY_FACTOR} x {event.function}'s {timeout} s + {window} s window)"
            )


def queues_have_alarms(template: Template) -> Iterator[str]:
    """A read queue has an alarm on its oldest message, any other (it holds dead letters) on any message."""
    watched = {
        (alarm.get("MetricName"), queue)
        for alarm in template.of_type(ALARM).values()
        for queue in referenced(alarm.get("Dimensions"))
    }
    read = _read_queues(template)
    for name in template.of_type(QUEUE):
        metric = "ApproximateAgeOfOldestMessage" if name in read else "ApproximateNumberOfMessagesVisible"
        if (metric, name) not in watched:
            yield f"{name}: add an alarm on {metric}"


def deliveries_have_dead_letters(template: Template) -> Iterator[str]:
    """What a rule, a schedule or the stream cannot deliver is kept, and may be put where it is kept."""
    allowed = {
        queue
        for policy in template.of_type(QUEUE_POLICY).values()
        for queue in referenced(policy.get("Queues"))
    }
    for rule, properties in template.of_type(RULE).items():
        for target in properties.get("Targets", []):
            dead_letters = one_of(target.get("DeadLetterConfig"))
            if dead_letters is None:
                yield f"{rule}: target {target['Id']} has no DeadLetterConfig"
            for queue in (one_of(target.get("Arn")), dead_letters):
                if queue in template.of_type(QUEUE) and queue not in allowed:
                    yield f"{rule}: no queue policy lets EventBridge send to {queue}"
    for event in template.events():
        if event.kind in ("Schedule", "ScheduleV2") and "DeadLetterConfig" not in event.properties:
            yield f"{event.where}: add a DeadLetterConfig"
        if event.kind == "DynamoDB" and "OnFailure" not in event.properties.get("DestinationConfig", {}):
            yield f"{event.where}: add DestinationConfig: OnFailure"


def _read_queues(template: Template) -> list[str]:
    """Queues that are worked off: every one that is not itself a place for dead letters."""
    queues = template.of_type(QUEUE)
    read = {event.source for event in template.events() if event.kind == "SQS"}
    set_aside = {_dead_letters_of(properties) for properties in queues.values()}
    return [
        name
        for name in queues
        if name in read or (name not in set_aside and not name.endswith("DeadLetters"))
    ]


def _dead_letters_of(queue: Mapping[str, Any]) -> str | None:
    return one_of(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))


def _retention(queue: Mapping[str, Any]) -> int:
    seconds: int = queue.get("MessageRetentionPeriod", _DEFAULT_RETENTION)
    return seconds
