"""The rights in template.yaml are enough, and no more: the first story, each function limited to its role.

The engine enforces IAM when it is told to. In two places it asks for more than AWS does, see `as_aws_reads`.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from infra.local.aws import Aws
from infra.local.installation import Installation
from infra.local.narrator import Narrator
from infra.local.process import EngineProcess
from infra.local.settings import REGION, EngineSettings
from infra.scenario.scenarios import play
from infra.scenario.story import Story


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of its own, on an engine that enforces IAM; the first story has been told."""
    folder = tmp_path_factory.mktemp("limited")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTH", "true")
        patch.setenv("MINISTACK_AUTOCREATE_AWS_MANAGED", "1")
        engine = EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False))
    with engine, closing(Installation(engine, folder)) as installation:
        installation.open()
        as_aws_reads(engine.aws)
        play("vpn", Story(installation, Narrator(Console(file=StringIO()))))
        yield installation


_BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}


def as_aws_reads(aws: Aws) -> None:
    """Teach the engine rights that it has names of its own for.

    AWS: SendMessageBatch needs sqs:SendMessage, and so on (SQS developer guide, "Amazon SQS API
    permissions"), and BatchExecuteStatement needs dynamodb:PartiQL* (DynamoDB developer guide, "IAM security
    policies with PartiQL"). The engine asks for rights named like the calls, which do not exist on AWS.
    """
    iam = aws.client("iam")
    for role in roles(aws):
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in list(document["Statement"]):
                actions = statement["Action"]
                for action in _BATCHED & ({actions} if isinstance(actions, str) else set(actions)):
                    document["Statement"].append({**statement, "Action": f"{action}Batch"})
                if any("PartiQL" in action for action in statement["Action"]):
                    taught = {"Effect": "Allow", "Action": "dynamodb:BatchExecuteStatement", "Resource": "*"}
                    document["Statement"].append(taught)
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def roles(aws: Aws) -> list[str]:
    """The role of every function."""
    functions = aws.client("lambda").list_functions()["Functions"]
    return [function["Role"].rpartition("/")[2] for function in functions]


def acting_as(aws: Aws, role: str) -> Any:
    """A DynamoDB client with the rights of a function."""
    lent = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{role}", RoleSessionName="test"
    )["Credentials"]
    return boto3.session.Session().client(
        "dynamodb",
        endpoint_url=aws.url,
        region_name=REGION,
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )


def test_people_can_read_everything_that_the_api_offers(limited: Installation) -> None:
    api = limited.api
    incident = api.get("/v1/incidents")["incidents"][0]
    for path in ("", "/timeline", "/why", "/alerts"):
        assert api.get(f"/v1/incidents/{incident['id']}{path}")
    problem = api.get("/v1/problems")["problems"][0]
    for path in ("", "/timeline"):
        assert api.get(f"/v1/problems/{problem['id']}{path}")
    assert api.get("/v1/integrations")["integrations"]
    assert api.has_policy()


def test_people_can_report_and_decide(limited: Installation) -> None:
    api = limited.api
    made = api.post("/v1/incidents", {"title": "Nobody can log in", "service": "vpn"})
    again = api.post("/v1/incidents", {"title": "Still nobody", "service": "vpn"})
    assert again["id"] == made["id"]
    assert api.post(f"/v1/incidents/{made['id']}/restore", {"workaround": "restart"})["changed"]
    assert api.get("/v1/guardrails")["guardrails"]
    assert api.get("/v1/audit")["audit"]


def test_what_the_door_cannot_use_is_in_quarantine(limited: Installation) -> None:
    good, bad = {"labels": {"alertname": "Fine"}}, {"labels": {}}

    limited.api.ingest("/api/v2/alerts", [good, bad], key=limited.key)

    assert limited.api.get("/v1/quarantine")["quarantine"]


def test_dead_letters_can_be_counted_looked_at_and_sent_home(limited: Installation) -> None:
    api = limited.api
    places = api.get("/v1/dead-letters")["dead_letters"]
    assert len(places) == 11
    sqs = limited.engine.aws.client("sqs")
    urls = [url for url in sqs.list_queues()["QueueUrls"] if "DeadLetters" in url]
    for url in urls:
        sqs.send_message(QueueUrl=url, MessageBody='{"detail": {"subject": "incident/nobody"}}')
    for place in places:
        assert len(api.get(f"/v1/dead-letters/{place['id']}")["letters"]) == 1
        assert api.post(f"/v1/dead-letters/{place['id']}/redrive")["left"] == 0


def test_no_function_may_read_or_drop_the_table_as_a_whole(limited: Installation) -> None:
    table = limited.engine.aws.client("dynamodb").list_tables()["TableNames"][0]
    for role in roles(limited.engine.aws):
        with closing(acting_as(limited.engine.aws, role)) as client:
            with pytest.raises(ClientError, match="not authorized to perform: dynamodb:Scan"):
                client.scan(TableName=table)
            with pytest.raises(ClientError, match="not authorized to perform: dynamodb:DeleteTable"):
                client.delete_table(TableName=table)


def test_the_clocks_may_do_all_that_a_round_takes(limited: Installation) -> None:
    client = limited.engine.aws.client("lambda")
    (name,) = (
        function["FunctionName"]
        for function in client.list_functions()["Functions"]
        if "WatchClocks" in function["FunctionName"]
    )

    answer = client.invoke(FunctionName=name, Payload=b'{"tick": true}')

    assert "FunctionError" not in answer, answer["Payload"].read()


def test_no_function_was_refused_anything_in_all_of_the_above(limited: Installation) -> None:
    logs = limited.engine.aws.client("logs")
    lines = [
        line["message"]
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
        for line in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]

    assert lines
    assert [line for line in lines if "is not authorized to perform" in line] == []
