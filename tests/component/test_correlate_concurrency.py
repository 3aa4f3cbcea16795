"""Sixteen consumers at once over the same alerts, each with its own client, messages doubled and mixed up."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event as Signal
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.alerts import AlertState
from leitplanke.domain.errors import ConflictError
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.domain.incidents import IncidentState, close, restore
from leitplanke.table import keys
from tests.support.clients import own_client
from tests.support.desk import Desk
from tests.support.events import minutes

CONSUMERS = 16
SERVICES = 4
ALERTS = 48
EVENTS = 2_000
BATCH = 25


def history(desk: Desk, chance: random.Random, *, count: int) -> list[Event]:
    """What senders say, oldest first, each at a time of its own."""
    actions = [Action.TRIGGER] * 5 + [Action.RESOLVE] * 4 + [Action.ACKNOWLEDGE]
    return [
        desk.event(
            chance.choice(actions),
            number / 100,
            f"alert-{alert}",
            service=f"service-{alert % SERVICES}",
            severity=chance.choice(list(Severity)),
        )
        for number, alert in enumerate(chance.choices(range(ALERTS), k=count))
    ]


def messages(events: Sequence[Event], chance: random.Random) -> list[list[Event]]:
    """Batches as a queue hands them out: roughly in order, a fifth of them twice."""
    order = [*events, *chance.sample(events, len(events) // 5)]
    order.sort(key=lambda event: (event.received_at.timestamp() + chance.uniform(0, 30), event.event_id))
    return [order[begin : begin + BATCH] for begin in range(0, len(order), BATCH)]


def work_off(desk: Desk, clients: Sequence[Any], batches: Sequence[list[Event]]) -> int:
    """All take batches until there are none; what is unfinished comes again. Returns incidents opened."""
    queue: SimpleQueue[list[Event]] = SimpleQueue()
    for batch in batches:
        queue.put(batch)

    def consume(client: Any) -> int:
        correlator = desk.correlator_with(client)
        opened = 0
        while True:
            try:
                batch = queue.get_nowait()
            except Empty:
                return opened
            report = correlator.correlate(batch, now=desk.now)
            opened += report.opened
            again = [e for e in batch if keys.alert_id(e.integration_id, e.alert_key) in report.unfinished]
            if again:
                queue.put(again)

    with ThreadPoolExecutor(CONSUMERS) as pool:
        return sum(pool.map(consume, clients))


@pytest.fixture(scope="module")
def clients(aws: Aws) -> list[Any]:
    return [own_client(aws.url) for _ in range(CONSUMERS)]


@pytest.fixture
def desk(clients: list[Any], dynamodb: Any, table_name: str) -> Desk:
    desk = Desk(clients[0], dynamodb, table_name)
    desk.minute(EVENTS / 100 + 1)
    return desk


def test_sixteen_consumers_leave_what_one_would_have_left(desk: Desk, clients: list[Any]) -> None:
    chance = random.Random(1)  # noqa: S311 - to be repeatable, not secret
    events = history(desk, chance, count=EVENTS)

    opened = work_off(desk, clients, messages(events, chance))

    assert desk.faults() == []
    newest = {event.alert_key: event for event in events if event.action is not Action.ACKNOWLEDGE}
    expected = sorted(key for key, event in newest.items() if event.action is Action.TRIGGER)
    assert desk.outcome()["firing"] == expected
    assert opened == len(desk.all_incidents()) == SERVICES
    for incident in desk.all_incidents():
        assert incident.pulse <= len(events)


def test_the_first_alerts_of_one_group_all_at_once_open_one_incident(desk: Desk, clients: list[Any]) -> None:
    batches = [[desk.event(Action.TRIGGER, 1, f"alert-{number}")] for number in range(100)]

    assert work_off(desk, clients, batches) == 1

    assert len(desk.all_incidents()) == 1
    assert len(desk.outcome()["firing"]) == 100
    assert desk.faults() == []


def test_the_last_alerts_of_one_group_all_at_once_restore_it_once(desk: Desk, clients: list[Any]) -> None:
    alerts = [f"alert-{number}" for number in range(64)]
    work_off(desk, clients, [[desk.event(Action.TRIGGER, 1, key) for key in alerts]])

    work_off(desk, clients, [[desk.event(Action.RESOLVE, 2, key)] for key in alerts])

    (incident,) = desk.all_incidents()
    assert desk.kinds(incident) == ["opened", "restored"]
    assert desk.faults() == []


def test_sixteen_consumers_with_one_repeated_alert_lose_no_update(desk: Desk, clients: list[Any]) -> None:
    desk.say([desk.event(Action.TRIGGER, 1, "a")])
    batches = [[desk.event(Action.TRIGGER, 2 + number / 100, "a")] for number in range(80)]

    work_off(desk, clients, batches)

    alert = desk.all_alerts()["a"]
    assert alert.occurrences == 81
    assert alert.last_seen_at == max(batch[0].received_at for batch in batches)
    assert desk.all_incidents()[0].pulse == 2


def test_people_who_restore_and_close_meanwhile_leave_no_alert_without_an_incident(
    desk: Desk, clients: list[Any], dynamodb: Any, table_name: str
) -> None:
    """Afterwards the clocks look, and whoever still fires says so again."""
    chance = random.Random(3)  # noqa: S311
    events = history(desk, chance, count=EVENTS // 4)
    done = Signal()

    def interfere() -> int:
        acts = 0
        while not done.is_set():
            for incident in desk.all_incidents():
                try:
                    if incident.is_live:
                        changed = restore(
                            incident,
                            by="Ada Example",
                            at=desk.now,
                            reason="they can work",
                            reopen_window=desk.policy.reopen_window,
                        )
                    else:
                        changed = close(incident, by="Ada Example", at=desk.now, reason="done")
                    if changed is not None:
                        desk.incidents.commit(incident, changed)
                        acts += 1
                except ConflictError:
                    continue  # a consumer was faster
        return acts

    with ThreadPoolExecutor(1) as pool:
        person = pool.submit(interfere)
        work_off(desk, clients, messages(events, chance))
        done.set()
        assert person.result() > 10

    desk.now += minutes(2) - minutes(0)
    desk.look_at_all()
    firing = [key for key, alert in desk.all_alerts().items() if alert.state is AlertState.FIRING]
    desk.now += minutes(2) - minutes(0)
    desk.look_at_all()

    assert desk.faults() == []
    assert sum(one.state is not IncidentState.CLOSED for one in desk.all_incidents()) <= SERVICES
    later = (desk.now - minutes(0)).total_seconds() / 60
    again = [
        desk.event(Action.TRIGGER, later, key, service=f"service-{int(key[6:]) % SERVICES}") for key in firing
    ]
    desk.say(again)
    assert desk.faults() == []
