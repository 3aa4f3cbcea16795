import pytest

from leitplanke.wire.senders import WIRES, known_paths, wire_for

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("path", "headers", "name"),
    [
        ("/v1/events/alertmanager", JSON, "alertmanager"),
        ("/api/v2/alerts", JSON, "prometheus"),
        ("/v1/events/prometheus", JSON, "prometheus"),
        ("/v2/enqueue", JSON, "pagerduty"),
        ("/v1/events", JSON, "json"),
        ("/v1/events", {}, "json"),
        ("/v1/events", {"content-type": "application/cloudevents+json"}, "cloudevents"),
        ("/v1/events", {"content-type": "application/cloudevents+xml"}, "cloudevents"),
        ("/v1/events", {"ce-specversion": "1.0"}, "cloudevents"),
        ("/v1/events/json", JSON, "json"),
    ],
)
def test_a_request_finds_its_protocol(path: str, headers: dict[str, str], name: str) -> None:
    wire = wire_for(path, headers)
    assert wire is not None
    assert wire.name == name


@pytest.mark.parametrize("path", ["/v1/events/pigeon", "/v1/events/", "/", "", "/v2/enqueue/x", "/v1/event"])
def test_an_unknown_address_finds_none(path: str) -> None:
    assert wire_for(path, JSON) is None


def test_every_protocol_has_a_name_of_its_own_and_can_be_reached_by_it() -> None:
    names = [wire.name for wire in WIRES]
    assert len(set(names)) == len(names)
    assert known_paths() == (
        "/v1/events/alertmanager",
        "/v1/events/prometheus",
        "/api/v2/alerts",
        "/v1/events/pagerduty",
        "/v2/enqueue",
        "/v1/events/cloudevents",
        "/v1/events",
        "/v1/events/json",
    )


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_no_protocol_asks_a_sender_to_come_again_with_a_success_or_a_429(wire: object) -> None:
    answer = wire.unavailable()  # type: ignore[attr-defined]
    assert answer.status == 503
