"""Correlation dies between any two calls, before or after the call is applied; the messages come again.

Each scenario runs once undisturbed, which numbers its calls, and then once per call and way of dying. Then
the messages come again: the same batch, twice, one by one, or cut and mixed in another way. The state must be
that of the undisturbed run; only occurrences, versions and pulses may differ. Where messages change their
order, what fires and which incidents are live must be the same once the clocks have looked.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

import pytest

from infra.local.aws import Aws
from leitplanke.domain.events import Action, Event, Severity
from leitplanke.domain.incidents import ALERTS_WITHIN, close, restore
from tests.support.clients import Breaking, own_client
from tests.support.desk import Desk
from tests.support.events import minutes

TRIGGER, ACKNOWLEDGE, RESOLVE = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE
Batch = list[Event]
Scenario = Callable[[Desk], Batch]


class ProcessDiedError(BaseException):
    """Nothing after this happens; no `except Exception` stops it."""


def first_alerts_of_two_groups(desk: Desk) -> Batch:
    """Two incidents open; one alert is acknowledged before anybody saw it."""
    return [
        desk.event(TRIGGER, 1, "a"),
        desk.event(TRIGGER, 1, "b", expires_at=minutes(9)),
        desk.event(TRIGGER, 1, "c", service="mail"),
        desk.event(ACKNOWLEDGE, 2, "c", service="mail", by="Ada Example"),
        desk.event(RESOLVE, 2, "d"),
    ]


def repeats_worse_and_taken(desk: Desk) -> Batch:
    """Alerts that fire go on, get worse, get better, are taken."""
    desk.say([desk.event(TRIGGER, 1, key) for key in "abc"])
    return [
        desk.event(TRIGGER, 3, "a"),
        desk.event(TRIGGER, 3, "b", severity=Severity.CRITICAL),
        desk.event(TRIGGER, 3, "c", severity=Severity.INFO),
        desk.event(ACKNOWLEDGE, 3, "a", by="Ada Example"),
    ]


def the_last_alerts_end(desk: Desk) -> Batch:
    """The incident is restored."""
    desk.say([desk.event(TRIGGER, 1, key) for key in "ab"])
    return [desk.event(RESOLVE, 3, "a"), desk.event(RESOLVE, 4, "b")]


def one_of_two_alerts_ends(desk: Desk) -> Batch:
    """The incident goes on."""
    desk.say([desk.event(TRIGGER, 1, key) for key in "ab"])
    return [desk.event(RESOLVE, 3, "a")]


def it_is_back_within_the_window(desk: Desk) -> Batch:
    """The incident reopens: one alert of it, one new one."""
    desk.say([desk.event(TRIGGER, 1, "a")])
    desk.say([desk.event(RESOLVE, 2, "a")])
    return [desk.event(TRIGGER, 5, "a"), desk.event(TRIGGER, 5, "b")]


def it_is_back_after_the_window(desk: Desk) -> Batch:
    """The old incident is closed, a new one opens."""
    desk.say([desk.event(TRIGGER, 1, "a")])
    desk.say([desk.event(RESOLVE, 2, "a")])
    desk.minute(200)
    return [desk.event(TRIGGER, 200, "a"), desk.event(TRIGGER, 200, "b")]


def everything_at_once(desk: Desk) -> Batch:
    """Joins, ends, a flap, a blip, news about nothing, in two groups."""
    desk.say([desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "b")])
    desk.say([desk.event(TRIGGER, 1, "m", service="mail")])
    return [
        desk.event(RESOLVE, 3, "a"),
        desk.event(TRIGGER, 4, "a"),
        desk.event(RESOLVE, 3, "b"),
        desk.event(TRIGGER, 3, "blip"),
        desk.event(RESOLVE, 4, "blip"),
        desk.event(RESOLVE, 3, "m", service="mail"),
        desk.event(TRIGGER, 3, "n", service="web"),
    ]


def an_incident_was_closed_while_an_alert_fired(desk: Desk) -> Batch:
    """A person restored and closed it; the alert gets worse before the clocks have ended it."""
    desk.say([desk.event(TRIGGER, 1, "a")])
    (incident,) = desk.all_incidents()
    restored = restore(
        incident, by="Ada Example", at=minutes(2), reason="seen", reopen_window=desk.policy.reopen_window
    )
    assert restored is not None
    incident = desk.incidents.commit(incident, restored)
    closed = close(incident, by="Ada Example", at=minutes(2), reason="seen")
    assert closed is not None
    desk.incidents.commit(incident, closed)
    return [desk.event(TRIGGER, 3, "a", severity=Severity.CRITICAL)]


SCENARIOS: list[Scenario] = [
    first_alerts_of_two_groups,
    repeats_worse_and_taken,
    the_last_alerts_end,
    one_of_two_alerts_ends,
    it_is_back_within_the_window,
    it_is_back_after_the_window,
    everything_at_once,
    an_incident_was_closed_while_an_alert_fired,
]
SAME_ORDER: dict[str, Callable[[Batch], list[Batch]]] = {
    "the same batch": lambda batch: [batch],
    "the same batch twice": lambda batch: [batch, batch],
}
OTHER_ORDER: dict[str, Callable[[Batch], list[Batch]]] = {
    "one by one": lambda batch: [[event] for event in batch],
    "one by one, backwards": lambda batch: [[event] for event in reversed(batch)],
    "every other one first": lambda batch: [batch[1::2], batch[::2]],
    "again and again, mixed": lambda batch: [batch[::2], batch, batch[1::2][::-1], batch[:1]],
}


@pytest.fixture(scope="module")
def client(aws: Aws) -> Any:
    return own_client(aws.url)


@pytest.fixture
def table_name(shared_table_name: str) -> str:
    """Every run keeps to its own alerts and services."""
    return shared_table_name


def _undisturbed(scenario: Scenario, client: Any, table_name: str) -> tuple[Desk, list[str]]:
    desk = Desk(client, client, table_name)
    batch = scenario(desk)
    counting = Breaking(client, error=ProcessDiedError)
    report = desk.correlator_with(counting).correlate(batch, now=desk.now)
    assert report.unfinished == set()
    return desk, counting.made


def _died(scenario: Scenario, client: Any, table_name: str, *, at: int, applied: bool) -> tuple[Desk, Batch]:
    desk = Desk(client, client, table_name)
    batch = scenario(desk)
    breaking = Breaking(client, at=at, applied=applied, error=ProcessDiedError)
    with pytest.raises(ProcessDiedError):
        desk.correlator_with(breaking).correlate(batch, now=desk.now)
    return desk, batch


def _ways_to_die(calls: Sequence[str]) -> Iterator[tuple[int, bool, str]]:
    """Before the first call, and after each one that writes: in between nothing changes in the table."""
    yield 1, False, "died before the first call"
    for at, name in enumerate(calls, start=1):
        if not name.startswith(("batch_get", "get", "query")):
            yield at, True, f"died after call {at}, {name}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_whatever_dies_where_the_same_batch_again_leaves_the_same_state(
    scenario: Scenario, client: Any, table_name: str
) -> None:
    undisturbed, calls = _undisturbed(scenario, client, table_name)
    expected = undisturbed.story()
    assert undisturbed.faults() == []

    for (at, applied, what), (again, cut) in zip(
        _ways_to_die(calls), cycle(SAME_ORDER.items()), strict=False
    ):
        desk, batch = _died(scenario, client, table_name, at=at, applied=applied)
        for messages in cut(batch):
            assert desk.say(messages).unfinished == set()
        assert _with_names(desk.story(), desk) == _with_names(expected, undisturbed), f"{what}; then {again}"
        assert desk.faults() == [], f"{what}; then {again}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_whatever_dies_where_the_same_news_in_another_order_leaves_the_same_alerts_firing(
    scenario: Scenario, client: Any, table_name: str
) -> None:
    undisturbed, calls = _undisturbed(scenario, client, table_name)
    expected = _later(undisturbed)
    ways_back = cycle(OTHER_ORDER.items())  # all of them for each way to die take a minute and find no more
    next(islice(ways_back, SCENARIOS.index(scenario), None))

    for (at, applied, what), (again, cut) in zip(_ways_to_die(calls), ways_back, strict=False):
        desk, batch = _died(scenario, client, table_name, at=at, applied=applied)
        for messages in cut(batch):
            assert desk.say(messages).unfinished == set()
        outcome = _later(desk)
        assert _with_names(outcome, desk) == _with_names(expected, undisturbed), f"{what}; then {again}"
        assert desk.faults() == [], f"{what}; then {again}"


def an_alert_moves_to_another_live_incident(desk: Desk) -> Batch:
    """Its labels changed: it ends here and begins there, and here nothing fires any more.

    Both incidents are published and routed, and nothing is due in them.
    """
    desk.say([desk.event(TRIGGER, 1, "a"), desk.event(TRIGGER, 1, "m", service="mail")])
    desk.minute(3)
    desk.publish_and_route()
    desk.look_at_all()
    assert all(incident.look_at is None for incident in desk.all_incidents())
    return [desk.event(RESOLVE, 3, "a"), desk.event(TRIGGER, 4, "a", service="mail")]


def test_an_incident_that_its_last_alert_left_for_another_is_restored_by_the_clocks_at_the_latest(
    client: Any, table_name: str
) -> None:
    """The one effect that a replay cannot repeat: the alert does not know any more where it came from."""
    scenario = an_alert_moves_to_another_live_incident
    undisturbed, calls = _undisturbed(scenario, client, table_name)
    assert undisturbed.outcome() == {"firing": ["a", "m"], "live": [f"mail-{undisturbed.run}"]}

    for at, applied, what in _ways_to_die(calls):
        desk, batch = _died(scenario, client, table_name, at=at, applied=applied)
        assert desk.say(batch).unfinished == set()
        assert desk.faults(settled=False) == [], what
        desk.publish_and_route()
        desk.now += timedelta(minutes=1)
        desk.look_at_what_is_due()
        assert desk.faults() == [], what
        assert _with_names(desk.outcome(), desk) == _with_names(undisturbed.outcome(), undisturbed), what


def _later(desk: Desk) -> dict[str, Any]:
    """What fires and what is live when the clocks have looked, and no batch is expected again any more."""
    desk.now += ALERTS_WITHIN
    desk.look_at_all()
    return desk.outcome()


def _with_names(story: dict[str, Any], desk: Desk) -> str:
    """The story as text, in which two runs have the same names."""
    return str(story).replace(desk.run, "run")
