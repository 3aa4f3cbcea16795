"""The made-up world of a chaos run: eight systems with redundancy, the teams and customers behind them.

<system>-gateway-1 ─┐ one is enough
<system>-gateway-2 ─┴─▶ <system>-portal ◀── <system>-database      customers need the portal
"""

import json
from dataclasses import dataclass

SYSTEMS = ("harbour", "orchard", "lantern", "meadow", "quarry", "beacon", "thicket", "weir")
TEAMS = ("network", "platform", "database", "portal")
PARTS = {"gateway-1": "network", "gateway-2": "network", "database": "database", "portal": "portal"}
SERVICES = tuple(f"{system}-{part}" for system in SYSTEMS for part in PARTS)
SEVERITIES = ("critical", "error", "warning", "info")

REOPEN_WINDOW_SECONDS = 20
"""Short, so that incidents close and are opened anew within a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that can be wrong at one place, as one sender watches it."""

    service: str
    name: str
    instance: str
    severity: str


def channel(team: str) -> str:
    """The reference of a team's channel; its inbox on this machine has the team's name."""
    return f"ssm:/leitplanke/channels/{team}"


def policy() -> str:
    """The policy of this world (JSON is YAML)."""
    services = {f"{system}-{part}": {"team": team} for system in SYSTEMS for part, team in PARTS.items()}
    for system in SYSTEMS:
        gateways = {"any_of": [f"{system}-gateway-1", f"{system}-gateway-2"]}
        services[f"{system}-portal"] |= {"needs": {"all_of": [gateways, f"{system}-database"]}}  # type: ignore[dict-item]
    return json.dumps(
        {
            "teams": {
                team: {
                    "channels": [{"name": "pager", "url": channel(team)}],
                    "escalation": [{"name": "duty", "url": channel("duty")}],
                }
                for team in TEAMS
            },
            "services": services,
            "customers": {
                f"{system.title()} Reading Circle": {"heads": 30 * n + 15, "needs": f"{system}-portal"}
                for n, system in enumerate(SYSTEMS, 1)
            },
            "routing": {
                "team": "platform",
                "routes": [
                    {"name": "now", "when": 'priority == "P1" || heads >= 100', "lane": "expedite"},
                    {"name": "when there is time", "when": 'priority == "P5"', "lane": "backlog"},
                ],
            },
            "recurrence": [{"name": "thrice in a month", "count": 3, "within": "30d"}],
            "acknowledge_within": {"P1": "1m", "P2": "2m", "P3": None, "P4": None, "P5": None},
            "reopen_window": f"{REOPEN_WINDOW_SECONDS}s",
        }
    )
