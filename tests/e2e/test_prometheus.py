"""A real Prometheus and a real Alertmanager, pointed at us by configuration alone."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.local.installation import Installation
from infra.local.waiting import wait_for
from tests.e2e.reading import alerts, incidents, kinds, wait_for_incident
from tests.e2e.senders import MonitoredWorld, alertmanager, prometheus

HOSTS = [f"host-{number:04d}" for number in range(1_000)]


def through_alertmanager(stack: ExitStack, installation: Installation, folder: Path) -> dict[str, object]:
    """Prometheus tells Alertmanager, whose webhook receiver is us."""
    address = stack.enter_context(
        alertmanager(
            folder,
            webhook=f"{installation.engine.base_url}/v1/events/alertmanager",
            key=installation.key,
        )
    )
    return {"static_configs": [{"targets": [address]}]}


def straight_to_us(_stack: ExitStack, installation: Installation, _folder: Path) -> dict[str, object]:
    """Prometheus takes us for an Alertmanager; the key is in the path."""
    return {
        "path_prefix": f"/i/{installation.key}",
        "static_configs": [{"targets": [installation.engine.base_url.removeprefix("http://")]}],
    }


@pytest.mark.parametrize(("way", "service"), [(through_alertmanager, "checkout"), (straight_to_us, "search")])
def test_a_thousand_alerts_become_one_incident_and_its_restoration(
    way: object, service: str, installation: Installation, monitored: MonitoredWorld, tmp_path: Path
) -> None:
    assert callable(way)
    with ExitStack() as stack:
        target = way(stack, installation, tmp_path)
        stack.enter_context(prometheus(tmp_path, monitored, target))

        monitored.break_(service, HOSTS)

        incident = wait_for_incident(installation, service, state="open")
        found = wait_for(
            lambda: len(alerts(installation, incident["id"])) == len(HOSTS),
            timeout=90,
            what="every alert in the incident",
        )
        assert found

        monitored.mend(service)

        restored = wait_for_incident(installation, service, state="restored", timeout=120)
    assert restored["id"] == incident["id"]
    assert len(incidents(installation, service)) == 1
    episodes = alerts(installation, incident["id"])
    assert len(episodes) == len(HOSTS)
    assert all(episode["resolved_at"] for episode in episodes)
    story = kinds(installation, incident["id"])
    assert story[0] == "incident.opened"
    assert story.count("incident.restored") == 1
