"""Answers of an API that speaks from memory, as its reference describes them."""

from collections.abc import Callable
from typing import Any

import httpx

from leitplanke_client import Client

URL = "https://api.example"
Respond = Callable[[httpx.Request], httpx.Response]


def incident(ident: str = "7kq2m9p4xe", **members: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "revision": 4,
        "state": "open",
        "title": "VPN gateway 2 does not answer",
        "service": "vpn-gateway-2",
        "severity": "critical",
        "priority": "P1",
        "impact": 1,
        "urgency": 1,
        "lane": "expedite",
        "team": "network",
        "also": [],
        "cut_off": [{"name": "Federal Registry Office", "heads": 1800}],
        "cut_off_count": 1,
        "heads": 1800,
        "assignee": None,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "reported_by": None,
        "escalated": False,
        "hand_overs": 0,
        "overridden": 0,
        "priority_set": False,
        "team_set": False,
        "suppressed": None,
        "began_at": "2026-03-01T03:10:00Z",
        "opened_at": "2026-03-01T03:12:00Z",
        "restored_at": None,
        "restored_by": None,
        "closed_at": None,
        "reopened": 0,
        "problem_id": None,
        **members,
    }


def acted(**members: Any) -> dict[str, Any]:
    return {**incident(), "changed": True, "notice": None, **members}


def problem(ident: str = "p9xq2m7k4e", **members: Any) -> dict[str, Any]:
    return {
        "id": ident,
        "revision": 2,
        "state": "open",
        "title": "VPN gateway 2 keeps failing",
        "service": "vpn-gateway-2",
        "symptom": "GatewayDown",
        "signature": "vpn-gateway-2/GatewayDown",
        "team": "network",
        "rule": "third-in-a-week",
        "reason": "3 incidents within 7 days",
        "accepted_by": None,
        "declined_by": None,
        "declined_because": None,
        "opened_at": "2026-02-20T08:00:00Z",
        "incident_count": 3,
        "last_incident_at": "2026-03-01T03:12:00Z",
        **members,
    }


def refusal(status: int, kind: str, **members: Any) -> httpx.Response:
    """A problem document, as docs/errors.md has them."""
    return httpx.Response(
        status, json={"type": f"urn:leitplanke:error:{kind}", "title": kind, "status": status, **members}
    )


FIRED = {
    "id": "third-hand-over",
    "purpose": "Each hand-over multiplies the time until customers work again.",
    "level": "soft",
    "reason_required": True,
    "may_override": [],
    "source": "A public log of 24,918 incidents.",
}
HARD = {
    **FIRED,
    "id": "freeze",
    "purpose": "The release is frozen.",
    "level": "hard",
    "may_override": ["lead"],
}


def client_of(respond: Respond, *, url: str = URL, pauses: list[float] | None = None) -> Client:
    """A client whose network is `respond`; what it would sleep is noted in `pauses`."""
    noted = [] if pauses is None else pauses
    return Client(url, "a.b.c", http=httpx.MockTransport(respond), sleep=noted.append)
