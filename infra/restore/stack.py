"""One deployed stack as a restore sees it: its outputs and what it is made of."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

QUEUE = "AWS::SQS::Queue"
MAPPING = "AWS::Lambda::EventSourceMapping"
SCHEDULE = "AWS::Scheduler::Schedule"


class RestoreError(Exception):
    """It cannot go on. `remedy` says what a person does about it."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class Clients(Protocol):
    """Where AWS clients come from: an account, or the local engine (`infra.local.aws.Aws`)."""

    def client(self, service: str) -> Any:
        """The boto3 client of a service."""


class Account:
    """The account and region of the caller's credentials; `AWS_ENDPOINT_URL` leads it elsewhere."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self._session: Any = boto3.session.Session()

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made on first use."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]


class Stack:
    """A stack by its name. Everything is read when it is first asked for."""

    def __init__(self, clients: Clients, name: str) -> None:
        self.clients = clients
        self.name = name

    def output(self, name: str) -> str:
        """One output. Raises RestoreError if it has none of that name."""
        if name not in self._outputs:
            raise RestoreError(
                f"the stack {self.name} has no output {name}", remedy="deploy this version first: make deploy"
            )
        return self._outputs[name]

    def of_type(self, kind: str) -> dict[str, str]:
        """Physical ids of all resources of this type, by their names in the template."""
        return {logical: physical for logical, found, physical in self._resources if found == kind}

    @cached_property
    def _outputs(self) -> dict[str, str]:
        try:
            (found,) = self.clients.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            raise RestoreError(
                f"the stack {self.name} cannot be read: {error.response['Error']['Message']}",
                remedy="name it with --stack, and check credentials and region",
            ) from error
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}

    @cached_property
    def _resources(self) -> list[tuple[str, str, str]]:
        return list(self._listed())

    def _listed(self) -> Iterator[tuple[str, str, str]]:
        pages = self.clients.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.name):
            for one in page["StackResourceSummaries"]:
                yield one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId", "")
