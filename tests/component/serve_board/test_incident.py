"""An incident's page: what a tired person needs, its reasons and its story, from a fixed number of reads."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from markupsafe import escape

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import Incident
from leitplanke.edge import clock
from leitplanke.edge.identity import Scope
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.policies import Policies
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.acting import Act
from leitplanke.usecases.work_incidents import IncidentWork
from tests.component.serve_board.conftest import HOSTILE, NOW, Browser, Calls, form_of, signed_in
from tests.support.world import World


@pytest.fixture
def world(table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(table, now=NOW)
    monkeypatch.setattr(clock, "now", lambda: world.now)
    yield world


def path_of(incident: Incident) -> str:
    return f"/board/incidents/{incident.incident_id}"


def work(world: World) -> IncidentWork:
    return IncidentWork(
        incidents=Incidents(world.table),
        alerts=Alerts(world.table),
        policies=world.policies,
        guard=world.guard,
        receipts=Receipts(world.table),
    )


def test_it_says_what_fires_why_it_is_so_urgent_and_what_happened(world: World) -> None:
    world.tell(world.event())
    incident = world.the_incident()
    ada = Actor(name="Ada Example", ident="u-1")
    work(world).note(Act(ident=incident.incident_id, actor=ada, at=world.now), text="Carrier confirms")
    page = signed_in().get(path_of(incident))
    assert page.status == 200
    for words in (
        "vpn-gateway-1 GatewayDown",
        "Nobody is known to be cut off",
        "State open",
        "critical vpn-gateway-1 GatewayDown",
        "vpn runs on vpn-gateway-2 alone",
        "opened by pagerduty",
        "noted by Ada Example: Carrier confirms",
        "nothing is known yet",
    ):
        assert words in page.said, words


def test_it_costs_the_same_with_few_and_with_many_alerts(world: World, calls: Calls) -> None:
    signed_in().get("/board")  # from now on the process knows the policy
    seen = []
    for number in (1, 60):
        world.tell(*(world.event(f"alert-{one}") for one in range(number)))
        path = path_of(world.the_incident())
        with calls.counted() as counted:
            signed_in().get(path)
        seen.append(counted)
    # the incident, its workaround; what fires, of four shards; those alerts; its story, its reasons; and what
    # the person holds, of four shards, for the guardrail against taking a tenth
    assert seen == [{"GetItem": 2, "Query": 10, "BatchGetItem": 1}] * 2


def test_a_look_at_the_same_is_answered_from_two_reads(world: World, calls: Calls) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    tag = browser.get(path).headers["etag"]
    with calls.counted() as seen:
        again = browser.get(path, headers={"hx-request": "true", "if-none-match": tag})
    assert (again.status, again.text, seen) == (304, "", {"GetItem": 2})
    browser.post(f"{path}/acknowledge", **form_of(browser.get(path).text, "acknowledge"))
    assert browser.get(path, headers={"hx-request": "true", "if-none-match": tag}).status == 200


def test_whoever_loads_it_anew_gets_its_ages_anew(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    tag = browser.get(path).headers["etag"]
    world.later(minutes=7)
    assert "7 minutes ago" in browser.get(path, headers={"if-none-match": tag}).said


def test_suppression_is_said_with_its_reason_and_ended_again(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    form = form_of(browser.get(path).text, "suppress")
    assert browser.post(f"{path}/suppress", **{**form, "hours": "2", "reason": "carrier works"}).status == 303
    page = browser.get(path)
    assert "Nobody is told until" in page.said
    assert "in 2 hours; Ada Example: carrier works" in page.said
    assert "suppressed by Ada Example: carrier works; until 11:00 UTC" in page.said
    form = form_of(page.text, "unsuppress")
    assert browser.post(f"{path}/unsuppress", **{**form, "reason": "they are done"}).status == 303
    assert "Nobody is told until" not in browser.get(path).said


def test_whatever_people_and_senders_write_is_text(world: World) -> None:
    world.tell(world.event(title=HOSTILE, symptom=HOSTILE))
    incident = world.the_incident()
    mallory = Actor(name=HOSTILE, ident="u-9")
    work(world).note(Act(ident=incident.incident_id, actor=mallory, at=world.now), text=HOSTILE)
    page = signed_in().get(path_of(incident))
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert page.text.count("&lt;script&gt;") >= 4


def test_what_is_not_there_is_not_found_and_needs_a_session(world: World) -> None:
    assert signed_in().get("/board/incidents/nobody").status == 404
    assert signed_in(None).get("/board/incidents/nobody").status == 403
    assert signed_in(Scope.READ).get("/board/incidents/nobody").status == 404


def kinds(world: World) -> list[str]:
    return world.kinds(world.the_incident())


def test_somebody_takes_it_and_the_form_sent_twice_acts_once(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    form = form_of(browser.get(path).text, "acknowledge")
    for _ in range(2):
        done = browser.post(f"{path}/acknowledge", **form)
        assert (done.status, done.headers["location"]) == (303, path)
    assert kinds(world).count("acknowledged") == 1
    assert "<dd>Ada Example, network</dd>" in browser.get(path).text


def test_a_soft_guardrail_explains_itself_in_place_and_is_gone_past_with_a_reason(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    asked = browser.post(
        f"{path}/close", **{**form_of(browser.get(path).text, "close"), "reason": "false alarm"}
    )
    assert asked.status == 409
    assert "Nobody has said that customers can work again" in asked.text
    assert ">false alarm</textarea>" in asked.text
    form = form_of(asked.text.split("</section>")[1], "close")
    assert form["override"] == "close-before-restored"
    assert browser.post(f"{path}/close", **form, because="a duplicate").status == 303
    assert kinds(world)[-1] == "closed"
    assert "went past close-before-restored: a duplicate" in browser.get(path).text


POLICY = """
guardrails:
  - id: never-silent
    purpose: Citizens are turned away at a counter.
    applies_to: [suppress]
    when: "true"
    level: hard
    may_override: [duty-manager]
"""


def test_a_hard_guardrail_explains_itself_in_place_and_only_that_role_goes_past(world: World) -> None:
    ada = Actor(name="Ada Example", ident="u-1")
    Policies(world.table).put(POLICY, expected=None, by=ada, at=NOW)
    world.tell(world.event())
    path = path_of(world.the_incident())
    for roles, may in ((frozenset[str](), False), (frozenset({"duty-manager"}), True)):
        browser = signed_in(roles=roles)
        form = {**form_of(browser.get(path).text, "suppress"), "hours": "2", "reason": "carrier works"}
        asked = browser.post(f"{path}/suppress", **form)
        assert asked.status == 403
        assert "Citizens are turned away at a counter" in asked.said
        assert "Only duty-manager may go past it" in asked.said
        assert "the same call" not in asked.said
        assert ("Tell nobody for a time, all the same" in asked.said) == may
    again = form_of(asked.text.split("</section>")[1], "suppress")
    assert (again["override"], again["hours"]) == ("never-silent", "2")
    assert ">carrier works</textarea>" in asked.text
    again["reason"] = "carrier works"
    blank = browser.post(f"{path}/suppress", **again, because="  ")
    assert (blank.status, "It takes words: say why" in blank.said) == (403, True)
    assert browser.post(f"{path}/suppress", **again, because="the counter is closed").status == 303
    assert kinds(world)[-1] == "suppressed"
    assert "went past never-silent: the counter is closed" in browser.get(path).said


def test_what_was_written_in_vain_is_there_to_take_along(world: World) -> None:
    world.tell(world.event())
    path = path_of(world.the_incident())
    for browser, status in ((Browser(), 401), (signed_in(), 403)):
        sent = {"csrf": "of another", "text": HOSTILE}
        page = browser.post(f"{path}/note", headers={"sec-fetch-site": "same-origin"}, **sent)
        assert (page.status, "Nothing was done" in page.said) == (status, True)
        assert f"{escape(HOSTILE)}</textarea>" in page.text
        assert "of another" not in page.text
        assert (quote(path, safe="") if status == 401 else f'href="{path}"') in page.text
        foreign = browser.post(f"{path}/note", headers={"sec-fetch-site": "cross-site"}, **sent)
        assert (foreign.status, "textarea" in foreign.text) == (status, False)
    assert "noted" not in kinds(world)


def test_what_is_missing_is_said_and_what_was_written_is_kept(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    form = form_of(browser.get(path).text, "suppress")
    page = browser.post(f"{path}/suppress", **{**form, "hours": "soon", "reason": "carrier works"})
    assert page.status == 400
    assert "For hours: that is no number of hours: write one from 1 to 8,760" in page.text
    assert ">carrier works</textarea>" in page.text


def test_who_may_only_read_sees_no_action_and_can_do_none(world: World) -> None:
    world.tell(world.event())
    reader, path = signed_in(Scope.READ), path_of(world.the_incident())
    page = reader.get(path).text
    assert "What you can do" not in page
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    assert reader.post(f"{path}/acknowledge", csrf=csrf).status == 403
    assert "acknowledged" not in kinds(world)


def test_a_form_of_another_session_does_nothing(world: World) -> None:
    world.tell(world.event())
    path = path_of(world.the_incident())
    foreign = form_of(signed_in().get(path).text, "acknowledge")
    assert signed_in().post(f"{path}/acknowledge", **foreign).status == 403
    assert "acknowledged" not in kinds(world)


def test_an_action_that_nobody_knows_is_not_found(world: World) -> None:
    world.tell(world.event())
    browser, path = signed_in(), path_of(world.the_incident())
    form = form_of(browser.get(path).text, "acknowledge")
    assert browser.post(f"{path}/explode", **form).status == 404
