"""GET /v1/incidents/{id} and below: one incident, its story, its reasons, its alerts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leitplanke.domain.alerts import AlertState
from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import CutOff, IncidentState, KnownWorkaround
from leitplanke.table import keys, rows
from leitplanke.table.client import Put
from tests.component.serve_api.conftest import NOW, Api, Calls, World


def test_a_card_says_exactly_this(api: Api, world: World) -> None:
    known = KnownWorkaround(text="Restart the IKE daemon", incident_id="inc0", used=3, worked=2, last_at=NOW)
    incident = world.incident(
        priority="P1",
        impact=1,
        urgency=1,
        lane="expedite",
        team="network",
        cut_off=(CutOff(name="Federal Registry Office", heads=1800),),
        cut_off_count=1,
        heads=1800,
        known_workaround=known,
        problem_id="prb1",
        acknowledge_by=NOW,
    )
    alert = world.alert(incident)
    answer = api.get(f"/v1/incidents/{incident.incident_id}")
    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    here = f"/v1/incidents/{incident.incident_id}"
    card = answer.json
    ahead = card["guardrails"]
    assert {(one["action"], one["guardrail"], one["always"]) for one in ahead} == {
        ("close", "close-before-restored", True),
        ("note", "cause-before-restore", False),
        ("prioritise", "lower-priority-while-cut-off", False),
        ("suppress", "suppress-over-a-day", False),
        ("suppress", "suppress-without-end", False),
    }
    listed = api.get("/v1/incidents").json["incidents"][0]
    assert {name: card[name] for name in listed} == listed
    assert {name: value for name, value in card.items() if name not in listed} == {
        "headline": "Federal Registry Office (1,800 people) cannot work since 2026-03-01 08:49 UTC; "
        "nobody of team network has taken it yet.",
        "worked_last_time": {
            "text": "Restart the IKE daemon",
            "incident_id": "inc0",
            "used": 3,
            "worked": 2,
            "last_at": "2026-03-01T09:00:00Z",
        },
        "guardrails": ahead,
        "firing": [
            {
                "id": alert.alert_id,
                "title": "Gateway 1 does not answer",
                "severity": "error",
                "since": "2026-03-01T09:00:00Z",
                "last_seen_at": "2026-03-01T09:00:00Z",
                "occurrences": 4,
                "sender": "alertmanager",
                "integration_id": "blue",
                "key": alert.alert_key,
                "labels": {"instance": "gw1"},
                "annotations": {"summary": "no answer to IKE"},
                "links": [{"href": "https://monitoring.example/gw1", "text": "graph"}],
                "flags": [],
            }
        ],
        "more_firing": False,
        "symptom": "gateway down",
        "signature": incident.signature,
        "labels": {"site": "north"},
        "policy_version": 3,
        "workaround": None,
        "workaround_helped": None,
        "closed_by": None,
        "acknowledge_by": "2026-03-01T09:00:00Z",
        "closes_at": None,
        "look_further": [{"href": "https://monitoring.example/gw1", "text": "graph"}],
        "links": {
            "self": here,
            "timeline": f"{here}/timeline",
            "why": f"{here}/why",
            "alerts": f"{here}/alerts",
            "problem": "/v1/problems/prb1",
        },
    }


def test_a_card_shows_the_worst_fifty_alerts_and_says_that_there_are_more(
    api: Api, world: World, calls: Calls
) -> None:
    incident = world.incident()
    for _ in range(60):
        world.alert(incident, severity=Severity.WARNING)
    worst = {world.alert(incident, severity=Severity.CRITICAL).alert_id for _ in range(3)}
    with calls.counted() as seen:
        card = api.get(f"/v1/incidents/{incident.incident_id}").json
    assert len(card["firing"]) == 50
    assert {alert["id"] for alert in card["firing"][:3]} == worst
    assert card["more_firing"] is True
    assert card["look_further"] == [{"href": "https://monitoring.example/gw1", "text": "graph"}]
    # what fires, and how many incidents the reader holds: guardrails will ask
    assert seen == {"GetItem": 3, "Query": 8, "BatchGetItem": 1}


def test_exactly_fifty_alerts_are_all(api: Api, world: World) -> None:
    incident = world.incident()
    for _ in range(50):
        world.alert(incident)
    card = api.get(f"/v1/incidents/{incident.incident_id}").json
    assert (len(card["firing"]), card["more_firing"]) == (50, False)


def test_an_alert_that_has_ended_is_not_shown_as_firing(api: Api, world: World) -> None:
    incident = world.incident()
    alert = world.alert(incident)
    stored = world.alerts.load([alert.alert_id], now=NOW)[alert.alert_id]
    world.alerts.save([(stored, replace(alert, state=AlertState.RESOLVED, resolved_at=NOW))])
    card = api.get(f"/v1/incidents/{incident.incident_id}").json
    assert (card["firing"], card["look_further"]) == ([], [])


def test_what_another_incident_has_taught_since_is_on_the_card(api: Api, world: World) -> None:
    incident = world.incident(signature="same")
    other = world.incident(
        signature="same", state=IncidentState.RESTORED, workaround="Restart the IKE daemon"
    )
    world.learn(other)
    card = api.get(f"/v1/incidents/{incident.incident_id}").json
    assert card["worked_last_time"]["text"] == "Restart the IKE daemon"
    assert card["worked_last_time"]["incident_id"] == other.incident_id


def test_a_timeline_tells_who_did_what_when(api: Api, world: World, calls: Calls) -> None:
    incident = world.incident()
    path = f"/v1/incidents/{incident.incident_id}"
    api.post(f"{path}/assign", {"assignee": "Grace Example"})
    with calls.counted() as seen:
        answer = api.get(f"{path}/timeline")
    first, second = answer.json["timeline"]
    assert first == {
        "revision": 1,
        "at": "2026-03-01T08:50:00Z",
        "by": "leitplanke",
        "by_id": "",
        "kind": "incident.opened",
        "loud": False,
        "data": {
            "title": "VPN gateway 1 does not answer",
            "service": "vpn-gateway-1",
            "severity": "critical",
        },
    }
    assert (second["revision"], second["by"], second["kind"]) == (2, "Ada Example", "incident.assigned")
    assert second["data"]["assignee"] == "Grace Example"
    assert answer.json["next"] is None
    assert seen == {"Query": 1}


def test_a_long_timeline_comes_in_pages(api: Api, world: World) -> None:
    path = f"/v1/incidents/{world.incident().incident_id}"
    for number in range(12):
        api.post(f"{path}/note", {"text": f"note {number}"})
    revisions: list[int] = []
    page = api.get(f"{path}/timeline", limit="5").json
    while True:
        revisions.extend(line["revision"] for line in page["timeline"])
        if page["next"] is None:
            break
        page = api.get(f"{path}/timeline", limit="5", page=page["next"]).json
    assert revisions == list(range(1, 14))


def test_why_gives_the_decisions_newest_first_with_their_reasons(
    api: Api, world: World, calls: Calls
) -> None:
    incident = world.incident()
    for revision in (2, 5, 9):
        row = rows.plain_row(
            keys.decision(incident.incident_id, revision),
            "decision",
            revision=revision,
            at=NOW + timedelta(minutes=revision),
            policy=4,
            outcome={
                "priority": "P1",
                "team": "network",
                "reasons": [
                    {"rule": "priority", "text": "impact 1 and urgency 1 give P1", "facts": {"impact": 1}}
                ],
            },
            facts={"service": "vpn-gateway-1", "down": ["vpn-gateway-1"]},
        )
        world.table.put(Put(row=row))
    path = f"/v1/incidents/{incident.incident_id}/why"
    with calls.counted() as seen:
        page = api.get(path, limit="2").json
    assert [one["revision"] for one in page["decisions"]] == [9, 5]
    assert page["decisions"][0] == {
        "revision": 9,
        "at": "2026-03-01T09:09:00Z",
        "policy_version": 4,
        "outcome": {"priority": "P1", "team": "network"},
        "facts": {"service": "vpn-gateway-1", "down": ["vpn-gateway-1"]},
        "reasons": [{"rule": "priority", "text": "impact 1 and urgency 1 give P1", "facts": {"impact": 1}}],
    }
    assert seen == {"Query": 1}
    rest = api.get(path, limit="2", page=page["next"]).json
    assert ([one["revision"] for one in rest["decisions"]], rest["next"]) == ([2], None)


def test_an_incident_that_is_not_routed_yet_has_no_reasons(api: Api, world: World) -> None:
    answer = api.get(f"/v1/incidents/{world.incident().incident_id}/why")
    assert (answer.status, answer.json) == (200, {"decisions": [], "next": None})


def test_alerts_are_told_as_episodes_in_pages(api: Api, world: World) -> None:
    incident = world.incident()
    ids = sorted(world.alert(incident).alert_id for _ in range(9))
    path = f"/v1/incidents/{incident.incident_id}/alerts"
    first = api.get(path, limit="4").json
    assert first["alerts"][0] == {
        "alert_id": ids[0],
        "episode": 1,
        "title": "Gateway 1 does not answer",
        "symptom": "gateway down",
        "severity": "error",
        "fired_at": "2026-03-01T09:00:00Z",
        "resolved_at": None,
        "resolved_by": None,
    }
    found = [one["alert_id"] for one in first["alerts"]]
    page = first
    while page["next"] is not None:
        page = api.get(path, limit="4", page=page["next"]).json
        found.extend(one["alert_id"] for one in page["alerts"])
    assert found == ids


@pytest.mark.parametrize("below", ["", "/timeline", "/why", "/alerts"])
def test_an_incident_that_does_not_exist_is_not_found(api: Api, below: str) -> None:
    answer = api.get(f"/v1/incidents/nobody{below}")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json == {
        "type": "urn:leitplanke:error:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "no incident 'nobody'",
        "field": "id",
        "remedy": "take one from GET /v1/incidents?state=all",
    }


@pytest.mark.parametrize("ident", ["a b", "x" * 65, "ä", "..", "a%2Fb"])
def test_what_cannot_be_an_id_is_told_so(api: Api, ident: str) -> None:
    answer = api.get(f"/v1/incidents/{ident}")
    assert (answer.status, answer.json["field"]) == (422, "id")
