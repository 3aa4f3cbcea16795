"""Places of dead letters in SQS. Which there are comes from the setting `DEAD_LETTERS`, JSON:

{"routing": ["<URL of the dead letters>", "<URL of their queue>"], "stream": ["<URL of the dead letters>"]}

SQS cannot look at a message without receiving it: it is hidden while somebody looks, then released, and its
counter of receives goes up by one.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.dead_letters import KINDS, DeadLetter, Home, Kind
from leitplanke.domain.errors import NotFoundError, UnavailableError
from leitplanke.edge.queues import batches_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HIDDEN_SECONDS = 60
"""How long a message is hidden while somebody works on it: longer than a request may take."""
_WAIT_SECONDS = 1
"""Asks all of SQS's servers. A call that does not wait asks some, and may miss what is there (SQS developer
guide, "Short and long polling")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of dead letters. `queue_url` is None where they are not a queue's."""

    name: str
    kind: Kind
    url: str
    queue_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many messages wait, and how many somebody is working on just now; SQS estimates both."""

    waiting: int
    in_work: int


def places_of(setting: str) -> dict[str, Place]:
    """All places, by name, in the order of the setting. Raises ValueError if it cannot be read."""
    stored: Mapping[str, Sequence[str]] = json.loads(setting) if setting else {}
    if unknown := sorted(set(stored) - set(KINDS)):
        raise ValueError(f"DEAD_LETTERS names {', '.join(unknown)}, which nobody knows")
    return {
        name: Place(
            name=name,
            kind=KINDS[name],
            url=urls[0],
            queue_url=urls[1] if KINDS[name].home is Home.QUEUE else None,
        )
        for name, urls in stored.items()
    }


class DeadLetters:
    """All places of dead letters. The client is built when first needed."""

    def __init__(self, places: Mapping[str, Place], client: "Callable[[], SQSClient]") -> None:
        self.places = places
        self._client = client

    def box(self, name: str) -> "DeadLetterBox":
        """The place of this name. Raises NotFoundError."""
        if name not in self.places:
            raise NotFoundError("place of dead letters", name)
        return DeadLetterBox(self.places[name], self._client())

    def boxes(self) -> Iterator["DeadLetterBox"]:
        """Every place."""
        return (self.box(name) for name in self.places)


class DeadLetterBox:
    """One place of dead letters. Every method raises UnavailableError if SQS refuses."""

    def __init__(self, place: Place, client: "SQSClient") -> None:
        self.place = place
        self._client = client

    def counts(self) -> Counts:
        """How many there are; one call."""
        return self._counts(self.place.url)

    def queue_counts(self) -> Counts | None:
        """How many wait in the queue that they came from, None where there is none; one call."""
        return None if self.place.queue_url is None else self._counts(self.place.queue_url)

    def _counts(self, url: str) -> Counts:
        with _translated():
            answer = self._client.get_queue_attributes(
                QueueUrl=url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )
        found = answer["Attributes"]
        return Counts(
            waiting=int(found["ApproximateNumberOfMessages"]),
            in_work=int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    def look(self, at_most: int) -> list[DeadLetter]:
        """Up to so many messages, oldest first, which stay where they are. Two calls for each ten."""
        seen: dict[str, DeadLetter] = {}
        try:
            while len(seen) < at_most:
                letters = self.receive(min(10, at_most - len(seen)))
                if not letters:
                    break
                seen.update((letter.message_id, letter) for letter in letters)
        finally:
            self.release(list(seen.values()))
        return sorted(seen.values(), key=lambda letter: letter.sent_at)

    def receive(self, at_most: int) -> list[DeadLetter]:
        """Up to so many messages (at most 10), hidden from others meanwhile; one call."""
        with _translated():
            answer = self._client.receive_message(
                QueueUrl=self.place.url,
                MaxNumberOfMessages=at_most,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        return [_letter(message) for message in answer.get("Messages", [])]

    def send_home(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        """Store them in their queue, as they were first sent; returns those that are stored."""
        if self.place.queue_url is None:
            raise TypeError(f"dead letters of {self.place.name} have no queue to go to")
        stored: list[DeadLetter] = []
        left = list(letters)
        for bodies in batches_of(letter.body for letter in letters):
            group, left = left[: len(bodies)], left[len(bodies) :]
            with _translated():
                answer = self._client.send_message_batch(
                    QueueUrl=self.place.queue_url,
                    Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)],
                )
            refused = {int(failure["Id"]) for failure in answer.get("Failed", [])}
            stored.extend(letter for n, letter in enumerate(group) if n not in refused)
        return stored

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Take them away; ten a call. One that stays comes again later, and is then sent home twice."""
        for start in range(0, len(letters), 10):
            with _translated():
                self._client.delete_message_batch(
                    QueueUrl=self.place.url,
                    Entries=[
                        {"Id": str(n), "ReceiptHandle": letter.handle}
                        for n, letter in enumerate(letters[start : start + 10])
                    ],
                )

    def release(self, letters: Sequence[DeadLetter]) -> None:
        """Let others see them again; ten a call. If that fails they come back by themselves."""
        for start in range(0, len(letters), 10):
            with _translated():
                self._client.change_message_visibility_batch(
                    QueueUrl=self.place.url,
                    Entries=[
                        {"Id": str(n), "ReceiptHandle": letter.handle, "VisibilityTimeout": 0}
                        for n, letter in enumerate(letters[start : start + 10])
                    ],
                )


def _letter(message: "MessageTypeDef") -> DeadLetter:
    system = message.get("Attributes", {})
    first = system.get("ApproximateFirstReceiveTimestamp")
    return DeadLetter(
        message_id=message["MessageId"],
        body=message["Body"],
        received=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=_moment(system["SentTimestamp"]),
        first_received_at=_moment(first) if first else None,
        handle=message["ReceiptHandle"],
        attributes={
            name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()
        },
    )


def _moment(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, tz=UTC)


@contextmanager
def _translated() -> Iterator[None]:
    """SQS's errors as ours."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(f"the dead letters cannot be reached: {type(error).__name__}") from error
