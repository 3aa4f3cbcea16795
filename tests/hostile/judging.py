"""What must hold for any request at all, hostile or not. Shared by the corpus and the fuzzer."""

from collections.abc import Iterable, Iterator

from leitplanke.domain.events import Event
from leitplanke.domain.ids import stable_hash
from leitplanke.table import keys
from tests.hostile.cloud import KEY, Answered, Correlated
from tests.hostile.limits import dynamodb_refuses, sqs_refuses
from tests.hostile.senders import Sender

MAX_ANSWER_CHARS = 40_000
"""Twenty reasons at their longest."""
MAX_WRITES = 150
"""Of one request: a hundred refused items a row, and what they cost in bytes."""
STATUSES = {200, 202, 400, 401, 404, 405, 413, 415}
_NOT_READ = {401, 404, 405}
"""No key, no such place: what the body says is nobody's."""


def faults_of(answer: Answered, sender: Sender) -> list[str]:
    """What is wrong with what the door did; nothing in here knows what the request was."""
    return [
        *_faults_of_answer(answer, sender),
        *(f"SQS refuses a message: {why}" for body in answer.messages if (why := sqs_refuses(body))),
        *(f"DynamoDB refuses a row: {why}" for row in answer.kept for why in dynamodb_refuses(row)),
        *_faults_of_kept(answer),
        *(fault for event in answer.events for fault in _unfit_for_people(event)),
    ]


def _faults_of_answer(answer: Answered, sender: Sender) -> Iterator[str]:
    if answer.status not in STATUSES:
        yield f"status {answer.status}"
    if len(answer.body) > MAX_ANSWER_CHARS:
        yield f"an answer of {len(answer.body)} characters"
    try:
        answer.body.encode()
    except UnicodeEncodeError as error:
        yield f"the answer is no UTF-8: {error}"
    for name, value in answer.headers.items():
        if not (value.isprintable() and value.isascii()):
            yield f"header {name} holds {value!r}"
    was_read = answer.status not in _NOT_READ
    if was_read and answer.accepted == bool(answer.refused and not answer.events):
        yield f"status {answer.status} with {len(answer.events)} events and {len(answer.refused)} refused"
    if not answer.accepted and answer.status not in (404, 405):
        yield from sender.faults_of_error(answer)
    if not answer.accepted and answer.messages:
        yield "something was queued, and the sender was told no"
    if answer.writes > MAX_WRITES:
        yield f"{answer.writes} writes for one request"


def _faults_of_kept(answer: Answered) -> Iterator[str]:
    for item in answer.refused:
        if not (item["reason"] and item["remedy"] and item["field"]):
            yield f"kept without field, reason or remedy: {item}"
        if KEY in str(item):
            yield f"the key is in the quarantine: {item}"
    if answer.status in (400, 413, 415) and not answer.refused:
        yield f"status {answer.status}, and nothing is kept"


def _unfit_for_people(event: Event) -> Iterator[str]:
    """Control characters and overrides of direction in what a pager shows."""
    shown = [event.title, event.symptom, *event.labels, *event.labels.values(), *event.annotations]
    for text in [*shown, *event.annotations.values(), *(link.href + link.text for link in event.links)]:
        if not all(character.isprintable() or character in "\n\t" for character in text):
            yield f"not printable: {text[:80]!r}"


def faults_of_correlation(events: Iterable[Event], found: Correlated) -> list[str]:
    """Each accepted event has to be in its alert, or in the quarantine with a reason."""
    return [
        *(f"message {ident} comes again" for ident in found.failed),
        *(fault for event in events for fault in _without_trace(event, found)),
        *(f"DynamoDB refuses a row: {why}" for row in found.kept.values() for why in dynamodb_refuses(row)),
    ]


def _without_trace(event: Event, found: Correlated) -> Iterator[str]:
    alert = found.alerts.get(keys.alert_id(event.integration_id, event.alert_key))
    kept = found.kept.get(stable_hash("event", event.event_id))
    if kept is not None and not all(item["reason"] for item in kept["items"]):
        yield f"{event.alert_key[:40]!r} is kept without a reason"
    if kept is None and (alert is None or alert.alert_key != event.alert_key):
        yield f"{event.alert_key[:40]!r} is neither an alert nor in the quarantine"
