"""POST /v1/incidents/{id}/...: people act."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import Changed, Incident, IncidentState
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import ActivePolicy, Policies
from leitplanke.usecases.acting import Done
from leitplanke.usecases.work_incidents import IncidentWork
from tests.component.serve_api.conftest import NOW, Api, Calls, World
from tests.support.people import act_of, work_on


def path_of(incident: Incident, action: str = "") -> str:
    return f"/v1/incidents/{incident.incident_id}{action}"


def story(api: Api, incident: Incident) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = api.get(path_of(incident, "/timeline"), limit="200").json["timeline"]
    return lines


def test_who_acknowledges_has_it(api: Api, world: World, calls: Calls) -> None:
    incident = world.incident(acknowledge_by=NOW)
    with calls.counted() as seen:
        answer = api.post(path_of(incident, "/acknowledge"))
    assert (answer.status, answer.headers["etag"]) == (200, '"2"')
    after = answer.json
    assert (after["state"], after["acknowledged_by"], after["assignee"]) == (
        "acknowledged",
        "Ada Example",
        "Ada Example",
    )
    assert (after["revision"], after["changed"], after["notice"]) == (2, True, None)
    assert api.get(path_of(incident)).json["acknowledge_by"] is None
    assert (story(api, incident)[-1]["kind"], story(api, incident)[-1]["by"]) == (
        "incident.acknowledged",
        "Ada Example",
    )
    # the incident, the policy's version (once a process and a minute); what the person holds
    assert seen == {"GetItem": 2, "Query": 4, "TransactWriteItems": 1}


def test_acknowledging_again_changes_nothing(api: Api, world: World, calls: Calls) -> None:
    incident = world.incident()
    api.post(path_of(incident, "/acknowledge"))
    with calls.counted() as seen:
        again = api.post(path_of(incident, "/acknowledge"))
    assert (again.status, again.json["changed"], again.json["revision"]) == (200, False, 2)
    assert seen == {"GetItem": 1}


def test_what_is_restored_cannot_be_acknowledged(api: Api, world: World) -> None:
    incident = world.incident(state=IncidentState.RESTORED)
    answer = api.post(path_of(incident, "/acknowledge"))
    assert (answer.status, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json == {
        "type": "urn:leitplanke:error:conflict",
        "title": "Not in this state",
        "status": 409,
        "detail": "the incident is restored, there is nothing left to acknowledge",
        "remedy": "nothing to do; the next alert of its group reopens it, or opens a new one",
    }


def test_assigning_names_who_gets_it_and_leaves_it_open(api: Api, world: World) -> None:
    incident = world.incident()
    after = api.post(path_of(incident, "/assign"), {"assignee": "  Grace Example "}).json
    assert (after["assignee"], after["state"], after["acknowledged_by"]) == ("Grace Example", "open", None)
    again = api.post(path_of(incident, "/assign"), {"assignee": "Grace Example"}).json
    assert (again["changed"], again["revision"]) == (False, 2)


def test_a_note_is_a_line_of_the_story_even_after_the_end(api: Api, world: World) -> None:
    incident = world.incident(state=IncidentState.CLOSED)
    assert api.post(path_of(incident, "/note"), {"text": "Carrier confirms\nan outage"}).status == 200
    line = story(api, incident)[-1]
    assert (line["kind"], line["data"]) == ("incident.noted", {"text": "Carrier confirms\nan outage"})


def test_restoring_keeps_the_workaround_and_the_policys_reopen_window(
    api: Api, world: World, table: Table, calls: Calls
) -> None:
    Policies(table).put("reopen_window: 2h\n", expected=None, by=Actor(name="Ada Example"), at=NOW)
    incident = world.incident()
    body = {"workaround": "Restart the IKE daemon", "helped": True, "note": "carrier was innocent"}
    with calls.counted() as seen:
        answer = api.post(path_of(incident, "/restore"), body)
    assert (answer.status, answer.json["state"], answer.json["notice"]) == (200, "restored", None)
    card = api.get(path_of(incident)).json
    assert (card["workaround"], card["workaround_helped"]) == ("Restart the IKE daemon", True)
    restored_at = datetime.fromisoformat(card["restored_at"])
    assert (datetime.fromisoformat(card["closes_at"]) - restored_at).total_seconds() == 7_200
    line = story(api, incident)[-1]
    assert (line["kind"], line["loud"], line["by"]) == ("incident.restored", True, "Ada Example")
    assert line["data"]["reason"] == "carrier was innocent"
    assert line["data"]["workaround"] == "Restart the IKE daemon"
    # the policy is read once per process: pointer and text
    assert seen == {"GetItem": 2, "Query": 5, "TransactWriteItems": 1}
    with calls.counted() as seen:
        api.post(path_of(world.incident(), "/restore"))
    assert seen["GetItem"] == 1


@pytest.mark.parametrize("body", [None, {}])
def test_restoring_needs_no_words(api: Api, world: World, body: object) -> None:
    incident = world.incident()
    assert api.post(path_of(incident, "/restore"), body).json["state"] == "restored"
    assert story(api, incident)[-1]["data"]["reason"] == "said by hand"


def test_restoring_while_alerts_fire_is_done_and_said(api: Api, world: World) -> None:
    incident = world.incident()
    world.alert(incident)
    after = api.post(path_of(incident, "/restore")).json
    assert after["state"] == "restored"
    assert after["notice"] == (
        "Alerts still fire in it, the worst is error. It stays restored unless another one begins, "
        "and does not close by itself while they fire."
    )


def test_a_workaround_can_be_told_after_the_alerts_ended_it(api: Api, world: World) -> None:
    incident = world.incident(state=IncidentState.RESTORED, restored_at=NOW, restored_by="leitplanke")
    after = api.post(path_of(incident, "/restore"), {"workaround": "Restart the IKE daemon"}).json
    assert (after["changed"], after["restored_by"], after["restored_at"]) == (
        True,
        "leitplanke",
        "2026-03-01T09:00:00Z",
    )
    assert api.get(path_of(incident)).json["workaround"] == "Restart the IKE daemon"
    again = api.post(path_of(incident, "/restore"), {"workaround": "Restart the IKE daemon"}).json
    assert again["changed"] is False


def test_restoring_again_without_news_changes_nothing(api: Api, world: World) -> None:
    incident = world.incident()
    api.post(path_of(incident, "/restore"))
    again = api.post(path_of(incident, "/restore")).json
    assert (again["changed"], again["revision"]) == (False, 2)


def test_what_customers_still_wait_for_is_closed_only_past_a_guardrail(api: Api, world: World) -> None:
    incident = world.incident()
    answer = api.post(path_of(incident, "/close"))
    assert (answer.status, answer.json["type"]) == (409, "urn:leitplanke:error:guardrail")
    override = {"guardrail": "close-before-restored", "reason": "a false alarm"}
    after = api.post(path_of(incident, "/close"), {"override": override}).json
    assert (after["state"], after["restored_at"], after["overridden"]) == ("closed", None, 1)
    assert api.get(path_of(incident)).json["headline"] == (
        "Closed by Ada Example as none: it was never restored."
    )


def test_what_is_restored_can_be_closed_once(api: Api, world: World, calls: Calls) -> None:
    incident = world.incident(state=IncidentState.RESTORED)
    with calls.counted() as seen:
        after = api.post(path_of(incident, "/close"), {"reason": "carrier fixed it"}).json
    assert (after["state"], after["changed"], after["notice"]) == ("closed", True, None)
    assert story(api, incident)[-1]["data"] == {"reason": "carrier fixed it"}
    assert api.get(path_of(incident)).json["closed_by"] == "Ada Example"
    assert seen == {"GetItem": 2, "TransactWriteItems": 1, "Query": 4}
    again = api.post(path_of(incident, "/close")).json
    assert (again["changed"], again["revision"]) == (False, 2)


def test_closing_while_alerts_fire_says_what_becomes_of_them(api: Api, world: World) -> None:
    incident = world.incident(state=IncidentState.RESTORED)
    world.alert(incident)
    after = api.post(path_of(incident, "/close")).json
    assert after["state"] == "closed"
    assert after["notice"].startswith(
        "Alerts still fire in it, the worst is error. They are ended within minutes"
    )


ACTIONS = [
    ("acknowledge", None),
    ("assign", {"assignee": "Grace Example"}),
    ("note", {"text": "a remark"}),
    ("restore", {"workaround": "restart"}),
]


@pytest.mark.parametrize(("action", "body"), [*ACTIONS, ("close", None)])
def test_an_action_on_nothing_is_not_found(api: Api, action: str, body: object) -> None:
    answer = api.post(f"/v1/incidents/nobody/{action}", body)
    assert (answer.status, answer.json["detail"]) == (404, "no incident 'nobody'")


@pytest.mark.parametrize(("action", "body"), ACTIONS)
def test_an_action_on_the_revision_that_was_read_is_done(
    api: Api, world: World, action: str, body: object
) -> None:
    incident = world.incident()
    read = api.get(path_of(incident)).headers["etag"]
    answer = api.post(path_of(incident, f"/{action}"), body, if_match=read)
    assert (answer.status, answer.headers["etag"]) == (200, '"2"')


@pytest.mark.parametrize(("action", "body"), ACTIONS)
def test_an_action_on_an_older_revision_is_refused_and_changes_nothing(
    api: Api, world: World, action: str, body: object
) -> None:
    incident = world.incident()
    api.post(path_of(incident, "/note"), {"text": "somebody was faster"})
    answer = api.post(path_of(incident, f"/{action}"), body, if_match='"1"')
    assert (answer.status, answer.headers["content-type"]) == (412, "application/problem+json")
    assert answer.json == {
        "type": "urn:leitplanke:error:stale-revision",
        "title": "Somebody else changed it first",
        "status": 412,
        "detail": "revision 1 is no longer current, it is 2",
        "remedy": "read it again, decide again, and send the new revision",
        "current_revision": 2,
    }
    assert world.incidents.get(incident.incident_id).revision == 2


def test_a_precondition_that_is_no_revision_is_told_so(api: Api, world: World) -> None:
    answer = api.post(path_of(world.incident(), "/acknowledge"), if_match='"latest"')
    assert (answer.status, answer.json["field"]) == (400, "If-Match")


@pytest.mark.parametrize(
    ("action", "body", "field", "remedy"),
    [
        ("assign", {}, "body", "send assignee, team, or both"),
        ("assign", {"assignee": "  "}, "assignee", "send something"),
        ("assign", {"assignee": 7}, "assignee", "send a text"),
        ("assign", {"asignee": "Grace Example", "assignee": "x"}, "asignee", "did you mean assignee?"),
        ("note", {"text": "x" * 4_001}, "text", "send at most 4000 characters"),
        ("note", [], "body", "send a JSON object"),
        ("note", None, "body", "send it"),
        ("restore", {"helped": "perhaps"}, "helped", "send true or false"),
        ("restore", {"workarounds": "restart"}, "workarounds", "did you mean workaround?"),
        ("close", {"why": "done"}, "why", "known here: override, reason"),
    ],
)
def test_a_wrong_body_is_told_by_field_and_remedy(  # noqa: PLR0913
    api: Api, world: World, action: str, body: object, field: str, remedy: str
) -> None:
    answer = api.post(path_of(world.incident(), f"/{action}"), body)
    assert (answer.status, answer.json["type"]) == (422, "urn:leitplanke:error:invalid-fields")
    assert (answer.json["field"], answer.json["remedy"]) == (field, remedy)


def test_a_lone_half_of_a_character_is_told_and_not_stored(api: Api, world: World) -> None:
    incident = world.incident()
    answer = api.call("POST", path_of(incident, "/note"), body='{"text": "\\ud800"}')
    assert (answer.status, answer.json["field"]) == (422, "text")


class Meddler(Incidents):
    """Before every commit somebody else changes the incident first."""

    def __init__(self, table: Table, times: int) -> None:
        super().__init__(table)
        self.times = times

    def commit(self, before: Incident, changed: Changed, **extra: Any) -> Incident:
        if self.times:
            self.times -= 1
            other = work_with(Incidents(self._table), self._table)
            other.note(act_of("Grace Example", before, at=NOW), text="meanwhile")
        return super().commit(before, changed, **extra)


def work_with(incidents: Incidents, table: Table) -> IncidentWork:
    return work_on(table, ActivePolicy(table), incidents=incidents)


def test_a_lost_race_is_decided_again_where_no_revision_was_named(world: World, table: Table) -> None:
    incident = world.incident()
    done = work_with(Meddler(table, times=3), table).acknowledge(act_of("Ada Example", incident, at=NOW))
    assert isinstance(done, Done)
    assert (done.record.revision, done.record.acknowledged_by) == (5, "Ada Example")


def test_of_sixteen_who_acknowledge_at_once_each_has_a_revision_of_their_own(
    world: World, table: Table
) -> None:
    incident = world.incident()

    def acknowledge(number: int) -> Done[Incident]:
        done = work_with(Incidents(table), table).acknowledge(act_of(f"Person {number}", incident, at=NOW))
        assert isinstance(done, Done)
        return done

    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(acknowledge, range(16)))
    assert all(one.changed for one in done)
    stored = world.incidents.get(incident.incident_id)
    assert stored.revision == 17
    lines = world.incidents.timeline(incident.incident_id, after_revision=0, limit=100).entries
    assert [line.revision for line in lines] == list(range(1, 18))
    assert {line.change.by for line in lines[1:]} == {f"Person {number}" for number in range(16)}
    by_revision = {one.record.revision: one.record.acknowledged_by for one in done}
    assert by_revision == {line.revision: line.change.by for line in lines[1:]}
    assert stored.acknowledged_by == lines[-1].change.by


def test_the_same_person_sixteen_times_at_once_is_one_line(world: World, table: Table) -> None:
    incident = world.incident()

    def acknowledge(_: int) -> Done[Incident]:
        done = work_with(Incidents(table), table).acknowledge(act_of("Ada Example", incident, at=NOW))
        assert isinstance(done, Done)
        return done

    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(acknowledge, range(16)))
    assert [one.changed for one in done].count(True) == 1
    assert world.incidents.get(incident.incident_id).revision == 2
