"""The catalogue as a graph: failures go up from what is down to whatever needs it.

A node is a service, a customer, or a gate (`any_of`, `all_of`, `at_least`). A gate fails when fewer than
`required` of its parts work; a service or customer fails when it is down itself or its one part, the root of
its needs, fails.

    customer ── all_of ─┬─ vpn ── any_of ─┬─ gateway-1    gateway-1 down: nothing else fails
                        └─ database       └─ gateway-2    both down: any_of, vpn, all_of, customer fail

Cost of one question: the part of the graph above what is down, never the whole.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field

from leitplanke.domain.catalogue import Customer, Need, Service


@dataclass(slots=True, kw_only=True)
class Node:
    """One node. `holder` is the service or customer whose needs it belongs to (itself for those)."""

    kind: str
    name: str
    holder: str
    required: int = 0
    parts: list[int] = field(default_factory=list)
    above: list[int] = field(default_factory=list)

    @property
    def spare_by_design(self) -> int:
        """How many parts may fail before the node does."""
        return len(self.parts) - self.required


class Graph:
    """Built once per policy from a catalogue without unknown names and without circles."""

    def __init__(self, services: Mapping[str, Service], customers: Mapping[str, Customer]) -> None:
        self.nodes: list[Node] = []
        self.service_nodes = {name: self._add("service", name, name) for name in services}
        for name, service in services.items():
            if service.needs is not None:
                self._put(self.service_nodes[name], service.needs, name)
        for name, customer in customers.items():
            self._put(self._add("customer", name, name), customer.needs, name)

    def failed(self, down: Iterable[int]) -> set[int]:
        """Every node that fails when the services `down` do."""
        failed = set(down)
        waiting = list(failed)
        lost: Counter[int] = Counter()
        while waiting:
            for upper in self.nodes[waiting.pop()].above:
                lost[upper] += 1
                node = self.nodes[upper]
                if upper not in failed and lost[upper] > len(node.parts) - node.required:
                    failed.add(upper)
                    waiting.append(upper)
        return failed

    def failing_with(self, gate: int, failed: Set[int]) -> set[int]:
        """What would fail besides the nodes `failed` if this gate failed as well; itself among them."""
        more = {gate}
        waiting = [gate]
        while waiting:
            for upper in self.nodes[waiting.pop()].above:
                if upper in failed or upper in more:
                    continue
                node = self.nodes[upper]
                working = sum(part not in failed and part not in more for part in node.parts)
                if working < node.required:
                    more.add(upper)
                    waiting.append(upper)
        return more

    def ids(self, services: Iterable[str]) -> set[int]:
        """Nodes of those services that the catalogue knows."""
        return {self.service_nodes[name] for name in services if name in self.service_nodes}

    def climb(self, start: int, within: Collection[int]) -> dict[int, int | None]:
        """From `start` up through nodes `within`: each node reached and the one below it, nearest first."""
        below: dict[int, int | None] = {start: None}
        waiting = deque([start])
        while waiting:
            current = waiting.popleft()
            for upper in self.nodes[current].above:
                if upper in within and upper not in below:
                    below[upper] = current
                    waiting.append(upper)
        return below

    def way_down(self, start: int, failed: Set[int], to: Set[int]) -> tuple[int, ...]:
        """From a failed node through failed parts to the nearest of the nodes `to`, both ends among them.

        Empty if no such way leads there.
        """
        above: dict[int, int | None] = {start: None}
        waiting = deque([start])
        while waiting:
            current = waiting.popleft()
            if current in to:
                return tuple(reversed(list(_back(current, above))))
            for part in self.nodes[current].parts:
                if part in failed and part not in above:
                    above[part] = current
                    waiting.append(part)
        return ()

    def neighbours(self, service: str) -> frozenset[str]:
        """Services that share a dependent with this one: all that is needed by anything that needs it."""
        start = self.service_nodes.get(service)
        if start is None:
            return frozenset({service})
        seen = set(self._reach([start], upward=True))
        reached = self._reach(list(seen), upward=False)
        return frozenset(self.nodes[i].name for i in reached if self.nodes[i].kind == "service")

    def words(self, index: int) -> str:
        """A node as a person would name it."""
        node = self.nodes[index]
        if node.kind != "gate":
            return node.name
        inner = ", ".join(self.words(part) for part in node.parts)
        if node.required == len(node.parts):
            return f"({inner.replace(', ', ' with ')})"
        return f"({node.required} of {inner})"

    def _reach(self, start: list[int], *, upward: bool) -> set[int]:
        seen = set(start)
        waiting = list(start)
        while waiting:
            node = self.nodes[waiting.pop()]
            for other in node.above if upward else node.parts:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    def _add(self, kind: str, name: str, holder: str, required: int = 0) -> int:
        self.nodes.append(Node(kind=kind, name=name, holder=holder, required=required))
        return len(self.nodes) - 1

    def _put(self, owner: int, need: Need, holder: str) -> None:
        """`need` as the one part of the service or customer `owner`."""
        self.nodes[owner].required = 1
        self._join(owner, self._node_for(need, holder))

    def _node_for(self, need: Need, holder: str) -> int:
        if need.service is not None:
            return self.service_nodes[need.service]
        gate = self._add("gate", "", holder, need.required)
        for part in need.parts:
            self._join(gate, self._node_for(part, holder))
        return gate

    def _join(self, upper: int, lower: int) -> None:
        self.nodes[upper].parts.append(lower)
        self.nodes[lower].above.append(upper)


def _back(index: int | None, before: Mapping[int, int | None]) -> Iterable[int]:
    while index is not None:
        yield index
        index = before[index]
