"""Every way in: the routes of the template that lead to receive_events, and who speaks there."""

from dataclasses import dataclass
from typing import Any

from infra.local.template import load_template
from leitplanke.wire.senders import BY_NAME, WIRES
from tests.hostile.cloud import KEY
from tests.hostile.senders import (
    CLOUDEVENT,
    CLOUDEVENTS_BATCH,
    CLOUDEVENTS_BINARY,
    JSON,
    PAGERDUTY,
    PROMETHEUS,
    SENDERS,
    Sender,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way in: a route of the template, a path that takes it, and who speaks there."""

    route: str
    path: str
    sender: Sender

    def __str__(self) -> str:
        return f"{self.route.partition(' ')[2]} {self.sender.name}"


def ingestion_routes() -> set[str]:
    """The routes of the template that lead to receive_events."""
    resources: dict[str, Any] = load_template()["Resources"]
    target = {"Fn::Sub": "integrations/${ReceiveEventsIntegration}"}
    return {
        one["Properties"]["RouteKey"]
        for one in resources.values()
        if one["Type"] == "AWS::ApiGatewayV2::Route" and one["Properties"]["Target"] == target
    }


def doors() -> list[Door]:
    """Every way in, by route: whoever adds a route says here who speaks there."""
    shared = (JSON, CLOUDEVENT, CLOUDEVENTS_BATCH, CLOUDEVENTS_BINARY)
    own_path = {wire.name: wire.paths[0] if wire.paths else BY_NAME + wire.name for wire in WIRES}
    return [
        *(Door(route="POST /v1/events", path="/v1/events", sender=one) for one in shared),
        *(Door(route="POST /v1/events/{sender}", path=BY_NAME + one.wire, sender=one) for one in SENDERS),
        Door(route="POST /api/v2/alerts", path="/api/v2/alerts", sender=PROMETHEUS),
        Door(route="POST /v2/enqueue", path="/v2/enqueue", sender=PAGERDUTY),
        *(
            Door(route="ANY /i/{key}/{proxy+}", path=f"/i/{KEY}{own_path[one.wire]}", sender=one)
            for one in SENDERS
        ),
    ]


WITHOUT_A_BODY = {"OPTIONS /v1/events"}
"""Routes whose requests say nothing that is read."""
