"""From the page to closed with the command line alone, on the whole system."""

from pathlib import Path
from typing import Any

from infra.local.installation import Installation
from infra.local.waiting import wait_for
from tests.flow.typed import in_terminal, told, typed

SERVICE = "typed-by-hand"
WORKAROUND = "Restart the payment worker"


def page(installation: Installation, service: str) -> Any:
    """An alert comes in, as `leitplanke send` tells it; the incident once it is routed."""
    sent = typed(installation, "send", f"{service}/1", "Payments hang", "--service", service)
    assert sent.returncode == 0, sent.stderr
    return wait_for(lambda: routed(installation, service), timeout=60, what="a routed incident")


def routed(installation: Installation, service: str) -> Any:
    found = told(installation, "incidents", "--service", service)["incidents"]
    return next((one for one in found if one["lane"]), None)


def test_an_incident_goes_from_page_to_closed_by_the_command_line_alone(installation: Installation) -> None:
    ident = page(installation, SERVICE)["id"]

    code, lines = in_terminal(installation, "incidents", "--service", SERVICE)
    assert code == 0
    assert max(map(len, lines)) <= 80, lines
    assert any(line.startswith(ident) and "open" in line for line in lines)

    code, lines = in_terminal(installation, "show", ident[:6])
    assert code == 0
    text = " ".join(" ".join(lines).split())
    assert "Payments hang" in text
    assert "nothing is known yet" in text
    assert f"Take it: leitplanke ack {ident}" in text
    assert told(installation, "why", ident)["decisions"][0]["reasons"]

    assert told(installation, "ack", ident[-6:])["state"] == "acknowledged"
    assert typed(installation, "note", ident, "The queue is full").returncode == 0
    restored = told(installation, "restore", ident, "--workaround", WORKAROUND)
    assert (restored["state"], restored["notice"] is not None) == ("restored", True)
    assert typed(installation, "send", f"{SERVICE}/1", "--resolve").returncode == 0
    wait_for(lambda: not told(installation, "show", ident)["firing"], timeout=60, what="the end of the alert")
    assert told(installation, "close", ident, "--reason", "queue drained")["state"] == "closed"

    story = [line["kind"] for line in told(installation, "timeline", ident)["timeline"]]
    did = [
        "incident.opened",
        "incident.acknowledged",
        "incident.noted",
        "incident.restored",
        "incident.closed",
    ]
    assert [kind for kind in story if kind in did] == did

    again = page(installation, SERVICE)
    card = told(installation, "show", again["id"])
    assert card["worked_last_time"]["text"] == WORKAROUND
    assert told(installation, "restore", again["id"], "--as-before")["state"] == "restored"
    card = told(installation, "show", again["id"])
    assert (card["workaround"], card["workaround_helped"]) == (WORKAROUND, True)


def test_what_is_over_cannot_be_taken_and_the_program_says_so(installation: Installation) -> None:
    ident = page(installation, "over-by-hand")["id"]
    assert typed(installation, "restore", ident).returncode == 0
    done = typed(installation, "ack", ident)
    assert done.returncode == 6
    assert "do this: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_events_becomes_incidents_and_bad_lines_are_named(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    good = '{"alert_key": "replayed/%d", "title": "Replayed", "service": "replayed-%d"}'
    file.write_text("\n".join([good % (1, 1), "no json", '{"title": "no key"}', good % (2, 2)]) + "\n")
    done = typed(installation, "replay", str(file))
    assert done.returncode == 1
    assert "2 events taken, 2 lines refused" in done.stdout
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["line 2", "line 3"]
    for service in ("replayed-1", "replayed-2"):
        wait_for(
            lambda service=service: told(installation, "incidents", "--service", service)["incidents"],
            timeout=60,
            what=f"an incident of {service}",
        )
    quarantined = told(installation, "quarantine")["quarantine"]
    assert any(item["reason"] == "alert_key is missing" for one in quarantined for item in one["items"])


def test_a_policy_is_got_checked_and_put_back(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    assert typed(installation, "policy", "get", "-o", str(file)).returncode == 0
    assert told(installation, "policy", "check", str(file)) == {"ok": True, "faults": []}
    assert told(installation, "policy", "put", str(file))["changed"] is False


def test_a_new_key_opens_the_door_until_it_is_revoked(installation: Installation) -> None:
    made = told(installation, "integrations", "create", "By hand")
    sent = typed(installation, "send", "by-hand/1", "x", "--service", "by-hand", LEITPLANKE_KEY=made["key"])
    assert sent.returncode == 0, sent.stderr
    assert told(installation, "integrations", "revoke", made["id"])["revoked_by"]
    listed = told(installation, "integrations", "list")["integrations"]
    assert [one["revoked_at"] is not None for one in listed if one["id"] == made["id"]] == [True]
    refused = typed(installation, "send", "by-hand/1", "x", LEITPLANKE_KEY="k" * 32)
    assert refused.returncode == 4
