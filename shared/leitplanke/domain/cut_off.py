"""Who cannot work right now, since when, and for want of what: over all incidents, from what is down.

It follows from the catalogue and the services that are down, so it costs the same with one incident and with
a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.impact import still_cut_off
from leitplanke.domain.policy import Policy
from leitplanke.domain.services import ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotWork:
    """One customer. `because` are the services that are down and keep them from working."""

    customer: str
    heads: int
    vital: bool
    since: datetime
    because: tuple[str, ...]


def cannot_work(states: Mapping[str, ServiceState], policy: Policy) -> tuple[CannotWork, ...]:
    """Customers who cannot work: vital ones first, then the most people, then by name.

    The failure of what is down now is played in the order in which it went down: a customer is cut off since
    the moment at which that was enough. An outage that is over counts no more.
    """
    down = sorted(
        (state for state in states.values() if state.down), key=lambda one: (one.since, one.service)
    )
    since = _since(down, policy)
    because = still_cut_off(since, [state.service for state in down], policy)
    found = (
        CannotWork(
            customer=name,
            heads=policy.customers[name].heads,
            vital=policy.customers[name].vital,
            since=moment,
            because=because.get(name, ()),
        )
        for name, moment in since.items()
    )
    return tuple(sorted(found, key=lambda one: (not one.vital, -one.heads, one.customer)))


def _since(down: list[ServiceState], policy: Policy) -> dict[str, datetime]:
    graph = policy.graph
    since: dict[str, datetime] = {}
    failing: set[int] = set()
    for state in down:
        failing |= graph.ids([state.service])
        for node in graph.failed(failing):
            if graph.nodes[node].kind == "customer":
                since.setdefault(graph.nodes[node].name, state.since)
    return since
