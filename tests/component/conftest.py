"""One engine for all component tests, nothing deployed; each test gets a table as the template says."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.aws import Aws
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.template import load_template, table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """AWS on free ports of this machine; nothing deployed."""
    settings = EngineSettings(
        port=0, aws_port=0, state_dir=tmp_path_factory.mktemp("engine"), keep=False, log_level="WARNING"
    )
    with EngineProcess(settings) as process:
        yield process


@pytest.fixture(scope="session")
def aws(engine: EngineProcess) -> Aws:
    """Clients for that engine: `aws.client("sqs")`."""
    return engine.aws


@pytest.fixture(scope="session")
def dynamodb(aws: Aws) -> "DynamoDBClient":
    client: DynamoDBClient = aws.client("dynamodb")
    return client


@pytest.fixture(scope="session")
def sqs(aws: Aws) -> "SQSClient":
    client: SQSClient = aws.client("sqs")
    return client


@pytest.fixture(scope="session")
def events(aws: Aws) -> "EventBridgeClient":
    client: EventBridgeClient = aws.client("events")
    return client


@pytest.fixture(scope="session")
def _definition() -> dict[str, Any]:
    return table_definition(load_template())


@pytest.fixture
def table_name(dynamodb: "DynamoDBClient", _definition: dict[str, Any]) -> Iterator[str]:
    """The name of an empty table with the keys and indexes of template.yaml, gone after the test."""
    name = f"leitplanke-{next(_numbers)}"
    dynamodb.create_table(TableName=name, **_definition)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture(scope="module")
def shared_table_name(dynamodb: "DynamoDBClient", _definition: dict[str, Any]) -> Iterator[str]:
    """A table for a whole module of tests that each keep to themselves (see tests.support.desk)."""
    name = f"leitplanke-{next(_numbers)}"
    dynamodb.create_table(TableName=name, **_definition)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def queue_url(sqs: "SQSClient") -> Iterator[str]:
    """An empty standard queue, gone after the test."""
    url = sqs.create_queue(QueueName=f"queue-{next(_numbers)}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)
