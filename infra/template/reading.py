"""template.yaml as the rules and the diagram read it: resources by type, and what a value refers to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.template import load_template

ROOT = Path(__file__).resolve().parents[2]

API = "AWS::ApiGatewayV2::Api"
ALARM = "AWS::CloudWatch::Alarm"
DASHBOARD = "AWS::CloudWatch::Dashboard"
FUNCTION = "AWS::Serverless::Function"
INTEGRATION = "AWS::ApiGatewayV2::Integration"
LOG_GROUP = "AWS::Logs::LogGroup"
PERMISSION = "AWS::Lambda::Permission"
QUEUE = "AWS::SQS::Queue"
QUEUE_POLICY = "AWS::SQS::QueuePolicy"
ROUTE = "AWS::ApiGatewayV2::Route"
RULE = "AWS::Events::Rule"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type of resource
TABLE = "AWS::DynamoDB::Table"

_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One trigger of a function. `source` is the logical id that it reads from, if it reads from one."""

    function: str
    name: str
    kind: str
    source: str | None
    properties: Mapping[str, Any]

    @property
    def where(self) -> str:
        """How a message names it: `CorrelateAlerts.Arrived`."""
        return f"{self.function}.{self.name}"


@dataclass(frozen=True, slots=True)
class Template:
    """A template in CloudFormation's long form, as a dict."""

    document: Mapping[str, Any]

    def of_type(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Properties of every resource of this type, by logical id, in the template's order."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.document["Resources"].items()
            if resource["Type"] == kind
        }

    def functions(self) -> dict[str, Mapping[str, Any]]:
        """Properties of every function, with what Globals add to them."""
        defaults = self.document.get("Globals", {}).get("Function", {})
        return {name: {**defaults, **properties} for name, properties in self.of_type(FUNCTION).items()}

    def environment(self, function: str) -> set[str]:
        """Names of the environment variables that this function gets."""
        own = self.of_type(FUNCTION)[function]
        defaults = self.document.get("Globals", {}).get("Function", {})
        return {
            name
            for properties in (defaults, own)
            for name in properties.get("Environment", {}).get("Variables", {})
        }

    def events(self) -> Iterator[Event]:
        """Every trigger of every function, in the template's order."""
        for function, properties in self.of_type(FUNCTION).items():
            for name, event in properties.get("Events", {}).items():
                details = event.get("Properties", {})
                source = one_of(details.get("Queue") or details.get("Stream"))
                yield Event(
                    function=function, name=name, kind=event["Type"], source=source, properties=details
                )

    def statements(self, function: str) -> Iterator[Mapping[str, Any]]:
        """The IAM statements written beside a function."""
        for policy in self.of_type(FUNCTION)[function].get("Policies", []):
            if isinstance(policy, Mapping):
                yield from policy.get("Statement", [])


def read_template(path: Path = ROOT / "template.yaml") -> Template:
    """The template of this project."""
    return Template(load_template(path))


def referenced(value: object) -> list[str]:
    """Logical ids (and parameters) that a value refers to by Ref, GetAtt or Sub, in order of appearance."""
    match value:
        case {"Ref": str(name)}:
            return [name]
        case {"Fn::GetAtt": [str(name), *_]}:
            return [name]
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return _SUBSTITUTED.findall(text)
        case Mapping():
            return [name for part in value.values() for name in referenced(part)]
        case list():
            return [name for part in value for name in referenced(part)]
    return []


def one_of(value: object) -> str | None:
    """The one logical id that a value refers to; None if it refers to none."""
    names = referenced(value)
    return names[0] if names else None


def listed(value: object) -> list[Any]:
    """IAM and EventBridge allow one thing where a list of one is meant."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
