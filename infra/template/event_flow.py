"""docs/event-flow.md, made from template.yaml: `python -m infra.template.event_flow` writes it.

With `--check` it writes nothing and says, by its exit code, whether the file is stale.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.template.function_rules import snake_case
from infra.template.reading import (
    QUEUE,
    ROOT,
    ROUTE,
    RULE,
    SECRET,
    Event,
    Template,
    listed,
    one_of,
    read_template,
    referenced,
)
from infra.template.route_rules import scopes_of

PAGE = ROOT / "docs" / "event-flow.md"

_INTRO = """\
# Event flow

Made from `template.yaml` by `make fmt`; do not edit. A box is a function and its folder in `functions/`, a
slanted box is a queue. The table is the truth and a message is a hint: every arrow may deliver twice, late or
out of order.
"""

_TABLE_WRITES = frozenset(
    f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
)


def page(template: Template) -> str:
    """The whole page as Markdown."""
    parts = (
        _INTRO,
        "```mermaid\n" + "\n".join(_diagram(template)) + "\n```\n",
        "## Functions\n",
        _rows(
            ("function", "woken by", "batch", "at a time", "time-out", "leaves its work in"),
            _functions(template),
        ),
        "## Domain events and who hears of them\n",
        _rows(("kind", "condition", "queue", "rule"), _rules(template)),
        "## Queues\n",
        _rows(("queue", "read by", "hidden while worked on", "kept", "tries", "then"), _queues(template)),
        "## Routes\n",
        _rows(("route", "function", "who may"), _routes(template)),
    )
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 if `--check` found the page stale."""
    parser = argparse.ArgumentParser(description="Write docs/event-flow.md from template.yaml.")
    parser.add_argument("--check", action="store_true", help="write nothing, say whether it is stale")
    check: bool = parser.parse_args(arguments).check
    wanted = page(read_template())
    if PAGE.exists() and PAGE.read_text("utf-8") == wanted:
        return 0
    if check:
        print("docs/event-flow.md is stale: run `make fmt`")
        return 1
    PAGE.write_text(wanted, "utf-8")
    return 0


def _diagram(template: Template) -> Iterator[str]:
    yield "flowchart LR"
    yield '  senders(["senders"])'
    yield '  people(["people and tools"])'
    yield '  minute(["every minute"])'
    yield '  channels(["channels of the teams"])'
    for name in template.functions():
        yield f'  {name}["{snake_case(name)}"]'
    for name in template.of_type(QUEUE):
        if not name.endswith("DeadLetters"):
            yield f'  {name}[/"{name}"/]'
    yield '  Table[("table")]'
    yield '  Bus{{"event bus"}}'
    for name in template.functions():
        yield from (f"  {arrow}" for arrow in _into(template, name))
        yield from (f"  {name} --> {target}" for target in _out_of(template, name))
    for properties in template.of_type(RULE).values():
        label = "<br/>".join(_kinds(properties))
        if condition := _condition(properties):
            label += f"<br/>{condition}"
        for queue in _targets(properties):
            yield f'  Bus -->|"{label}"| {queue}'


def _into(template: Template, function: str) -> Iterator[str]:
    if any(_function_of(template, route) == function for route in template.of_type(ROUTE).values()):
        yield f"{'senders' if function == 'ReceiveEvents' else 'people'} --> {function}"
    for event in _events(template, function):
        if event.kind == "DynamoDB":
            yield f"Table -->|stream| {function}"
        else:
            yield f"{event.source or 'minute'} --> {function}"


def _out_of(template: Template, function: str) -> Iterator[str]:
    """Where a function may leave things, read from its rights. Redriving is not part of the flow."""
    seen = set(_redriven(template, function))
    for statement in template.statements(function):
        actions = set(listed(statement["Action"]))
        targets: list[str] = []
        if actions & {"sqs:SendMessage", "events:PutEvents"}:
            targets = [name for name in referenced(statement["Resource"]) if not name.endswith("DeadLetters")]
        elif actions & _TABLE_WRITES:
            targets = ["Table"]
        elif "secretsmanager:GetSecretValue" in actions and not _is_own_secret(template, statement):
            targets = ["channels"]
        for target in targets:
            if target not in seen:
                seen.add(target)
                yield target


def _is_own_secret(template: Template, statement: Mapping[str, Any]) -> bool:
    return set(referenced(statement["Resource"])) & set(template.of_type(SECRET)) != set()


def _redriven(template: Template, function: str) -> Iterator[str]:
    """Queues that the function sends to only what it takes out of their dead letters."""
    emptied = {
        place
        for statement in template.statements(function)
        if "sqs:DeleteMessage" in listed(statement["Action"])
        for place in referenced(statement["Resource"])
    }
    for name, properties in template.of_type(QUEUE).items():
        if one_of(properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")) in emptied:
            yield name


def _functions(template: Template) -> Iterator[tuple[str, ...]]:
    for name, properties in template.functions().items():
        folder = snake_case(name)
        left = ", ".join(_plain(target) for target in _out_of(template, name))
        timeout = f"{properties['Timeout']} s"
        routes = sum(_function_of(template, route) == name for route in template.of_type(ROUTE).values())
        if routes:
            yield (f"`{folder}`", f"HTTP API, {routes} routes", "1", "", timeout, left)
        for event in _events(template, name):
            batch = str(event.properties.get("BatchSize", 1))
            if window := event.properties.get("MaximumBatchingWindowInSeconds"):
                batch += f", gathered for {window} s"
            yield (f"`{folder}`", _woken_by(event), batch, _at_a_time(event), timeout, left)


def _rules(template: Template) -> Iterator[tuple[str, ...]]:
    for name, properties in template.of_type(RULE).items():
        for queue in _targets(properties):
            for kind in _kinds(properties):
                yield (f"`{kind}`", _condition(properties), queue, name)


def _queues(template: Template) -> Iterator[tuple[str, ...]]:
    readers = {event.source: event.function for event in template.events()}
    for name, properties in template.of_type(QUEUE).items():
        policy = properties.get("RedrivePolicy", {})
        reader = readers.get(name)
        yield (
            name,
            f"`{snake_case(reader)}`" if reader else "a person",
            f"{properties['VisibilityTimeout']} s" if reader else "",
            f"{properties['MessageRetentionPeriod'] // 86_400} days",
            str(policy.get("maxReceiveCount", "")),
            one_of(policy.get("deadLetterTargetArn")) or "",
        )


def _routes(template: Template) -> Iterator[tuple[str, ...]]:
    for route in template.of_type(ROUTE).values():
        scopes = scopes_of(route.get("AuthorizationScopes", []))
        function = _function_of(template, route) or ""
        who = f"scope `{scopes[0]}`" if scopes else "open"
        if not scopes and function == "ReceiveEvents":
            who = "integration key"
        yield (f"`{route['RouteKey']}`", f"`{snake_case(function)}`", who)


def _function_of(template: Template, route: Mapping[str, Any]) -> str | None:
    integration = one_of(route.get("Target"))
    return one_of(template.document["Resources"][integration]["Properties"].get("IntegrationUri"))


def _events(template: Template, function: str) -> Iterator[Event]:
    return (event for event in template.events() if event.function == function)


def _woken_by(event: Event) -> str:
    if event.kind == "DynamoDB":
        return "the table's stream"
    return event.source or str(event.properties["ScheduleExpression"])


def _at_a_time(event: Event) -> str:
    if event.kind == "DynamoDB":
        return f"{event.properties.get('ParallelizationFactor', 1)} per shard"
    return str(event.properties.get("ScalingConfig", {}).get("MaximumConcurrency", ""))


def _plain(target: str) -> str:
    return {"Table": "table", "Bus": "bus", "channels": "channels"}.get(target, target)


def _targets(rule: Mapping[str, Any]) -> list[str]:
    return [queue for target in rule["Targets"] if (queue := one_of(target["Arn"]))]


def _kinds(rule: Mapping[str, Any]) -> list[str]:
    """`incident.opened`; `incident.*` for a prefix; `all but incident.noted`."""
    return [_kind(kind) for kind in rule["EventPattern"]["detail-type"]]


def _kind(wanted: str | Mapping[str, Any]) -> str:
    match wanted:
        case {"prefix": str(prefix)}:
            return f"{prefix}*"
        case {"anything-but": list(names)}:
            return f"all but {', '.join(names)}"
        case str():
            return wanted
    raise ValueError(f"an event pattern that the diagram does not know: {wanted}")


def _condition(rule: Mapping[str, Any]) -> str:
    """What a pattern demands of the event's data: `loud, lane expedite`."""
    wanted = rule["EventPattern"].get("detail", {}).get("data", {})
    return ", ".join(
        name if values == [True] else f"{name} {' or '.join(values)}" for name, values in wanted.items()
    )


def _rows(head: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
