"""Who gets what, read from the template: rules of the bus, queues of the functions, the stream's filter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.template import load_template


@dataclass(frozen=True, slots=True)
class Source:
    """A queue and the function that it wakes."""

    queue: str
    function: str
    batch_size: int
    visibility_s: int
    max_tries: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the bus and the queues it fills."""

    pattern: Mapping[str, Any]
    queues: tuple[str, ...]


class Wiring:
    """What the template says about how messages travel."""

    def __init__(self) -> None:
        resources: Mapping[str, Any] = load_template()["Resources"]
        functions = {
            name: one["Properties"]
            for name, one in resources.items()
            if one["Type"] == "AWS::Serverless::Function"
        }
        self.sources: list[Source] = []
        self.stream_filters: list[Mapping[str, Any]] = []
        for properties in functions.values():
            folder = properties["Handler"].split(".")[1]
            for event in properties.get("Events", {}).values():
                if event["Type"] == "SQS":
                    self.sources.append(_source(event["Properties"], folder, resources))
                if event["Type"] == "DynamoDB":
                    self.stream_batch = int(event["Properties"]["BatchSize"])
                    filters = event["Properties"]["FilterCriteria"]["Filters"]
                    self.stream_filters = [json.loads(one["Pattern"]) for one in filters]
        self.rules = [
            Rule(
                one["Properties"]["EventPattern"],
                tuple(target["Arn"]["Fn::GetAtt"][0] for target in one["Properties"]["Targets"]),
            )
            for one in resources.values()
            if one["Type"] == "AWS::Events::Rule"
            and "EventPattern" in one["Properties"]
            and one["Properties"].get("EventBusName")
        ]

    def queues_for(self, event: Mapping[str, Any]) -> list[str]:
        """The queues that an event on the domain bus goes to."""
        return [queue for rule in self.rules if matches(rule.pattern, event) for queue in rule.queues]

    def wanted(self, record: Mapping[str, Any]) -> bool:
        """Whether the stream hands this record to the function."""
        return any(matches(pattern, record) for pattern in self.stream_filters)


def matches(pattern: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """EventBridge's patterns as far as the template uses them: values, prefixes, absence, nested fields."""
    return all(_matches_one(wanted, value.get(name)) for name, wanted in pattern.items())


def _matches_one(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and matches(wanted, value)
    return any(_is(one, value) for one in wanted)


def _is(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        if wanted == {"exists": False}:
            return value is None
        if set(wanted) == {"anything-but"}:
            return value not in wanted["anything-but"]
        if set(wanted) != {"prefix"}:
            raise NotImplementedError(f"the harness does not know the pattern {wanted}")
        return isinstance(value, str) and value.startswith(wanted["prefix"])
    return type(wanted) is type(value) and wanted == value


def _source(properties: Mapping[str, Any], function: str, resources: Mapping[str, Any]) -> Source:
    queue = properties["Queue"]["Fn::GetAtt"][0]
    given = resources[queue]["Properties"]
    return Source(
        queue=queue,
        function=function,
        batch_size=int(properties["BatchSize"]),
        visibility_s=int(given["VisibilityTimeout"]),
        max_tries=int(given["RedrivePolicy"]["maxReceiveCount"]),
    )
