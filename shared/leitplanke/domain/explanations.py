"""Reasons: what a decision saw, in words that a person understands at 3 a.m."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leitplanke.domain.impact import CutOffCustomer, Impact
from leitplanke.domain.policy import Policy

_MAX_TOLD = 10
"""Customers and places told of one by one; the numbers cover all."""
_MAX_NAMES = 3
"""Names in one sentence, so that it fits a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of a decision: which rule, what it means in words, and the facts it saw (JSON)."""

    rule: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def impact_reasons(impact: Impact, policy: Policy, *, is_down: bool) -> Iterator[Reason]:
    """Who cannot work and why, and where alternatives ran out. `is_down`: whether the service itself is."""
    for customer in impact.cut_off[:_MAX_TOLD]:
        seen = {"path": list(customer.path), "heads": customer.heads, "enough": customer.enough}
        yield Reason(rule="catalogue", text=_cannot_work(customer), facts=seen)
    if len(impact.cut_off) > _MAX_TOLD:
        text = f"and {len(impact.cut_off) - _MAX_TOLD} more customers, {impact.heads:,} people in all"
        yield Reason(rule="catalogue", text=text)
    if not impact.cut_off:
        yield Reason(rule="catalogue", text=_nobody(impact.service, policy, is_down=is_down))
    for place in impact.redundancy[:_MAX_TOLD]:
        where = {
            "holder": place.holder,
            "state": place.state,
            "left": list(place.left[:_MAX_TOLD]),
            "lost": list(place.lost[:_MAX_TOLD]),
        }
        yield Reason(rule="redundancy", text=place.text + _risk(place.at_risk), facts=where)


def _cannot_work(customer: CutOffCustomer) -> str:
    who = f"{customer.name} ({customer.heads:,} people{', vital' if customer.vital else ''})"
    chain = ", which needs ".join(customer.path[1:])
    rest = "is enough" if customer.enough else "is not enough, more is down"
    return f"{who} cannot work: it needs {chain}, which is down; bringing that back {rest}"


def _nobody(service: str, policy: Policy, *, is_down: bool) -> str:
    if service not in policy.services:
        return f"nobody is known to be cut off: {service} is not in the catalogue"
    if is_down:
        return f"nobody is cut off, although {service} is down"
    return f"nobody is cut off: {service} is not down"


def _risk(customers: Sequence[str]) -> str:
    if not customers:
        return ""
    rest = len(customers) - _MAX_NAMES
    more = f" and {rest} more" if rest > 0 else ""
    return f"; one more failure there cuts off {', '.join(customers[:_MAX_NAMES])}{more}"
