"""A failed message of a real queue is there again after seconds, though its time-out is minutes."""

from typing import TYPE_CHECKING

from infra.local.waiting import wait_for
from leitplanke.edge.redelivery import Failed, come_again_soon

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def test_a_failed_message_is_there_again_long_before_its_time_out(sqs: "SQSClient", queue_url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "361"})
    sqs.send_message(QueueUrl=queue_url, MessageBody="an alert")
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    again = Failed(tries=1, queue_arn=arn, receipt=message["ReceiptHandle"])

    assert come_again_soon([again], sqs=lambda: sqs) == 1
    wait_for(lambda: "Messages" in sqs.receive_message(QueueUrl=queue_url), timeout=30, what="it again")
