"""Reading template.yaml, with CloudFormation's short tags (`!Ref`, `!Sub`, ...) in their long form."""

from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation writes it."""


def _long_form(loader: yaml.Loader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


def load_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """The template as CloudFormation's JSON form would be."""
    document: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return document


def table_definition(template: dict[str, Any]) -> dict[str, Any]:
    """What CreateTable needs to make the template's Table, without its name."""
    properties = template["Resources"]["Table"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    definition = {name: properties[name] for name in wanted if name in properties}
    for index in definition.get("GlobalSecondaryIndexes", []):
        index.pop("WarmThroughput", None)
    return {**definition, "BillingMode": "PAY_PER_REQUEST"}
