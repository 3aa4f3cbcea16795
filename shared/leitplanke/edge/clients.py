"""AWS clients, built once per process when first asked for, never at import.

botocore's session directly: boto3 adds 60-100 ms to a cold start and nothing that we use. Time-outs are
chosen against who waits. Somebody waits at the door and at the API (Prometheus gives up after 10 s); a queue
consumer is only waited for by its queue's visibility time-out.
"""

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


class Patience(Enum):
    """How long one call may take: (connect seconds, read seconds, attempts in all).

    Between two attempts lies up to a second (botocore, retry mode "standard").
    """

    DOOR = (0.5, 1.5, 2)
    """A sender waits: at most 5 s, so that two calls that hang still leave time for an answer."""
    PROMPT = (1.0, 3.0, 2)
    """Somebody waits: at most 9 s, then the caller is told to come again."""
    PATIENT = (2.0, 10.0, 4)
    """A queue waits: throttling should be sat out here rather than by redelivery."""

    @property
    def longest_seconds(self) -> float:
        """How long one call takes at most, pauses included."""
        connect, read, attempts = self.value
        return attempts * (connect + read) + sum(2.0**n for n in range(attempts - 1))


@cache
def dynamodb(patience: Patience = Patience.PATIENT) -> "DynamoDBClient":
    """Amazon DynamoDB; handed to the classes in leitplanke.table, used nowhere else."""
    return cast("DynamoDBClient", _client("dynamodb", patience))


@cache
def sqs(patience: Patience = Patience.PATIENT) -> "SQSClient":
    """Amazon SQS."""
    return cast("SQSClient", _client("sqs", patience))


@cache
def events(patience: Patience = Patience.PATIENT) -> "EventBridgeClient":
    """Amazon EventBridge: the domain bus."""
    return cast("EventBridgeClient", _client("events", patience))


@cache
def ssm(patience: Patience = Patience.PATIENT) -> "SSMClient":
    """AWS Systems Manager: channel secrets kept as parameters."""
    return cast("SSMClient", _client("ssm", patience))


@cache
def secretsmanager(patience: Patience = Patience.PATIENT) -> "SecretsManagerClient":
    """AWS Secrets Manager: channel secrets kept as secrets."""
    return cast("SecretsManagerClient", _client("secretsmanager", patience))


@cache
def cloudwatch(patience: Patience = Patience.PATIENT) -> "CloudWatchClient":
    """Amazon CloudWatch: what AWS measured of functions and queues."""
    return cast("CloudWatchClient", _client("cloudwatch", patience))


def forget_clients() -> None:
    """Drop all cached clients, so that the next ones see the current environment (tests, forked workers)."""
    for builder in (_session, dynamodb, sqs, events, ssm, secretsmanager, cloudwatch):
        builder.cache_clear()


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _client(service: str, patience: Patience) -> Any:
    connect, read, attempts = patience.value
    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
    return _session().create_client(service, config=config)
