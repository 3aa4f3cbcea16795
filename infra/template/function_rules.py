"""Rules about functions: what they run on, what they are told, what they may do, what they leave behind."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from infra.template.reading import ALARM, LOG_GROUP, ROOT, Template, listed, one_of, referenced

RUNTIME = "python3.13"
ARCHITECTURES = ["arm64"]


def runtime_is_right(template: Template) -> Iterator[str]:
    """One runtime and processor for all, built by our own recipe, in the folder that the name says."""
    resources = template.document["Resources"]
    for name, properties in template.functions().items():
        if properties.get("Runtime") != RUNTIME:
            yield f"{name}: Runtime is {properties.get('Runtime')}, not {RUNTIME}"
        if properties.get("Architectures") != ARCHITECTURES:
            yield f"{name}: Architectures is {properties.get('Architectures')}, not {ARCHITECTURES}"
        if resources[name].get("Metadata", {}).get("BuildMethod") != "makefile":
            yield f"{name}: add Metadata: BuildMethod: makefile"
        handler = f"functions.{snake_case(name)}.handler.handler"
        if properties.get("Handler") != handler:
            yield f"{name}: Handler is {properties.get('Handler')}, not {handler}"


def logs_are_kept_for_a_while(template: Template) -> Iterator[str]:
    """Every function writes to a log group of this template, and every log group forgets."""
    groups = template.of_type(LOG_GROUP)
    for name, properties in template.functions().items():
        if one_of(properties.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{name}: add LoggingConfig: LogGroup with a log group of this template"
    for name, properties in groups.items():
        if "RetentionInDays" not in properties:
            yield f"{name}: add RetentionInDays"


def functions_have_alarms(template: Template) -> Iterator[str]:
    """Every function has an alarm on its errors."""
    watched = {
        function
        for alarm in template.of_type(ALARM).values()
        if alarm.get("MetricName") == "Errors"
        for function in referenced(alarm.get("Dimensions"))
    }
    for name in template.functions():
        if name not in watched:
            yield f"{name}: add an alarm on Errors"


_WITHOUT_RESOURCE = frozenset({"cloudwatch:GetMetricData"})
"""Actions that can be granted for everything only (Service Authorization Reference, resource types: none)."""


def _knows_no_resource(statement: Mapping[str, Any]) -> bool:
    return set(listed(statement.get("Action"))) <= _WITHOUT_RESOURCE


def rights_are_narrow(template: Template) -> Iterator[str]:
    """No wildcard in an action, no resource that is everything."""
    for name in template.functions():
        for statement in template.statements(name):
            if statement.get("Effect") != "Allow":
                continue
            for action in listed(statement.get("Action")):
                if "*" in action:
                    yield f"{name}: Action {action!r} allows more than is needed; name the actions"
            if "*" in listed(statement.get("Resource")) and not _knows_no_resource(statement):
                yield f"{name}: Resource '*' for {statement.get('Action')}; name the resource"


def environment_matches_settings(template: Template) -> Iterator[str]:
    """A function gets exactly the variables that its settings class reads."""
    classes = settings_classes()
    for name in template.functions():
        if name not in classes:
            yield f"{name}: leitplanke/edge/settings.py has no class {name}Settings"
            continue
        given, wanted = template.environment(name), classes[name]
        for variable in sorted(given - wanted):
            yield f"{name}: {variable} is set, but {name}Settings does not read it"
        for variable in sorted(wanted - given):
            yield f"{name}: {name}Settings reads {variable}, but it is not set"


def settings_classes() -> Mapping[str, set[str]]:
    """By function: the environment variables that its `<LogicalId>Settings` in leitplanke.edge reads."""
    if (shared := str(ROOT / "shared")) not in sys.path:
        sys.path.append(shared)  # so that `python -m infra.template.check` needs no PYTHONPATH
    from leitplanke.edge import settings  # noqa: PLC0415 - after the line above

    classes: dict[str, Any] = vars(settings)
    return {
        name.removesuffix("Settings"): {field.name.upper() for field in fields(kind)}
        for name, kind in classes.items()
        if isinstance(kind, type) and issubclass(kind, settings.Settings) and kind is not settings.Settings
    }


def snake_case(name: str) -> str:
    """`ReceiveEvents` is in functions/receive_events."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
