"""The first scenario. A VPN provider has two gateways; behind them works a federal registry office.

    vpn-gateway-1 ─┐ any
                   ├────▶ vpn ─┐ all
    vpn-gateway-2 ─┘           ├────▶ registry-office-access ──▶ Federal Registry Office
    registry-database ─────────┘

One gateway fails and nobody notices. The second fails, and 1,800 people cannot work. It is worked around, it
comes back, and the system remembers. Names are those of infra/policy/example.yaml.
"""

from datetime import UTC, datetime, timedelta

from infra.local.api import Json
from infra.scenario.story import Story

ON_CALL = "network"
WORKAROUND = "Restart the IKE daemon on the gateway (systemctl restart ike), then check the tunnel count"


def tell(story: Story) -> None:
    """Play it, in seconds."""
    first = _one_gateway_fails(story)
    second = _the_other_fails_too(story, first)
    _it_is_restored(story, first, second)
    _it_comes_back(story, second)


def _one_gateway_fails(story: Story) -> Json:
    story.happens("VPN gateway 1 stops answering; Prometheus reports it")
    story.prometheus(gateway_down("vpn-gateway-1"))
    incident = story.incident("vpn-gateway-1", lambda it: it["lane"], "routing of the first incident")
    story.causes(f"incident {incident['id']}: {_route(incident)}, team {incident['team']}")
    story.causes(f"{_who(incident)}: the other gateway carries the load")
    return incident


def _the_other_fails_too(story: Story, first: Json) -> Json:
    story.happens("VPN gateway 2 fails as well; its own monitoring speaks PagerDuty's protocol")
    story.pagerduty(_gateway_2_event("trigger"))
    incident = story.incident("vpn-gateway-2", lambda it: it["lane"] == "expedite", "expediting")
    story.causes(f"incident {incident['id']}: {_route(incident)}")
    story.causes(f"{_who(incident)}: nothing is left to reach the registry by")
    raised = story.incident(
        "vpn-gateway-1", lambda it: it["lane"] == "expedite", "raising of the first incident"
    )
    story.causes(
        f"incident {raised['id']} of gateway 1 is raised from {first['priority']} to {raised['priority']}"
    )
    story.notification(ON_CALL, title=f"P1 {raised['service']}")
    told = story.notification(ON_CALL, title=f"P1 {incident['service']}")
    story.causes(f"team {ON_CALL} is told: {told['title']}")
    return incident


def _it_is_restored(story: Story, first: Json, second: Json) -> None:
    story.happens("The engineer on call takes both, restarts a daemon, and the tunnels come up")
    for incident in (first, second):
        story.act(incident, "acknowledge")
        story.act(incident, "restore", {"workaround": WORKAROUND})
    story.prometheus(gateway_down("vpn-gateway-1", ends_at=datetime.now(UTC)))
    story.pagerduty(_gateway_2_event("resolve"))
    for incident in (first, second):
        story.calm(incident)
        story.act(incident, "close")
    story.causes(f"restored with a workaround, and closed: {WORKAROUND}")
    story.causes("nobody had to find the root cause first")


def _it_comes_back(story: Story, before: Json) -> None:
    story.happens("Gateway 2 fails again in the same way")
    story.pagerduty(_gateway_2_event("trigger"))
    again = story.incident(
        "vpn-gateway-2", lambda it: it["id"] != before["id"] and it["lane"], "the next incident"
    )
    story.causes(f"incident {again['id']}: {_route(again)}; {_who(again)} this time")
    problem = story.problem(
        "vpn-gateway-2", lambda it: it["incident_count"] > 1, "a problem with both incidents"
    )
    story.causes(f"problem {problem['id']} of team {problem['team']} now has both incidents in it")
    story.causes(f"it was opened because {problem['reason']}; it stays until the cause is found")
    told = story.notification(ON_CALL, again["id"], WORKAROUND, title=again["priority"])
    story.causes("the first notification already says what helped last time:")
    story.quotes(told)


def gateway_down(service: str, *, ends_at: datetime | None = None) -> Json:
    """An alert as Prometheus posts it; it stands for ten minutes unless it has ended."""
    now = datetime.now(UTC)
    return {
        "labels": {
            "alertname": "VpnGatewayDown",
            "service": service,
            "instance": f"{service}.example:9100",
            "severity": "critical",
        },
        "annotations": {
            "summary": f"{service} does not answer",
            "runbook_url": "https://example.com/runbooks/vpn",
        },
        "startsAt": (now - timedelta(seconds=30)).isoformat(),
        "endsAt": (ends_at or now + timedelta(minutes=10)).isoformat(),
        "generatorURL": "https://prometheus.example/graph?g0.expr=up",
    }


def _gateway_2_event(action: str) -> Json:
    return {
        "event_action": action,
        "dedup_key": "vpn-gateway-2/ike",
        "payload": {
            "summary": "vpn-gateway-2: IKE daemon does not answer",
            "source": "gw2.vpn.example",
            "severity": "critical",
            "component": "vpn-gateway-2",
            "class": "IkeDaemonDown",
            "custom_details": {"service": "vpn-gateway-2"},
        },
    }


def _who(incident: Json) -> str:
    """Who cannot work."""
    if not incident["cut_off"]:
        return "nobody is cut off"
    names = ", ".join(
        f"{customer['name']} ({customer['heads']:,} people)" for customer in incident["cut_off"]
    )
    return f"cut off: {names}"


def _route(incident: Json) -> str:
    return f"{incident['priority']}, lane {incident['lane']}"
