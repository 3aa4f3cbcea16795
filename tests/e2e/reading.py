"""What the work API says, as tests ask for it."""

from typing import Any

from infra.local.installation import Installation
from infra.local.waiting import wait_for

Card = dict[str, Any]


def incidents(installation: Installation, service: str, *, state: str = "all") -> list[Card]:
    """All incidents of a service, newest first."""
    answer = installation.api.get("/v1/incidents", service=service, state=state, limit=100)
    found: list[Card] = answer["incidents"]
    return found


def wait_for_incident(installation: Installation, service: str, *, state: str, timeout: float = 60) -> Card:
    """The newest incident of the service, once it is routed and in that state."""

    def found() -> Card | None:
        newest = next(iter(incidents(installation, service)), None)
        return newest if newest and newest["state"] == state and newest["priority"] else None

    return wait_for(found, timeout=timeout, what=f"an incident of {service} that is {state}")


def alerts(installation: Installation, incident_id: str) -> list[Card]:
    """Every alert episode of an incident, over all pages."""
    found: list[Card] = []
    query: dict[str, str | int] = {"limit": 100}
    while True:
        answer = installation.api.get(f"/v1/incidents/{incident_id}/alerts", **query)
        found += answer["alerts"]
        if answer["next"] is None:
            return found
        query["page"] = answer["next"]


def kinds(installation: Installation, incident_id: str) -> list[str]:
    """What happened, in order."""
    answer = installation.api.get(f"/v1/incidents/{incident_id}/timeline", limit=100)
    return [line["kind"] for line in answer["timeline"]]
