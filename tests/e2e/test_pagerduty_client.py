"""The official PagerDuty client against us: only its base URL is changed."""

import httpx2
import pagerduty

from infra.local.installation import Installation
from tests.e2e.reading import kinds, wait_for_incident


class WithoutTls(httpx2.HTTPTransport):
    """The client insists on https; on this machine there is nobody to encrypt for."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme="http")
        return super().handle_request(request)


def test_trigger_acknowledge_resolve(installation: Installation) -> None:
    base_url = installation.engine.base_url.replace("http://", "https://")
    with pagerduty.EventsApiV2Client(installation.key, base_url=base_url, transport=WithoutTls()) as client:
        _play(client, installation)


def _play(client: pagerduty.EventsApiV2Client, installation: Installation) -> None:
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
