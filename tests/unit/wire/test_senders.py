import re
from pathlib import Path

import pytest

from leitplanke.wire import plain, reading
from leitplanke.wire.intake import Wire
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
def test_no_protocol_asks_a_sender_to_come_again_with_a_success_or_a_429(wire: Wire) -> None:
    assert wire.unavailable().status == 503


GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guides" / "senders.md").read_text()


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_the_guide_for_senders_describes_every_protocol(wire: Wire) -> None:
    assert wire.name in GUIDE
    for path in wire.paths or (f"/v1/events/{wire.name}",):
        assert f"`POST {path}`" in GUIDE


def test_the_guide_lists_the_fields_of_our_own_json() -> None:
    for name in plain.FIELDS:
        assert f"`{name}`" in GUIDE


def test_the_guide_lists_exactly_the_severity_words_that_are_understood() -> None:
    rows = re.findall(r"^\| (critical|error|warning|info) \| (.+) \|$", GUIDE, flags=re.MULTILINE)
    assert [ours for ours, _ in rows] == ["critical", "error", "warning", "info"]
    told = {word: ours for ours, words in rows for word in words.split(", ")}
    assert told == {word: severity.value for word, severity in reading._SEVERITY_BY_WORD.items()}


def test_the_guide_explains_every_mark_on_an_event() -> None:
    for flag in ("truncated", "clock_skew", "clock_unreadable", "incomplete"):
        assert f"| `{flag}` |" in GUIDE
