"""Who speaks about what, with which manners, and the policies that come into force meanwhile."""

from dataclasses import dataclass
from datetime import timedelta

from leitplanke.domain.policy import Policy, load_policy

POLICY = """
teams: {network: {}, platform: {}}
services:
  vpn-gateway-1: {team: network}
  vpn-gateway-2: {team: network}
  vpn: {team: network, needs: {any_of: [vpn-gateway-1, vpn-gateway-2]}}
  registry-office-access: {team: platform, needs: {all_of: [vpn]}}
customers:
  Federal Registry Office: {heads: 1800, vital: true, needs: registry-office-access}
recurrence:
  - {name: twice in a month, count: 2, within: 30d}
"""
_VARIANTS = (
    POLICY,
    POLICY + "grouping: {rules: [{name: by what is wrong, by: [symptom]}]}\n",
    POLICY.replace("{team: network, needs", "{team: platform, needs")
    + "routing: {team: platform, routes: [{name: all, lane: expedite}]}\n",
    POLICY.replace(
        "heads: 1800, vital: true, needs: registry-office-access", "heads: 7, needs: vpn-gateway-1"
    ),
    POLICY + "restoring: {after: 2m}\n",
)
POLICIES: tuple[Policy, ...] = tuple(load_policy(text) for text in _VARIANTS)


@dataclass(frozen=True)
class Source:
    """An alert of a sender: what it is about, and the sender's manners."""

    sender: str
    key: str
    service: str
    symptom: str
    clock: timedelta = timedelta(0)
    """How far the sender's clock is ahead of ours. None of ours: it is ordered by arrival."""
    own_time: bool = False
    repeats: bool = False


_SLOW, _FAST = timedelta(minutes=-10), timedelta(minutes=3)
SOURCES = (
    Source("prometheus", "p1", "vpn-gateway-1", "GatewayDown", _SLOW, own_time=True, repeats=True),
    Source("prometheus", "p2", "vpn-gateway-2", "GatewayDown", _SLOW, own_time=True, repeats=True),
    Source("pagerduty", "g1", "vpn-gateway-1", "GatewayDown"),
    Source("pagerduty", "g2", "vpn-gateway-1", "TunnelFlaps"),
    Source("json", "j1", "vpn-gateway-2", "TunnelFlaps", -3 * _FAST, own_time=True),
    Source("json", "j2", "vpn-gateway-1", "GatewayDown", _FAST, own_time=True),
)
PROMISE = timedelta(minutes=4)
"""What Prometheus promises with every repetition of a firing alert (its `endsAt`)."""
QUIET = SOURCES[1]
"""The one that in the end says nothing more, while its sender goes on to speak of others."""
