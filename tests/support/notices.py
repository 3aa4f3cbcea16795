"""Incidents, problems and changes to write notifications about. Two gateways, an office behind them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import SYSTEM, Change, CutOff, Incident, IncidentState, KnownWorkaround
from leitplanke.domain.policy import load_policy
from leitplanke.domain.problems import Problem, ProblemState

BEGAN = datetime(2026, 3, 3, 2, 10, tzinfo=UTC)

POLICY = load_policy(
    """
teams:
  network:
    channels:
      - {name: pager, url: "ssm:/leitplanke/channels/network-pager"}
      - {name: chat, url: "ssm:/leitplanke/channels/network-chat"}
    escalation:
      - {name: head, url: "ssm:/leitplanke/channels/head-of-network"}
  platform:
    channels: [{name: chat, url: "ssm:/leitplanke/channels/platform-chat"}]
  service-desk:
    channels: [{name: chat, url: "ssm:/leitplanke/channels/network-chat"}]
  archive: {}
services:
  vpn-gateway-2: {team: network}
"""
)

WORKAROUND = KnownWorkaround(
    text="Restart the IPsec daemon on the gateway, then check the tunnel light.",
    incident_id="earlier",
    used=4,
    worked=3,
    last_at=BEGAN - timedelta(days=14),
)

_INCIDENT = Incident(
    incident_id="inc-1",
    group_key="vpn-gateway-2",
    state=IncidentState.OPEN,
    title="Gateway does not answer",
    service="vpn-gateway-2",
    symptom="GatewayDown",
    signature="signature-1",
    severity=Severity.CRITICAL,
    labels={},
    policy_version=1,
    began_at=BEGAN,
    opened_at=BEGAN,
    priority="P1",
    team="network",
    lane="expedite",
    cut_off=(
        CutOff(name="Federal Registry Office", heads=1800),
        CutOff(name="Grey Heron Fishing Club", heads=40),
    ),
    cut_off_count=2,
    heads=1840,
    acknowledge_by=BEGAN + timedelta(minutes=15),
    changed_at=BEGAN,
    pulsed_at=BEGAN,
    revision=2,
)


def incident(**changes: Any) -> Incident:
    """A P1 that began at BEGAN and has been routed to team network; with these differences."""
    return replace(_INCIDENT, **changes)


def problem(**changes: Any) -> Problem:
    """The problem that two such incidents opened."""
    base = Problem(
        problem_id="prob-1",
        state=ProblemState.OPEN,
        signature="signature-1",
        title="vpn-gateway-2: GatewayDown",
        service="vpn-gateway-2",
        symptom="GatewayDown",
        team="network",
        rule="twice in a month",
        reason="it happened 2 times within 30d; the rule says 2",
        opened_at=BEGAN,
        incidents=2,
        last_incident_at=BEGAN,
        changed_at=BEGAN,
    )
    return replace(base, **changes)


def change(kind: str, *, minutes: int = 0, loud: bool = True, **data: Any) -> Change:
    """One line of a timeline, so many minutes after BEGAN."""
    return Change(kind=kind, at=BEGAN + timedelta(minutes=minutes), by=SYSTEM, loud=loud, data=data)
