"""Count what AWS would bill: every call of a client (or of all clients of a session), its units, its keys.

    with Costs.of(client, observer) as costs:
        ...
    costs.write_units, costs.calls, costs.by_key()

The rules (they are written in tests.support.units): a write costs one unit per KB begun of the larger of the
item before and after; twice that in a transaction; what its condition stopped costs the same. An index entry
costs one unit when it comes or goes and two when its key changes, in a transaction too (replication is
asynchronous); ours hold keys only, never more than 1 KB. A strong read costs one unit per 4 KB begun.
SQS bills a call per 64 KB begun of all its messages, EventBridge each entry per 64 KB begun.

The recorder reads each item before and after with a client of its own, `observer`. So it is exact for one
thread.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support import units
from tests.support.units import Item, Key, item_bytes

__all__ = ["Call", "Change", "Costs", "Recorder", "Target", "item_bytes"]

INDEXES = ("gsi1", "gsi2", "gsi3", "gsi4", "gsi5", "gsi6")
BILLED_BYTES = 65_536
"""Of a payload of SQS or EventBridge that is billed as one request or event (their price pages)."""
Change = tuple[Item | None, Item | None]
"""An item before and after a write."""


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
    """One call: which, on which items, and what it cost by partition.

    `sent`: messages by queue, or entries (under the bus's name); `chunks` of 64 KB and `bytes` are theirs.
    """

    operation: str
    items: tuple[Key, ...] = ()
    written: Counter[Target] = field(default_factory=Counter)
    read_units: float = 0.0
    failed: int = 0
    """Conditions that did not hold."""
    changes: tuple[Change, ...] = ()
    sent: Counter[str] = field(default_factory=Counter)
    chunks: int = 0
    bytes: int = 0


@dataclass
class Costs:
    """What was recorded, in order."""

    recorded: list[Call] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(cls, client: Any, observer: Any) -> Iterator["Costs"]:
        """Record all calls of `client` meanwhile."""
        costs = cls()
        recorder = Recorder(costs.recorded.append, observer)
        recorder.attach(client.meta.events)
        try:
            yield costs
        finally:
            recorder.detach(client.meta.events)

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

    def sent(self) -> Counter[str]:
        """Messages by queue, entries by bus."""
        return sum((call.sent for call in self.recorded), Counter())

    def by_key(self) -> Counter[Target]:
        """Write units by partition of the table and its indexes."""
        return sum((call.written for call in self.recorded), Counter())

    def by_kind(self) -> Counter[str]:
        """Write units by sort of row: "ALERT", "gsi1/FIRING"..."""
        kinds: Counter[str] = Counter()
        for target, count in self.by_key().items():
            kinds[target.kind] += count
        return kinds

    def hottest(self) -> Counter[str]:
        """By sort of row, the units that went to the one partition that got most."""
        kinds: Counter[str] = Counter()
        for target, count in self.by_key().items():
            kinds[target.kind] = max(kinds[target.kind], count)
        return kinds

    def writes_of(self, kind: str) -> int:
        """How many items of this sort calls tried to write, whatever that cost."""
        written = (call for call in self.recorded if call.written)
        return sum(pk.split("#")[0] == kind for call in written for pk, _ in call.items)


class Recorder:
    """Hands every call that was made to `note`."""

    def __init__(self, note: Callable[[Call], object], observer: Any) -> None:
        self._note = note
        self._observer = observer

    def attach(self, events: Any) -> None:
        """Listen to a client's events (`client.meta.events`) or to a botocore session, its later clients."""
        events.register("provide-client-params", self._before)
        events.register("after-call", self._after)

    def detach(self, events: Any) -> None:
        """Listen no more."""
        events.unregister("provide-client-params", self._before)
        events.unregister("after-call", self._after)

    def _before(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        keys: list[Key] = []
        if model.service_model.service_name == "dynamodb":
            keys = units.keys_written(model.name, params)
        context["costs"] = (params, keys, self._items(units.table_of(params), keys))

    def _after(self, parsed: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        params, keys, before = context["costs"]
        match model.service_model.service_name:
            case "dynamodb" if keys:
                self._note(self._write(model.name, params, keys, before, parsed))
            case "dynamodb":
                read = units.read_units(model.name, params, parsed)
                self._note(Call(model.name, units.keys_read(model.name, params), read_units=read))
            case "sqs" if "Entries" in params:
                self._note(_messages(model.name, params))
            case "events" if "Entries" in params:
                self._note(_entries(model.name, params))
            case _:
                self._note(Call(model.name))

    def _write(
        self,
        operation: str,
        params: Mapping[str, Any],
        keys: Sequence[Key],
        before: Mapping[Key, Item],
        parsed: Mapping[str, Any],
    ) -> Call:
        now = self._items(units.table_of(params), keys)
        written: Counter[Target] = Counter()
        for key in keys:
            written += _units(
                key, before.get(key), now.get(key), transactional=operation == "TransactWriteItems"
            )
        changes = tuple(
            (before.get(key), now.get(key)) for key in dict.fromkeys(keys) if before.get(key) != now.get(key)
        )
        failed = units.failed_conditions(parsed)
        return Call(operation, tuple(keys), written, failed=failed, changes=changes)

    def _items(self, table: str | None, keys: Sequence[Key]) -> dict[Key, Item]:
        if table is None or not keys:
            return {}
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
        request = {table: {"Keys": wanted, "ConsistentRead": True}}
        answer = self._observer.batch_get_item(RequestItems=request)
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Responses"][table]}


def _units(key: Key, before: Item | None, now: Item | None, *, transactional: bool) -> Counter[Target]:
    written = Counter({Target("", key[0]): units.write_units(before, now, transactional=transactional)})
    for index in INDEXES:
        gone, come = units.index_entry(index, before), units.index_entry(index, now)
        for entry in (gone, come):
            if entry is not None and gone != come:
                written[Target(index, entry[0])] += 1
    return written


def _messages(operation: str, params: Mapping[str, Any]) -> Call:
    size = sum(len(entry["MessageBody"].encode()) for entry in params["Entries"])
    sent = Counter({str(params["QueueUrl"]).rsplit("/", 1)[1]: len(params["Entries"])})
    return Call(operation, sent=sent, chunks=math.ceil(size / BILLED_BYTES), bytes=size)


def _entries(operation: str, params: Mapping[str, Any]) -> Call:
    """An entry's size: its detail, source, type and resources ("Calculating PutEvents event entry size")."""
    sizes = [
        sum(
            len(text.encode())
            for text in (entry["Detail"], entry["Source"], entry["DetailType"], *entry.get("Resources", ()))
        )
        for entry in params["Entries"]
    ]
    sent = Counter(str(entry["EventBusName"]) for entry in params["Entries"])
    chunks = sum(math.ceil(size / BILLED_BYTES) for size in sizes)
    return Call(operation, sent=sent, chunks=chunks, bytes=sum(sizes))
