"""The protocols we speak, and which of them a request speaks."""

from collections.abc import Mapping

from leitplanke.wire import alertmanager, cloudevents, pagerduty, plain, prometheus
from leitplanke.wire.intake import Wire

WIRES: tuple[Wire, ...] = (
    alertmanager.WIRE,
    prometheus.WIRE,
    pagerduty.WIRE,
    cloudevents.WIRE,
    plain.WIRE,
)
"""Where several share a path, the first that claims the request gets it; our own JSON claims everything."""
BY_NAME = "/v1/events/"


def wire_for(path: str, headers: Mapping[str, str]) -> Wire | None:
    """The protocol of a POST to this path (without any /i/<key> in front), None if there is none."""
    name = path.removeprefix(BY_NAME) if path.startswith(BY_NAME) else None
    for wire in WIRES:
        if wire.name == name or (path in wire.paths and wire.claims(headers)):
            return wire
    return None


def known_paths() -> tuple[str, ...]:
    """Every address a sender may post to, for the answer to one who missed them."""
    return tuple(dict.fromkeys([path for wire in WIRES for path in (BY_NAME + wire.name, *wire.paths)]))
