"""Deploying template.yaml to a local engine: the same template, Transform and all, only CodeUri rewritten.

Done again on a kept state, it changes what changed (code, template, ports) and nothing else.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from botocore.exceptions import ClientError

from infra.local.aws import Aws
from infra.local.issuer import AUDIENCE, Issuer
from infra.local.package_code import CodePackage, package_code
from infra.local.settings import REGION
from infra.local.template import TEMPLATE, load_template
from infra.local.waiting import NeverHappenedError, wait_for

STACK = "leitplanke"
BUCKET = "leitplanke-code"
STACK_SECONDS = 90.0


class DeployFailedError(RuntimeError):
    """The stack did not reach its end; the message has the first reason that the engine gave."""


class RunningEngine(Protocol):
    """What a deployment needs to know of an engine: Engine and EngineProcess both have it."""

    @property
    def aws(self) -> Aws: ...
    @property
    def base_url(self) -> str: ...
    @property
    def issuer(self) -> Issuer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was deployed. `outcome`: "created", "updated" or "unchanged"."""

    api_id: str
    table_name: str
    outcome: str


def deploy(
    engine: RunningEngine,
    template_path: Path = TEMPLATE,
    *,
    code: CodePackage | None = None,
    parameters: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Bring the stack to what the working tree says, and lead the base URL to its API.

    `code` is the working tree's if not given; `parameters` come on top of those that every engine needs.
    Raises DeployFailedError, and yaml or OS errors for a template that cannot be read.
    """
    progress("packing the code")
    packed = code or package_code()
    template_url = _upload(engine.aws, packed, load_template(template_path))
    progress("deploying template.yaml")
    outcome = _bring_up(engine, template_url, parameters or {})
    _delete_old_code(engine.aws, packed)
    deployment = Deployment(
        api_id=_physical_id(engine.aws, "HttpApi"),
        table_name=_output(engine.aws, "TableName"),
        outcome=outcome,
    )
    httpx.put(
        f"{engine.base_url}/_dev/front", json={"api_id": deployment.api_id}, trust_env=False
    ).raise_for_status()
    return deployment


def _upload(aws: Aws, code: CodePackage, template: dict[str, Any]) -> str:
    """Code and template into the engine's S3; the template's address. It is too long for a request body."""
    s3 = aws.client("s3")
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    key = _key(code)
    s3.put_object(Bucket=BUCKET, Key=key, Body=code.data)
    uri = f"s3://{BUCKET}/{key}"
    template["Globals"]["Function"]["CodeUri"] = uri
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = uri
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    return f"{aws.url}/{BUCKET}/template.json"


def _key(code: CodePackage) -> str:
    return f"code/{code.digest}.zip"


def _delete_old_code(aws: Aws, current: CodePackage) -> None:
    """What was deployed before is not needed once an update has ended well; until then it is, to go back."""
    s3 = aws.client("s3")
    for item in s3.list_objects_v2(Bucket=BUCKET, Prefix="code/").get("Contents", []):
        if item["Key"] != _key(current):
            s3.delete_object(Bucket=BUCKET, Key=item["Key"])


def _bring_up(engine: RunningEngine, template_url: str, more: Mapping[str, str]) -> str:
    cloudformation = engine.aws.client("cloudformation")
    parameters = {
        "JwtIssuer": engine.issuer.url,
        "JwtAudience": AUDIENCE,
        "PublicUrl": engine.base_url,
        "ArchiveDays": "0",  # the engine's CloudFormation knows no archives, its EventBridge does
        **more,
    }
    request = {
        "StackName": STACK,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    }
    try:
        outcome = _begin(cloudformation, request)
        status = wait_for(
            lambda: _ended(cloudformation), timeout=STACK_SECONDS, what="the end of the deployment"
        )
    except NeverHappenedError as error:
        raise DeployFailedError(str(error)) from error
    except BaseException:
        # Told to stop in the middle. A stack that is kept half-way could never be updated again.
        with suppress(NeverHappenedError):
            wait_for(lambda: _ended(cloudformation), timeout=STACK_SECONDS)
        raise
    if outcome != "unchanged" and status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployFailedError(f"{status}: {_first_reason(cloudformation)}")
    return outcome


def _begin(cloudformation: Any, request: dict[str, Any]) -> str:
    """Create or update, whichever it takes; what that will have done."""
    if _status(cloudformation) is None:
        cloudformation.create_stack(**request, OnFailure="DO_NOTHING")
        return "created"
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in error.response["Error"]["Message"]:
            return "unchanged"
        raise DeployFailedError(error.response["Error"]["Message"]) from error
    return "updated"


def _ended(cloudformation: Any) -> str | None:
    """The stack's status, once it is one that stays."""
    status = _status(cloudformation)
    return None if status is not None and status.endswith("_IN_PROGRESS") else status or "none"


def _status(cloudformation: Any) -> str | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    except ClientError:
        return None
    status: str = stacks[0]["StackStatus"]
    return None if status == "DELETE_COMPLETE" else status


def _first_reason(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    if not failed:
        return "no reason given"
    first = failed[-1]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"


def _physical_id(aws: Aws, logical_id: str) -> str:
    answer = aws.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId=logical_id
    )
    physical: str = answer["StackResourceDetail"]["PhysicalResourceId"]
    return physical


def _output(aws: Aws, name: str) -> str:
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    value: str = outputs[name]
    return value
