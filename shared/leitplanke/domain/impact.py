"""Impact is computed, not claimed: who cannot work follows from the catalogue and from what is down."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from leitplanke.domain.dependencies import Graph
from leitplanke.domain.events import Severity
from leitplanke.domain.policy import Policy

RedundancyState = Literal["intact", "reduced", "used_up", "lost"]
_MAX_STEPS = 12
_MAX_ENDS = 5
_MAX_NAMES = 5
_WORST_LAST: tuple[RedundancyState, ...] = ("intact", "reduced", "used_up", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffCustomer:
    """A customer whose needs are not met.

    `path` leads down from it to the service of the incident; of a long one the middle is left out ("…").
    """

    name: str
    heads: int
    vital: bool
    path: tuple[str, ...]
    enough: bool = True
    """Whether bringing this one service back is enough, whatever else is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redundancy:
    """A place in the catalogue that has alternatives, fewer of them because of this incident.

    `holder` is the service or customer that has them. "reduced": one more may fail. "used_up": none may.
    "lost": too many have. `at_risk` are the customers who would be cut off by one more failure here.
    """

    holder: str
    state: RedundancyState
    left: tuple[str, ...]
    lost: tuple[str, ...]
    text: str
    at_risk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What the failure of `service` means. Customers: the most people first, then by name."""

    service: str
    cut_off: tuple[CutOffCustomer, ...] = ()
    heads: int = 0
    vital: bool = False
    unavailable: tuple[str, ...] = ()
    """Services that this failure makes unavailable or helps to; itself first."""
    redundancy: tuple[Redundancy, ...] = ()
    at_risk: tuple[str, ...] = ()
    """Customers not cut off whom one more failure, where redundancy is used up, would cut off."""
    heads_at_risk: int = 0

    @property
    def redundancy_state(self) -> RedundancyState:
        """The worst of all places; "intact" where no alternatives were touched."""
        return max((r.state for r in self.redundancy), key=_WORST_LAST.index, default="intact")


def assess(service: str, down: Collection[str], policy: Policy) -> Impact:
    """What the incident on `service` means while the services `down` are down, whoever's incidents they are.

    A customer is cut off when its needs are not met. It counts for this incident if the service lies on the
    failed part of its tree: with both gateways down it counts for each gateway's incident; the incident of a
    database that it does not need has no part in it. A service that is not down itself, or not in the
    catalogue, cuts nobody off.
    """
    graph = policy.graph
    start = graph.service_nodes.get(service)
    if start is None or service not in down:
        return Impact(service=service)
    failed = graph.failed(graph.ids(down))
    below = graph.climb(start, failed)
    still = graph.failed(graph.ids(down) - {start})
    cut_off = sorted(
        (_cut_off(i, below, still, policy) for i in below if graph.nodes[i].kind == "customer"),
        key=lambda customer: (-customer.heads, customer.name),
    )
    redundancy = _redundancy(below, failed, policy)
    at_risk = {name for place in redundancy for name in place.at_risk}
    return Impact(
        service=service,
        cut_off=tuple(cut_off),
        heads=sum(customer.heads for customer in cut_off),
        vital=any(customer.vital for customer in cut_off),
        unavailable=tuple(graph.nodes[i].name for i in below if graph.nodes[i].kind == "service"),
        redundancy=redundancy,
        at_risk=_by_heads(at_risk, policy),
        heads_at_risk=sum(policy.customers[name].heads for name in at_risk),
    )


def silenced_with(service: str, policy: Policy) -> int:
    """How many other services fall silent with this one: those that need it."""
    return len(affected_by(service, policy) - {service})


def affected_by(service: str, policy: Policy) -> frozenset[str]:
    """Services whose incidents may be judged differently when this one flips; itself among them.

    An incident's impact depends on what needs its service, and on all that those need: so these are the
    services that share a dependent with this one. More than strictly necessary, never less.
    """
    return policy.graph.neighbours(service)


def still_cut_off(
    customers: Collection[str], down: Collection[str], policy: Policy
) -> dict[str, tuple[str, ...]]:
    """Those of these customers who cannot work while `down` are down, each with the services it is for."""
    because: dict[str, tuple[str, ...]] = {}
    for service in sorted(down):
        for customer in assess(service, down, policy).cut_off:
            if customer.name in customers:
                because[customer.name] = (*because.get(customer.name, ()), service)
    return because


def counts_as_down(severity: Severity, policy: Policy) -> bool:
    """Whether a firing alert of this severity means that its service is down (`restoring.down_from`)."""
    return severity.rank <= policy.restoring.down_from.rank


def _cut_off(
    index: int, below: dict[int, int | None], still_failed: set[int], policy: Policy
) -> CutOffCustomer:
    graph = policy.graph
    name = graph.nodes[index].name
    path = [name]
    step = below[index]
    while step is not None:
        if graph.nodes[step].kind != "gate":
            path.append(graph.nodes[step].name)
        step = below[step]
    customer = policy.customers[name]
    return CutOffCustomer(
        name=name,
        heads=customer.heads,
        vital=customer.vital,
        path=tuple(path if len(path) <= _MAX_STEPS else [*path[:_MAX_ENDS], "…", *path[-_MAX_ENDS:]]),
        enough=index not in still_failed,
    )


def _redundancy(below: dict[int, int | None], failed: set[int], policy: Policy) -> tuple[Redundancy, ...]:
    """Every gate with alternatives right above a failed node that the incident's service helped to fail."""
    graph = policy.graph
    gates = {upper: None for index in below for upper in graph.nodes[index].above}
    places = [redundancy_at(gate, failed, policy) for gate in gates if graph.nodes[gate].spare_by_design > 0]
    return tuple(sorted(places, key=lambda p: (-_WORST_LAST.index(p.state), p.holder, p.text)))


def redundancy_at(gate: int, failed: set[int], policy: Policy) -> Redundancy:
    """What is left of the alternatives of one gate when the nodes `failed` do not work."""
    graph = policy.graph
    node = graph.nodes[gate]
    left = [graph.words(part) for part in node.parts if part not in failed]
    lost = [graph.words(part) for part in node.parts if part in failed]
    spare = len(left) - node.required
    state: RedundancyState = "lost" if spare < 0 else "used_up" if spare == 0 else "reduced"
    return Redundancy(
        holder=node.holder,
        state=state,
        left=tuple(left),
        lost=tuple(lost),
        text=_words(node.holder, state, left, lost),
        at_risk=_at_risk(gate, failed, graph, policy) if state == "used_up" else (),
    )


def _at_risk(gate: int, failed: set[int], graph: Graph, policy: Policy) -> tuple[str, ...]:
    more = graph.failing_with(gate, failed)
    names = {graph.nodes[i].name for i in more if graph.nodes[i].kind == "customer"}
    return _by_heads(names, policy)


def _words(holder: str, state: RedundancyState, left: Sequence[str], lost: Sequence[str]) -> str:
    if state == "lost":
        rest = f"only {_some(left)} of its alternatives" if left else "none of its alternatives"
        return f"{holder} has {rest} left: {_some(lost)} failed"
    if state == "reduced":
        return f"{holder} has {len(left)} of {len(left) + len(lost)} alternatives left: {_some(left)}"
    if len(left) == 1:
        return f"{holder} runs on {left[0]} alone"
    return f"{holder} runs on {_some(left)} with nothing to spare"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _by_heads(names: Collection[str], policy: Policy) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-policy.customers[name].heads, name)))
