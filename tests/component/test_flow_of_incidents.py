"""From alert to problem: routing by impact across incidents, recurrence, the clocks, on a real table."""

from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import IncidentState, acknowledge, close, restore
from leitplanke.domain.notifications import Message, Tone
from leitplanke.domain.policy import load_policy
from leitplanke.table.client import Table
from leitplanke.table.ledger import Ledger
from leitplanke.usecases.notify_responders import Notifier
from tests.support.world import VPN_POLICY, FixedPolicy, World


@pytest.fixture
def world(dynamodb: Any, table_name: str) -> World:
    return World(Table(dynamodb, table_name))


def test_one_of_two_gateways_down_cuts_nobody_off(world: World) -> None:
    world.tell(world.event())

    incident = world.the_incident()

    assert incident.heads == 0
    assert incident.lane == "standard"
    assert incident.team == "network"
    assert world.kinds(incident) == ["opened", "routed"]


def test_when_the_second_gateway_fails_both_incidents_become_p1(world: World) -> None:
    world.tell(world.event())
    world.later(minutes=1)

    world.tell(world.event("gw-2", service="vpn-gateway-2"))

    for service in ("vpn-gateway-1", "vpn-gateway-2"):
        incident = world.the_incident(service)
        assert (incident.priority, incident.lane, incident.heads) == ("P1", "expedite", 1800)
        assert [one.name for one in incident.cut_off] == ["Federal Registry Office"]
    assert world.kinds(world.the_incident("vpn-gateway-1")) == ["opened", "routed", "routed"]


def test_when_the_second_gateway_is_back_the_first_incident_cuts_nobody_off_any_more(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    world.later(minutes=5)

    world.tell(world.event("gw-2", service="vpn-gateway-2", action="resolve"))

    assert world.the_incident("vpn-gateway-2").state is IncidentState.RESTORED
    assert world.the_incident("vpn-gateway-1").heads == 0
    assert world.the_incident("vpn-gateway-1").priority != "P1"


def test_recurrence_opens_one_problem_links_both_and_the_workaround_comes_with_the_first_word(
    world: World,
) -> None:
    world.tell(world.event())
    first = world.the_incident()
    changed = restore(
        first,
        by="mara",
        at=world.now,
        reason="",
        reopen_window=timedelta(hours=1),
        workaround="restart gw",
        helped=True,
    )
    assert changed is not None
    world.incidents.commit(first, changed)
    world.run()
    world.tell(world.event(action="resolve", state_time=world.now + timedelta(seconds=1)))
    world.later(hours=2)
    world.sweep()
    assert world.the_incident().state is IncidentState.CLOSED
    assert world.all_problems() == []

    world.later(hours=1)
    world.tell(world.event())

    second = world.the_incident()
    assert second.incident_id != first.incident_id
    assert second.known_workaround is not None
    assert second.known_workaround.text == "restart gw"
    (problem,) = world.all_problems()
    assert problem.incidents == 2
    assert second.problem_id == problem.problem_id
    assert world.incidents.get(first.incident_id).problem_id == problem.problem_id
    routed = next(
        event
        for event in world.bus
        if event["type"] == "incident.routed" and second.incident_id in event["subject"]
    )
    assert routed["data"]["loud"] is True


def test_nobody_acknowledges_and_it_escalates_once(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    world.later(minutes=6)

    world.sweep()
    world.later(minutes=6)
    world.sweep()

    assert world.the_incident().escalation == 1
    assert world.kinds(world.the_incident()).count("escalated") == 1


def test_an_acknowledged_incident_does_not_escalate(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    incident = world.the_incident()
    changed = acknowledge(incident, by="mara", at=world.now)
    assert changed is not None
    world.incidents.commit(incident, changed)
    world.later(minutes=30)

    world.sweep()

    assert "escalated" not in world.kinds(world.the_incident())
    assert "escalated" in world.kinds(world.the_incident("vpn-gateway-2"))


def test_what_the_stream_never_published_the_clocks_publish(world: World) -> None:
    world.say(world.event())
    world.later(minutes=2)

    world.sweep()

    incident = world.the_incident()
    assert incident.priority is not None
    assert incident.published_revision == incident.revision
    assert incident.routed_pulse == incident.pulse


def test_a_quiet_alert_of_a_speaking_sender_lapses_and_restores(world: World) -> None:
    from leitplanke.domain.integrations import Capability, Integration, integration_id

    key = "k" * 32
    integration = Integration(
        integration_id=integration_id(key),
        name="prometheus",
        sender=None,
        capabilities=frozenset({Capability.EVENTS}),
        created_at=world.now,
        created_by="mara",
    )
    world.integrations.create(integration, by=Actor(name="Ada Example"))
    expires = world.now + timedelta(minutes=4)
    world.tell(world.event(integration_id=integration.integration_id, expires_at=expires))
    world.later(minutes=10)

    world.sweep()
    assert world.the_incident().is_live
    silent = [i for i in world.all_incidents() if i.service.startswith("monitoring")]
    assert len(silent) == 1

    world.integrations.authenticate(key, world.now)
    world.later(minutes=2)
    world.sweep()
    assert world.the_incident().state is IncidentState.RESTORED
    assert world.the_incident().restored_at == expires


def test_closed_by_a_person_ends_what_still_fires_and_a_repeat_opens_a_new_incident(world: World) -> None:
    world.tell(world.event())
    first = world.the_incident()
    restored = restore(first, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert restored is not None
    stored = world.incidents.commit(first, restored)
    over = close(stored, by="mara", at=world.now, reason="done")
    assert over is not None
    world.incidents.commit(stored, over)
    world.later(minutes=2)
    world.sweep()
    assert world.alerts.worst_firing(first.incident_id) is None

    world.later(minutes=1)
    world.tell(world.event())

    assert world.the_incident().incident_id != first.incident_id


def test_after_everything_no_look_is_left(world: World) -> None:
    world.tell(world.event())
    world.later(minutes=1)
    world.tell(world.event(action="resolve"))
    for _ in range(10):
        world.later(minutes=20)
        world.sweep()
    assert world.the_incident().state is IncidentState.CLOSED
    assert list(world.looks.due(world.now + timedelta(days=365))) == []


def test_a_trigger_behind_a_close_is_not_lost_when_the_resolve_before_it_comes_late(world: World) -> None:
    """PagerDuty says things once: resolve and trigger changed places on the way, after a person closed."""
    world.tell(world.event())
    first = world.the_incident()
    restored = restore(first, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert restored is not None
    stored = world.incidents.commit(first, restored)
    over = close(stored, by="mara", at=world.now, reason="done")
    assert over is not None
    world.incidents.commit(stored, over)
    world.later(seconds=10)
    resolve = world.event(action="resolve")
    world.later(seconds=10)
    world.tell(world.event())
    world.tell(resolve)
    world.later(minutes=2)

    world.sweep()

    second = world.the_incident()
    assert second.incident_id != first.incident_id
    assert second.is_live
    assert world.alerts.worst_firing(first.incident_id) is None
    for _ in range(3):
        world.later(minutes=2)
        world.sweep()
    assert world.incidents.get(first.incident_id).look_at is None


def test_good_news_is_not_better_than_it_is(world: World) -> None:
    """Restored by hand while the same customer is cut off elsewhere, and while its own alert fires."""
    world.tell(world.event())
    world.tell(world.event("gw-2", service="vpn-gateway-2"))
    world.tell(world.event("office", service="registry-office-access"))
    incident = world.the_incident("registry-office-access")
    restored = restore(incident, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert restored is not None
    world.incidents.commit(incident, restored)
    world.run()
    sent: list[Message] = []
    notifier = Notifier(
        incidents=world.incidents,
        alerts=world.alerts,
        services=world.services,
        problems=world.problems,
        ledger=Ledger(world.table),
        policies=FixedPolicy(load_policy(VPN_POLICY.replace("platform: {}", PLATFORM_CHANNEL))),
        send=lambda reference, message: sent.append(message),
        clock=lambda: world.now,
        new_id=lambda: "holder",
    )

    revision = world.incidents.get(incident.incident_id).revision
    notifier.notify(f"incident/{incident.incident_id}", revision, until=world.now)

    (message,) = sent
    assert message.title.endswith("but Federal Registry Office still cannot work")
    assert (
        "Still cannot work: Federal Registry Office, because of vpn-gateway-1, vpn-gateway-2" in message.body
    )
    assert "Still firing" in message.body
    assert message.tone is Tone.CALM


PLATFORM_CHANNEL = "platform: {channels: [{name: pager, url: 'env:PAGER'}]}"
