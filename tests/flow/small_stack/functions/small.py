"""The functions of the small stack. Clients are made per call: calls are few, and a cache needs thought."""

import json
import os
from typing import Any

import boto3

VERSION = "first"


def store(event: dict[str, Any], _: object) -> dict[str, Any]:
    """POST /items: put the body's name into the first queue; say which code and which public URL answered."""
    name = json.loads(event["body"])["name"]
    boto3.client("sqs").send_message(QueueUrl=os.environ["IN_URL"], MessageBody=name)
    answer = {"name": name, "version": VERSION, "public_url": os.environ["PUBLIC_URL"], "pid": os.getpid()}
    return {"statusCode": 202, "body": json.dumps(answer)}


def keep(event: dict[str, Any], _: object) -> None:
    """Each message becomes a row."""
    table = boto3.client("dynamodb")
    for record in event["Records"]:
        table.put_item(TableName=os.environ["TABLE_NAME"], Item={"pk": {"S": record["body"]}})


def publish(event: dict[str, Any], _: object) -> None:
    """Each new row becomes a message on the last queue."""
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        name = record["dynamodb"]["NewImage"]["pk"]["S"]
        sqs.send_message(QueueUrl=os.environ["OUT_URL"], MessageBody=name)
