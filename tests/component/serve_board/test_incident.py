"""An incident's page: what a tired person needs, its reasons and its story, from a fixed number of reads."""

from collections.abc import Iterator

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import Incident
from leitplanke.edge import clock
from leitplanke.edge.identity import Scope
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.acting import Act
from leitplanke.usecases.work_incidents import IncidentWork
from tests.component.serve_board.conftest import NOW, Calls, signed_in
from tests.support.world import World

HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>'


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
        "<dt>State</dt><dd>open</dd>",
        "<b>critical</b> vpn-gateway-1 GatewayDown",
        "vpn runs on vpn-gateway-2 alone",
        "<b>opened</b> by pagerduty",
        "<b>noted</b> by Ada Example: Carrier confirms",
        "nothing is known yet",
    ):
        assert words in page.text, words


def test_it_costs_the_same_with_few_and_with_many_alerts(world: World, calls: Calls) -> None:
    seen = []
    for number in (1, 60):
        world.tell(*(world.event(f"alert-{one}") for one in range(number)))
        path = path_of(world.the_incident())
        with calls.counted() as counted:
            signed_in().get(path)
        seen.append(counted)
    # the incident, its workaround; what fires, of four shards; those alerts; its story, its reasons
    assert seen == [{"GetItem": 2, "Query": 6, "BatchGetItem": 1}] * 2


def test_whatever_people_and_senders_write_is_text(world: World) -> None:
    world.tell(world.event(title=HOSTILE, symptom=HOSTILE))
    incident = world.the_incident()
    mallory = Actor(name=HOSTILE, ident="u-9")
    work(world).note(Act(ident=incident.incident_id, actor=mallory, at=world.now), text=HOSTILE)
    page = signed_in().get(path_of(incident))
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert page.text.count("&lt;script&gt;") >= 4


def test_what_is_not_there_is_not_found_and_needs_a_session(world: World) -> None:
    assert signed_in().get("/board/incidents/nobody").status == 404
    assert signed_in(None).get("/board/incidents/nobody").status == 403
    assert signed_in(Scope.READ).get("/board/incidents/nobody").status == 404
