"""The whole system on the local engine: it routes and tells, and a stop in a burst's middle costs nothing."""

from collections import Counter
from pathlib import Path

from infra.local.api import Json
from infra.local.installation import EXAMPLE_POLICY, Installation
from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from infra.local.waiting import wait_for

SERVICES = [f"burst-{number}" for number in range(12)]
ALERTS_PER_SERVICE = 10
AFTERWARDS = "after-the-restart"


def test_a_routed_incident_is_told_to_somebody(installation: Installation) -> None:
    post(installation, "told")
    (incident,) = wait_for(lambda: routed(installation, "told"), timeout=30, what="routing")
    wait_for(lambda: notifications(installation)[incident["id"]], timeout=30, what="a notification")


def test_a_stop_in_the_middle_of_a_burst_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=state)) as engine:
        first = opened(engine, state)
        first.put_policy(EXAMPLE_POLICY.read_text("utf-8"))
        for number in range(ALERTS_PER_SERVICE):
            post(first, *SERVICES, instance=str(number))
        key = first.key
        first.close()

    with EngineProcess(EngineSettings(port=0, aws_port=0, state_dir=state)) as engine:
        again = opened(engine, state)
        assert again.key == key
        post(again, AFTERWARDS)
        wait_for(lambda: everything_is_there(again), timeout=90, what="all incidents with all their alerts")
        incidents = routed(again)
        assert sorted(item["service"] for item in incidents) == sorted([*SERVICES, AFTERWARDS])
        wait_for(lambda: len(notifications(again)) == len(incidents), timeout=60, what="notifications")
        assert set(notifications(again).values()) == {1}
        again.close()


def opened(engine: EngineProcess, state: Path) -> Installation:
    installation = Installation(engine, state)
    installation.open()
    return installation


def post(installation: Installation, *services: str, instance: str = "0") -> None:
    """One firing alert for each service, as Prometheus posts them."""
    alerts = [
        {"labels": {"alertname": "NotAnswering", "service": service, "instance": instance}}
        for service in services
    ]
    installation.api.ingest("/api/v2/alerts", alerts, key=installation.key)


def routed(installation: Installation, service: str | None = None) -> list[Json]:
    """Open incidents (of `service`) that have a lane."""
    query = {"service": service} if service else {}
    page = installation.api.get("/v1/incidents", limit=200, **query)
    return [item for item in page["incidents"] if item["lane"]]


def everything_is_there(installation: Installation) -> bool:
    incidents = {item["service"]: item["id"] for item in routed(installation)}
    return AFTERWARDS in incidents and all(
        service in incidents and firing(installation, incidents[service]) == ALERTS_PER_SERVICE
        for service in SERVICES
    )


def firing(installation: Installation, incident_id: str) -> int:
    return len(installation.api.get(f"/v1/incidents/{incident_id}")["firing"])


def notifications(installation: Installation) -> Counter[str]:
    """How often each incident was told, by its link."""
    marker = f"{installation.engine.base_url.rsplit(':', 1)[0]}:"
    links = (
        word.rsplit("/", 1)[-1]
        for item in installation.inbox()
        for word in item["body"]["message"].split()
        if word.startswith(marker) and "/board/incidents/" in word
    )
    return Counter(links)
