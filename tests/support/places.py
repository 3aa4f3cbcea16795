"""Queues with dead letters, as a function is told of them."""

import json
from typing import TYPE_CHECKING

from leitplanke.domain.dead_letters import KINDS, Home

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Places:
    """Real queues, as the function is told of them."""

    def __init__(self, sqs: "SQSClient", names: list[str]) -> None:
        self.sqs = sqs
        self.urls = {
            name: [
                sqs.create_queue(QueueName=f"test-{name}-{end}")["QueueUrl"]
                for end in (("dead", "queue") if KINDS[name].home is Home.QUEUE else ("dead",))
            ]
            for name in names
        }

    def fill(self, name: str, *bodies: object, **attributes: str) -> None:
        """Put messages into a place."""
        for body in bodies:
            self.sqs.send_message(
                QueueUrl=self.urls[name][0],
                MessageBody=body if isinstance(body, str) else json.dumps(body),
                MessageAttributes={
                    key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
                },
            )

    def arrived(self, name: str) -> list[str]:
        """What is in the queue that messages of a place go home to."""
        found: list[str] = []
        url = self.urls[name][1]
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    def delete(self) -> None:
        for urls in self.urls.values():
            for url in urls:
                self.sqs.delete_queue(QueueUrl=url)
