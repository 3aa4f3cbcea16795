"""A storm is one thing: of incidents that fire for one reason, people look at the one that is the reason.

    vpn down ──▶ its incident leads       files down too, and files needs vpn: its incident follows
                                          a second incident of vpn itself: follows as well

What follows is still an incident of its own with its own clocks; it is shown under its leader, never hidden.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """An incident, and those that are probably there because of it, in the order in which they were given."""

    leader: Incident
    followers: tuple[Incident, ...] = ()

    @property
    def services(self) -> Mapping[str, int]:
        """How many follow, by service, in order."""
        counts: dict[str, int] = {}
        for one in self.followers:
            counts[one.service] = counts.get(one.service, 0) + 1
        return counts


def gathered(incidents: Sequence[Incident], down: Collection[str], policy: Policy) -> tuple[Together, ...]:
    """These live incidents, those that hang together as one; leaders in the order given (most urgent first).

    An incident follows the first one of a service without which its own cannot work, or, of several of the
    same service, the first of those. Only what is down draws others along.
    """
    by_service: dict[str, list[Incident]] = {}
    for one in incidents:
        by_service.setdefault(one.service, []).append(one)
    leading = _leading(tuple(by_service), down, policy)
    followers: dict[str, list[Incident]] = {}
    leaders: list[Incident] = []
    for one in incidents:
        first = by_service[leading[one.service]][0] if one.service in leading else one
        if one is first:
            leaders.append(one)
        else:
            followers.setdefault(first.incident_id, []).append(one)
    return tuple(Together(leader=one, followers=tuple(followers.get(one.incident_id, ()))) for one in leaders)


def _leading(services: Sequence[str], down: Collection[str], policy: Policy) -> Mapping[str, str]:
    """Of each service that hangs on one of these which is down: the first such that hangs on none itself."""
    graph = policy.graph
    failed = graph.failed(graph.ids(down))
    drawn_by: dict[str, list[str]] = {}
    for name in services:
        if name in down and name in graph.service_nodes:
            for index in graph.climb(graph.service_nodes[name], failed):
                drawn_by.setdefault(graph.nodes[index].name, []).append(name)
    roots = {name for name, by in drawn_by.items() if by == [name]}
    return {
        name: next(other for other in drawn_by[name] if other in roots)
        for name in services
        if name in drawn_by
    }
