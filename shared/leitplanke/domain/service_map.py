"""The catalogue as it stands: what is down, what fails with it and through what, where nothing is to spare.

It follows from the services that are down, as impact does, so it costs the same whatever is open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from leitplanke.domain.dependencies import Node
from leitplanke.domain.impact import redundancy_at
from leitplanke.domain.policy import Policy
from leitplanke.domain.services import ServiceState

Kind = Literal["service", "customer"]


class Standing(StrEnum):
    """How something of the catalogue does, the worst first."""

    DOWN = "down"
    """It fires itself."""
    FAILED = "failed"
    """It fires not, but what it needs is not there."""
    THIN = "thin"
    """It works, and one more failure would end that: redundancy is used up."""
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A service that something needs; `broken`: it is not there now. Alternatives are named one by one."""

    service: str
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One service or customer.

    `path` leads from what failed down to the service that is down. `spare` says of each place with
    alternatives what is left there, where some failed. `wants` is what it needs in words.
    """

    kind: Kind
    name: str
    standing: Standing
    since: datetime | None = None
    """When the service itself went down."""
    team: str | None = None
    heads: int = 0
    vital: bool = False
    wants: str = ""
    needs: tuple[Need, ...] = ()
    path: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMap:
    """Everything in the catalogue: customers first, of each kind the worst first, then by name."""

    entries: tuple[Entry, ...]

    def of(self, *standings: Standing, kind: Kind | None = None) -> tuple[Entry, ...]:
        """Those that stand so."""
        return tuple(one for one in self.entries if one.standing in standings and kind in (None, one.kind))


def service_map(states: Mapping[str, ServiceState], policy: Policy) -> ServiceMap:
    """The map while these services are down."""
    graph = policy.graph
    down = {name: state for name, state in states.items() if state.down and name in graph.service_nodes}
    roots = graph.ids(down)
    failed = graph.failed(roots)
    spare: dict[str, list[str]] = {}
    thin: set[str] = set()
    for gate in _touched_gates(failed, policy):
        place = redundancy_at(gate, failed, policy)
        spare.setdefault(place.holder, []).append(place.text)
        if place.state == "used_up":
            thin.add(place.holder)

    def entry(index: int, node: Node) -> Entry:
        customer, service = policy.customers.get(node.name), policy.services.get(node.name)
        is_service = node.kind == "service"
        need = service.needs if is_service and service else customer.needs if customer else None
        return Entry(
            kind="service" if is_service else "customer",
            name=node.name,
            standing=_standing(index, roots, failed, is_thin=node.name in thin),
            since=down[node.name].since if index in roots else None,
            team=service.team if is_service and service else None,
            heads=0 if is_service or customer is None else customer.heads,
            vital=not is_service and customer is not None and customer.vital,
            wants=need.words() if need else "",
            needs=tuple(
                Need(service=name, broken=graph.service_nodes[name] in failed)
                for name in dict.fromkeys(need.services() if need else ())
            ),
            path=_names(graph.way_down(index, failed, roots), policy) if index in failed - roots else (),
            spare=tuple(spare.get(node.name, ())),
        )

    found = (entry(index, node) for index, node in enumerate(graph.nodes) if node.kind != "gate")
    order = list(Standing)
    return ServiceMap(
        entries=tuple(
            sorted(found, key=lambda one: (one.kind, order.index(one.standing), -one.heads, one.name))
        )
    )


def _touched_gates(failed: set[int], policy: Policy) -> Iterator[int]:
    """Places with alternatives, some of which failed."""
    graph = policy.graph
    gates = {upper for index in failed for upper in graph.nodes[index].above}
    return (gate for gate in sorted(gates) if graph.nodes[gate].spare_by_design > 0)


def _standing(index: int, roots: set[int], failed: set[int], *, is_thin: bool) -> Standing:
    if index in roots:
        return Standing.DOWN
    if index in failed:
        return Standing.FAILED
    return Standing.THIN if is_thin else Standing.UP


def _names(way: tuple[int, ...], policy: Policy) -> tuple[str, ...]:
    nodes = policy.graph.nodes
    return tuple(nodes[index].name for index in way if nodes[index].kind != "gate")
