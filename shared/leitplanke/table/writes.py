"""Writes as values: what to store under which condition, and the request that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leitplanke.table.encoding import Row, encode, encode_row
from leitplanke.table.keys import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Store a whole row."""

    row: Row
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Change some attributes of a row."""

    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)
    set_: Mapping[str, Any] = field(default_factory=dict)
    remove: Sequence[str] = ()
    add: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove a row."""

    key: Key
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Only a condition."""

    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)


Write = Put | Update | Delete | Check

ABSENT = "attribute_not_exists(pk)"
"""Condition: there is no such row."""
PRESENT = "attribute_exists(pk)"
"""Condition: there is such a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One conditional write in bulk (PartiQL). It fails alone; its neighbours are written."""

    text: str
    parameters: Sequence[Any]


RETURN_OLD: dict[str, Any] = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
"""A failed condition brings the row that is there: no second call to see who was faster."""


def key_request(key: Key) -> dict[str, Any]:
    """A key as the API wants it."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _expression(
    arguments: dict[str, Any], condition: str | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    if condition:
        arguments["ConditionExpression"] = condition
    if values:
        arguments["ExpressionAttributeValues"] = {f":{k}": encode(v) for k, v in values.items()}
    return arguments


def put_request(write: Put) -> dict[str, Any]:
    """The arguments of PutItem."""
    return _expression({"Item": encode_row(write.row)}, write.condition, write.values)


def delete_request(write: Delete) -> dict[str, Any]:
    """The arguments of DeleteItem."""
    return _expression({"Key": key_request(write.key)}, write.condition, write.values)


def update_request(write: Update) -> dict[str, Any]:
    """The arguments of UpdateItem. Names are placeholders, so that no reserved word is in the way."""
    names = dict(write.names)
    values = dict(write.values)
    clauses: list[str] = []
    sets: list[str] = []
    for position, (name, value) in enumerate(write.set_.items()):
        names[f"#s{position}"] = name
        values[f"s{position}"] = value
        sets.append(f"#s{position} = :s{position}")
    for position, (name, value) in enumerate(write.add.items()):
        names[f"#a{position}"] = name
        values[f"a{position}"] = value
        values["zero"] = 0
        sets.append(f"#a{position} = if_not_exists(#a{position}, :zero) + :a{position}")
    if sets:
        clauses.append("SET " + ", ".join(sets))
    if write.remove:
        for position, name in enumerate(write.remove):
            names[f"#r{position}"] = name
        clauses.append("REMOVE " + ", ".join(f"#r{position}" for position in range(len(write.remove))))
    arguments: dict[str, Any] = {"Key": key_request(write.key), "UpdateExpression": " ".join(clauses)}
    if names:
        arguments["ExpressionAttributeNames"] = names
    return _expression(arguments, write.condition, values)


def transact_item(write: Write) -> tuple[str, dict[str, Any]]:
    """The action of TransactWriteItems and its arguments."""
    match write:
        case Put():
            return "Put", put_request(write)
        case Update():
            return "Update", update_request(write)
        case Delete():
            return "Delete", delete_request(write)
        case Check():
            return "ConditionCheck", _expression(
                {"Key": key_request(write.key)}, write.condition, write.values
            )
