"""Count what AWS would bill: every DynamoDB call of a client, its units by the real size rules, its keys.

    with Costs.of(client, observer) as costs:
        ...
    costs.write_units, costs.calls, costs.by_key()

The rules (Amazon DynamoDB developer guide, "Capacity unit consumption"): a write costs one unit per KB begun
of the larger of the item before and after; twice that in a transaction; what its condition stopped costs the
same. An index entry costs one unit when it comes or goes and two when its key changes, in a transaction too
(replication is asynchronous); ours hold keys only and are never larger than 1 KB. A strong read costs one
unit per 4 KB begun.

The recorder reads each item before and after with a client of its own, `observer`. So it is exact for one
thread.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

INDEXES = ("gsi1", "gsi2", "gsi3", "gsi4")
Item = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Target:
    """A partition that units go to: of the table ("") or of an index."""

    index: str
    partition: str

    @property
    def kind(self) -> str:
        """The first part of the partition key: what sort of rows lie there."""
        return f"{self.index}/{self.partition.split('#')[0]}" if self.index else self.partition.split("#")[0]


@dataclass(frozen=True)
class Call:
    """One call: which, on which items, and what it cost by partition."""

    operation: str
    items: tuple[Key, ...]
    written: Counter[Target] = field(default_factory=Counter)
    read_units: float = 0.0
    failed: int = 0
    """Conditions that did not hold."""


@dataclass
class Costs:
    """What was recorded, in order."""

    recorded: list[Call] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(cls, client: Any, observer: Any) -> Iterator["Costs"]:
        """Record all calls of `client` meanwhile."""
        costs = cls()
        recorder = _Recorder(costs, observer)
        events = client.meta.events
        events.register("provide-client-params.dynamodb", recorder.before)
        events.register("after-call.dynamodb", recorder.after)
        try:
            yield costs
        finally:
            events.unregister("provide-client-params.dynamodb", recorder.before)
            events.unregister("after-call.dynamodb", recorder.after)

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(call.operation for call in self.recorded)

    @property
    def write_units(self) -> int:
        """Write units of all kinds."""
        return sum(self.by_key().values())

    @property
    def read_units(self) -> float:
        """Read units."""
        return sum(call.read_units for call in self.recorded)

    def by_key(self) -> Counter[Target]:
        """Write units by partition of the table and its indexes."""
        return sum((call.written for call in self.recorded), Counter())

    def by_kind(self) -> Counter[str]:
        """Write units by sort of row: "ALERT", "gsi1/FIRING"..."""
        kinds: Counter[str] = Counter()
        for target, units in self.by_key().items():
            kinds[target.kind] += units
        return kinds

    def writes_of(self, kind: str) -> int:
        """How many items of this sort calls tried to write, whatever that cost."""
        written = (call for call in self.recorded if call.written)
        return sum(pk.split("#")[0] == kind for call in written for pk, _ in call.items)


class _Recorder:
    def __init__(self, costs: Costs, observer: Any) -> None:
        self._costs = costs
        self._observer = observer

    def before(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        keys = [_written(model.name, one) for one in _writes(model.name, params)]
        context["costs"] = (params, keys, self._items(_table_of(params), keys))

    def after(self, parsed: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        params, keys, before = context["costs"]
        name = model.name
        if not keys:
            units, items = _read_units(name, params, parsed), _read_keys(name, params)
            self._costs.recorded.append(Call(name, items, read_units=units))
            return
        now = self._items(_table_of(params), keys)
        factor = 2 if name == "TransactWriteItems" else 1
        written: Counter[Target] = Counter()
        for key in keys:
            written += _units(key, before.get(key), now.get(key), factor)
        self._costs.recorded.append(Call(name, tuple(keys), written, failed=_failed(parsed)))

    def _items(self, table: str | None, keys: Sequence[Key]) -> dict[Key, Item]:
        if table is None or not keys:
            return {}
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
        request = {table: {"Keys": wanted, "ConsistentRead": True}}
        answer = self._observer.batch_get_item(RequestItems=request)
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Responses"][table]}


def _writes(operation: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [params]
        case "TransactWriteItems":
            return [action for item in params["TransactItems"] for action in item.values()]
        case "BatchExecuteStatement":
            return list(params["Statements"])
    return []


def _written(operation: str, write: Mapping[str, Any]) -> Key:
    if operation == "BatchExecuteStatement":
        return _key_of_statement(write["Statement"], write["Parameters"])
    key = write.get("Key") or write["Item"]
    return key["pk"]["S"], key["sk"]["S"]


def _key_of_statement(text: str, parameters: Sequence[Item]) -> Key:
    """The key in `INSERT INTO ... VALUE {'pk':?,...}` or `UPDATE ... WHERE "pk"=? AND "sk"=?`."""
    names = re.findall(r"""['"](\w+)['"]\s*[:=]\s*\?""", text)
    values = dict(zip(names, parameters, strict=True))
    return values["pk"]["S"], values["sk"]["S"]


def _table_of(params: Mapping[str, Any]) -> str | None:
    if "TableName" in params:
        return str(params["TableName"])
    if "TransactItems" in params:
        return next(str(action["TableName"]) for item in params["TransactItems"] for action in item.values())
    if "Statements" in params:
        found = re.search(r'(?:INTO|UPDATE) "([^"]+)"', params["Statements"][0]["Statement"])
        return found[1] if found else None
    return None


def _units(key: Key, before: Item | None, now: Item | None, factor: int) -> Counter[Target]:
    larger = max((item_bytes(item) for item in (before, now) if item), default=0)
    units = Counter({Target("", key[0]): factor * max(1, math.ceil(larger / 1024))})
    for index in INDEXES:
        gone, come = _entry(index, before), _entry(index, now)
        for entry in (gone, come):
            if entry is not None and gone != come:
                units[Target(index, entry[0])] += 1
    return units


def _entry(index: str, item: Item | None) -> Key | None:
    if item is None or f"{index}pk" not in item:
        return None
    return item[f"{index}pk"]["S"], item[f"{index}sk"]["S"]


def _failed(parsed: Mapping[str, Any]) -> int:
    if "Error" in parsed:
        return 1
    return sum("Error" in response for response in parsed.get("Responses", []))


def _read_keys(operation: str, params: Mapping[str, Any]) -> tuple[Key, ...]:
    if operation == "GetItem":
        return ((params["Key"]["pk"]["S"], params["Key"]["sk"]["S"]),)
    if operation == "BatchGetItem":
        asked = next(iter(params["RequestItems"].values()))["Keys"]
        return tuple((key["pk"]["S"], key["sk"]["S"]) for key in asked)
    return ()


def _read_units(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
    match operation:
        case "GetItem":
            sizes, strong = [item_bytes(parsed.get("Item", {}))], params.get("ConsistentRead", False)
        case "BatchGetItem":
            request = next(iter(params["RequestItems"].values()))
            found = [item for items in parsed.get("Responses", {}).values() for item in items]
            sizes = [item_bytes(item) for item in found] + [0] * (len(request["Keys"]) - len(found))
            strong = request.get("ConsistentRead", False)
        case "Query":
            sizes, strong = (
                [sum(map(item_bytes, parsed.get("Items", [])))],
                params.get("ConsistentRead", False),
            )
        case _:
            return 0.0
    return sum(max(1, math.ceil(size / 4096)) for size in sizes) * (1.0 if strong else 0.5)


def item_bytes(item: Item) -> int:
    """The size that DynamoDB bills ("DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, inner),) = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return _number_bytes(inner)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(one) for name, one in inner.items())
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in inner)
    raise ValueError(f"no rule for {kind}")


def _number_bytes(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return 1 + math.ceil((len(digits) + 1) / 2) + text.startswith("-")
