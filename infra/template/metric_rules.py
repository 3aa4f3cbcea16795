"""Rules about figures: what is counted is shown, and what is shown, or alarms, is counted."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.template.counted import Figure, HiddenFiguresError, counted_figures
from infra.template.reading import ALARM, API, DASHBOARD, FUNCTION, QUEUE, TABLE, Template, referenced
from leitplanke.edge.logs import NAMESPACE

_TABLE_NAME = "TableName"
"""A dashboard knows the table by a name of its own, since it may be a restored one."""

_OF_AWS: Mapping[str, tuple[str, str, frozenset[str]]] = {
    "AWS/ApiGateway": ("ApiId", API, frozenset({"Count", "4xx", "5xx", "Latency"})),
    "AWS/DynamoDB": (
        "TableName",
        TABLE,
        frozenset({"ConsumedWriteCapacityUnits", "WriteThrottleEvents"}),
    ),
    "AWS/Lambda": (
        "FunctionName",
        FUNCTION,
        frozenset({"Duration", "Errors", "Invocations", "IteratorAge", "Throttles"}),
    ),
    "AWS/SQS": (
        "QueueName",
        QUEUE,
        frozenset({"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}),
    ),
}
"""Metrics of AWS that we use: their dimension, what it names, and what there is (each service's user guide,
"CloudWatch metrics"; an HTTP API's are Count, 4xx, 5xx, not 4XXError)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A metric that a dashboard or an alarm names. `dimensions` are names with what they refer to or say."""

    where: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]

    @property
    def figure(self) -> Figure:
        """What it is if it is one of ours."""
        return Figure(self.dimensions.get("service", ""), self.name)


def figures_are_counted_and_shown(template: Template) -> Iterator[str]:
    """What a dashboard or an alarm names is counted, with these dimensions; what is counted is shown."""
    try:
        counted = counted_figures()
    except HiddenFiguresError as error:
        yield f"dashboards: {error}"
        return
    visible = set()
    for one in on_dashboards(template):
        visible.add(one.figure)
        yield from _amiss(template, one, counted)
    for one in of_alarms(template):
        yield from _amiss(template, one, counted)
    for figure in sorted(counted - visible):
        yield f"dashboards: show {figure.name} of {figure.service}"


def alarms_are_on_one_dashboard(template: Template) -> Iterator[str]:
    """Whoever looks at a dashboard sees whether something is wrong: each alarm has its place."""
    places = Counter(
        name
        for _, widget in _widgets(template)
        if widget["type"] == "alarm"
        for arn in widget["properties"]["alarms"]
        for name in referenced({"Fn::Sub": arn})
    )
    for name in template.of_type(ALARM):
        if places[name] != 1:
            yield f"{name}: put it on one dashboard, it is on {places[name]}"


def of_alarms(template: Template) -> Iterator[Shown]:
    """All that alarms name."""
    for name, alarm in template.of_type(ALARM).items():
        dimensions = {one["Name"]: _meant(one["Value"]) for one in alarm["Dimensions"]}
        yield Shown(where=name, namespace=alarm["Namespace"], name=alarm["MetricName"], dimensions=dimensions)


def on_dashboards(template: Template) -> Iterator[Shown]:
    """All that dashboards name."""
    for dashboard, widget in _widgets(template):
        for namespace, name, *rest in widget["properties"].get("metrics", ()):
            words = [word for word in rest if isinstance(word, str)]
            dimensions = {
                key: _meant({"Fn::Sub": value}) for key, value in zip(words[::2], words[1::2], strict=True)
            }
            where = f"{dashboard}, {widget['properties']['title']}"
            yield Shown(where=where, namespace=namespace, name=name, dimensions=dimensions)


def _widgets(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, properties in template.of_type(DASHBOARD).items():
        text = properties["DashboardBody"]["Fn::Sub"]
        body = json.loads(text if isinstance(text, str) else text[0])
        yield from ((name, widget) for widget in body["widgets"])


def _amiss(template: Template, one: Shown, counted: set[Figure]) -> Iterator[str]:
    """What is wrong with a metric that is named."""
    if one.namespace == NAMESPACE:
        if one.figure not in counted or set(one.dimensions) != {"service"}:
            yield f"{one.where}: nobody counts {one.name} of {dict(one.dimensions)}"
        return
    dimension, kind, names = _OF_AWS.get(one.namespace, ("", "", frozenset()))
    if one.name not in names or set(one.dimensions) != {dimension}:
        yield f"{one.where}: AWS has no {one.namespace} {one.name} of {dict(one.dimensions)}"
        return
    resource = one.dimensions[dimension]
    if resource not in (_TABLE_NAME, *template.of_type(kind)):
        yield f"{one.where}: {resource} is no {kind}"


def _meant(value: object) -> str:
    """The resource that a dimension's value refers to, or the value itself."""
    match value:
        case {"Fn::If": ["OwnTable", {"Ref": name}, _]}:
            return str(name)
        case str(text) | {"Fn::Sub": str(text)} if "$" not in text:
            return text
    names = referenced(value)
    return names[0] if names else str(value)
