"""The official PagerDuty client against us: only its base URL is changed."""

import pagerduty

from infra.local.installation import Installation
from tests.e2e.reading import kinds, wait_for_incident


def test_trigger_acknowledge_resolve(installation: Installation) -> None:
    client = pagerduty.EventsApiV2Client(installation.key, base_url=installation.engine.base_url)
    key = client.trigger(
        "payment terminals do not answer",
        "terminals-north",
        severity="critical",
        payload={"component": "payment-terminals"},
    )

    opened = wait_for_incident(installation, "payment-terminals", state="open")
    assert opened["title"] == "payment terminals do not answer"

    assert client.acknowledge(key) == key
    acknowledged = wait_for_incident(installation, "payment-terminals", state="acknowledged")
    assert acknowledged["id"] == opened["id"]

    assert client.resolve(key) == key
    restored = wait_for_incident(installation, "payment-terminals", state="restored")
    assert restored["id"] == opened["id"]
    assert kinds(installation, opened["id"])[-2:] == ["incident.acknowledged", "incident.restored"]
