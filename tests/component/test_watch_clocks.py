"""The minute's sweep does what is owed to every kind of subject, and hands out what is too much for it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import IncidentState, close, restore
from leitplanke.domain.integrations import Capability, Integration
from leitplanke.table.client import Table
from leitplanke.table.integrations import subject as integration_subject
from leitplanke.usecases.watch_clocks import INLINE, PER_MESSAGE
from tests.support.world import World


@pytest.fixture
def world(dynamodb: Any, table_name: str) -> World:
    return World(Table(dynamodb, table_name))


def wakes(world: World) -> list[tuple[str, str]]:
    """Who was woken, and why."""
    return [
        (event["subject"], event["data"]["change"]["reason"])
        for event in world.bus
        if event["type"] == "incident.alerts_changed"
    ]


def test_an_incident_that_routing_never_saw_is_routed(world: World) -> None:
    world.say(world.event())
    incident = world.the_incident()
    world.later(minutes=2)
    world.clocks().sweep(world.now)
    assert (f"incident/{incident.incident_id}", "routing has not looked yet") in wakes(world)


def test_what_a_problem_owes_is_published_and_then_it_is_left_alone(world: World) -> None:
    world.tell(world.event())
    world.tell(world.event(action="resolve"))
    world.later(minutes=61)
    world.sweep()
    world.later(minutes=1)
    world.say(world.event())
    world.recurrence.review(world.the_incident().incident_id, now=world.now)
    (problem,) = world.all_problems()
    assert problem.published_revision < problem.revision
    world.later(minutes=2)
    world.clocks().look(f"problem/{problem.problem_id}", now=world.now)
    (problem,) = world.all_problems()
    assert problem.published_revision == problem.revision
    assert problem.look_at is None
    assert f"problem/{problem.problem_id}" in {event["subject"] for event in world.bus}


def test_a_flip_that_nobody_published_is_published(world: World) -> None:
    world.say(world.event())
    world.router.route(world.the_incident().incident_id, now=world.now)
    state = world.services.get("vpn-gateway-1")
    assert state is not None
    assert state.published_revision < state.revision
    world.later(minutes=2)
    world.clocks().look("service/vpn-gateway-1", now=world.now)
    state = world.services.get("vpn-gateway-1")
    assert state is not None
    assert state.published_revision == state.revision


def test_a_sender_that_must_speak_is_looked_after(world: World) -> None:
    world.integrations.create(
        Integration(
            integration_id="blue",
            name="blue cluster",
            sender=None,
            capabilities=frozenset({Capability.EVENTS}),
            created_at=world.now,
            created_by="mara",
            quiet_after_s=60,
        ),
        by=Actor(name="mara"),
    )
    world.later(minutes=10)
    world.clocks().look(integration_subject("blue"), now=world.now)
    assert world.integrations.get("blue").is_silent


def test_more_looks_than_a_minute_holds_are_handed_out_first_and_all_are_done(world: World) -> None:
    number = INLINE + PER_MESSAGE + 5
    for one in range(number):
        world.looks.arm(world.now, f"incident/nobody-{one}")
    left_when_handed_out: list[int] = []

    def hand_out(bodies: Iterable[str]) -> None:
        left_when_handed_out.append(len(list(world.looks.due(world.now))))
        world.handed_out.extend(bodies)

    report = replace(world.clocks(), hand_out=hand_out).sweep(world.now)
    assert (report.done, report.handed_out) == (INLINE, number - INLINE)
    assert left_when_handed_out == [number], "what is handed out must not wait for what is done here"
    assert len(world.handed_out) == 2
    for body in world.handed_out:
        world.clocks().handed_out(body, now=world.now)
    assert list(world.looks.due(world.now)) == []


@pytest.mark.parametrize("over", ["restored", "closed"])
def test_an_incident_that_is_over_lets_its_service_go_even_if_routing_never_heard(
    world: World, over: str
) -> None:
    world.tell(world.event())
    seen = world.the_incident()
    changed = restore(seen, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert changed is not None
    stored = world.incidents.commit(seen, changed)
    if over == "closed":
        closed = close(stored, by="mara", at=world.now, reason="")
        assert closed is not None
        stored = world.incidents.commit(stored, closed)
    world.later(minutes=2)
    world.clocks().look(f"incident/{stored.incident_id}", now=world.now)
    assert (f"incident/{stored.incident_id}", "its service still counts as down") in wakes(world)


def test_what_a_persons_close_ended_says_so_in_its_history(world: World) -> None:
    world.tell(world.event())
    seen = world.the_incident()
    changed = restore(seen, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert changed is not None
    stored = world.incidents.commit(seen, changed)
    closed = close(stored, by="mara", at=world.now, reason="")
    assert closed is not None
    world.incidents.commit(stored, closed)
    world.later(minutes=2)
    world.sweep()
    (row,) = world.records()["episode"]
    assert row["resolved_by"] == "human"


def test_a_service_is_let_go_before_routing_counts_as_done(world: World) -> None:
    world.tell(world.event())
    seen = world.the_incident()
    changed = restore(seen, by="mara", at=world.now, reason="", reopen_window=timedelta(hours=1))
    assert changed is not None
    stored = world.incidents.commit(
        seen, replace(changed, incident=replace(changed.incident, pulse=seen.pulse + 1))
    )

    class Busy(type(world.services)):  # type: ignore[misc]
        def released(self, *_: Any, **__: Any) -> Any:
            raise LostRaceError("the service changes all the time")

    router = replace(world.router, services=Busy(world.table))
    with pytest.raises(LostRaceError):
        router.route(stored.incident_id, now=world.now)
    assert world.the_incident().routed_pulse < world.the_incident().pulse


def test_what_the_bus_refuses_does_not_count_as_published(world: World) -> None:
    def refuse(_: Iterable[Any]) -> None:
        raise ConnectionError("the bus is away")

    world.say(world.event())
    publisher = replace(world.publisher, publish=refuse)
    with pytest.raises(ConnectionError):
        publisher.incident(world.the_incident())
    assert world.the_incident().published_revision == 0


def test_who_takes_an_alert_that_comes_back_has_the_incident_that_comes_back_with_it(world: World) -> None:
    world.tell(world.event())
    world.later(minutes=1)
    world.tell(world.event(action="resolve"))
    assert world.the_incident().state is IncidentState.RESTORED
    world.later(minutes=5)
    taken = world.event(action="acknowledge", state_time=world.now + timedelta(seconds=1))
    world.tell(world.event(), taken)
    assert world.the_incident().state is IncidentState.ACKNOWLEDGED


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_an_event_that_no_row_can_hold_is_kept_with_the_reason(world: World, where: str) -> None:
    """The door would have cut it; what comes another way must not hold up the queue."""
    huge = {f"name {number}": "x" * 1_000 for number in range(450)}
    event = world.event()
    more = {where: {**event.labels, **huge} if where == "labels" else huge}
    report = world.tell(event.model_copy(update=more))
    assert not report.unfinished
    (kept,) = world.records()["quarantine"]
    assert "refuses" in kept["items"][0]["reason"]
