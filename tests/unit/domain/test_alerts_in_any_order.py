"""What does and what does not depend on the order and the number of arrivals. Exactly:

Senders that number their news by time (PagerDuty by arrival at the door, our own JSON by its own clock):
    independent   `state` and `state_time`: those of the newest event, whatever came when and how often;
                  whether it fires acknowledged, as far as one trigger and one acknowledgement go
    dependent     how many episodes it took; `fired_at`, `first_seen_at` and `occurrences` of the last one;
                  `resolved_at` among several resolves; who has it among several acknowledgements
Senders that repeat a start time while it fires (Prometheus, Alertmanager, two of them):
    independent   `state`, once the newest news is as old as news takes to travel (STILL_FIRING)
All of them:
    independent   everything, of how ordered news is cut into batches
    redelivered   a batch that comes again adds at most its own triggers to `occurrences`, and nothing else
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.alerts import Alert, AlertState, TransitionKind, fold
from leitplanke.domain.events import Action, Event, Severity
from tests.support.events import acknowledge, minutes, resolve, said, trigger

ACTIONS = st.sampled_from([Action.TRIGGER, Action.TRIGGER, Action.RESOLVE, Action.ACKNOWLEDGE])
FLIPS = st.sampled_from([Action.TRIGGER, Action.RESOLVE])


def folded(batches: Sequence[Sequence[Event]], before: Alert | None = None) -> Alert:
    alert = before
    for batch in batches:
        alert = fold("alert-1", alert, batch).alert
    assert alert is not None
    return alert


def cut(events: Sequence[Event], places: Sequence[int]) -> list[Sequence[Event]]:
    ends = sorted({0, len(events), *(place % (len(events) + 1) for place in places)})
    return [events[begin:end] for begin, end in pairwise(ends)]


@st.composite
def histories(draw: st.DrawFn, actions: st.SearchStrategy[Action] = ACTIONS) -> list[Event]:
    """What one sender says, oldest first, each with a state time of its own."""
    times = draw(st.lists(st.integers(0, 500), min_size=1, max_size=8, unique=True))
    severities = st.sampled_from(Severity)
    promises = st.one_of(st.none(), st.integers(0, 600).map(minutes))
    return [
        said(draw(actions), at, by="Ada Example", severity=draw(severities), expires_at=draw(promises))
        for at in sorted(times)
    ]


@st.composite
def arrivals(draw: st.DrawFn, history: Sequence[Event]) -> list[Sequence[Event]]:
    """The same events in any order, some more than once, in batches of any size."""
    again = draw(st.lists(st.sampled_from(history), max_size=4)) if history else []
    order = draw(st.permutations([*history, *again]))
    return cut(order, draw(st.lists(st.integers(0, 20), max_size=6)))


@given(histories(), st.lists(st.integers(0, 20), max_size=6))
def test_ordered_news_gives_the_same_alert_however_it_is_cut(events: list[Event], places: list[int]) -> None:
    assert folded(cut(events, places)) == folded([events])


@given(st.data())
def test_the_newest_event_decides_whatever_came_when_and_how_often(data: st.DataObject) -> None:
    history = data.draw(histories(FLIPS))
    newest = history[-1]

    alert = folded(data.draw(arrivals(history)))

    expected = AlertState.FIRING if newest.action is Action.TRIGGER else AlertState.RESOLVED
    assert (alert.state, alert.state_time) == (expected, newest.state_time)


@given(st.data())
def test_acknowledgements_decide_nothing_about_firing(data: st.DataObject) -> None:
    history = data.draw(histories())
    flips = [event for event in history if event.action is not Action.ACKNOWLEDGE]

    alert = folded(data.draw(arrivals(history)))

    fires = bool(flips) and flips[-1].action is Action.TRIGGER
    assert (alert.state is AlertState.FIRING) == fires


@given(st.data())
def test_a_trigger_and_its_acknowledgement_change_places_and_still_somebody_has_it(
    data: st.DataObject,
) -> None:
    history = [resolve(1), trigger(2), acknowledge(3)]

    alert = folded(data.draw(arrivals(history)))

    assert (alert.state, alert.acknowledged_by) == (AlertState.FIRING, "Ada Example")


@given(st.data())
def test_an_acknowledgement_of_what_is_over_is_never_taken_for_one_of_what_came_after(
    data: st.DataObject,
) -> None:
    history = [acknowledge(2), resolve(3), trigger(4)]

    alert = folded(data.draw(arrivals(history)))

    assert (alert.state, alert.acknowledged_by) == (AlertState.FIRING, None)


@given(st.data())
def test_a_batch_that_comes_again_changes_nothing_but_the_count(data: st.DataObject) -> None:
    history = data.draw(histories())
    batches = cut(history, data.draw(st.lists(st.integers(0, 20), max_size=4)))

    once = folded(batches)
    twice = folded([batches[-1]], before=once)

    extra = sum(event.action is Action.TRIGGER for event in batches[-1])
    assert once.occurrences <= twice.occurrences <= once.occurrences + extra
    assert replace(twice, occurrences=once.occurrences) == once


@given(histories())
def test_a_batch_that_comes_again_passes_on_its_last_transition_again(history: list[Event]) -> None:
    first = fold("alert-1", None, history)
    again = fold("alert-1", first.alert, history)

    lasting = [one for one in first.transitions if one.kind is not TransitionKind.ACKNOWLEDGED]
    if lasting:
        ended = lasting[-1].kind is TransitionKind.RESOLVED
        expected = TransitionKind.RESOLVED if ended else TransitionKind.FIRED
        replayed = [(one.kind, one.episode, one.event_id) for one in again.transitions if one.replay]
        assert (expected, lasting[-1].episode, lasting[-1].event_id) in replayed
    if first.alert.state is AlertState.FIRING and first.alert.acknowledged_at is not None:
        assert again.has(TransitionKind.ACKNOWLEDGED)
    assert all(one.replay for one in again.transitions)


@given(histories(FLIPS))
def test_occurrences_count_the_triggers_of_the_episode_if_nothing_comes_twice(history: list[Event]) -> None:
    alert = folded([history])

    since_last_resolve = 0
    for event in history:
        if event.action is Action.TRIGGER:
            fires_anew = since_last_resolve < 0
            since_last_resolve = 1 if fires_anew else since_last_resolve + 1
        elif since_last_resolve > 0:
            since_last_resolve = -since_last_resolve
    assert alert.occurrences == abs(since_last_resolve)


@dataclass(frozen=True)
class Spell:
    """A time during which it fires, in minutes of true time. `same_start`: an old start time is claimed."""

    begin: float
    end: float
    same_start: bool


@st.composite
def spells(draw: st.DrawFn) -> list[Spell]:
    """At least five minutes of firing, at least four of peace: longer than news travels."""
    now, found = 0.0, []
    for _ in range(draw(st.integers(1, 4))):
        begin = now + draw(st.integers(4, 30))
        now = begin + draw(st.integers(5, 20))
        found.append(Spell(begin, now, same_start=bool(found) and draw(st.booleans())))
    return found


def told(spells: Sequence[Spell], *, ends: bool, clock: float, lag: float) -> list[Event]:
    """What a Prometheus says about it each minute, `clock` minutes off and `lag` minutes behind the truth.

    While it fires, its start; for fifteen minutes after, or until it fires again, its end.
    """
    events: list[Event] = []
    claimed = 0.0
    for number, spell in enumerate(spells):
        last = number == len(spells) - 1
        claimed = claimed if spell.same_start else spell.begin + lag
        for at in range(int(spell.begin), int(spell.end)):
            received = at + lag + 0.1
            events.append(trigger(claimed + clock, received=received, repeats=True))
        if last and not ends:
            break
        quiet_until = spell.end + 15 if last else min(spell.end + 15, spells[number + 1].begin)
        for at in range(int(spell.end), int(quiet_until)):
            received = at + lag + 0.1
            events.append(resolve(spell.end + lag + clock, received=received, repeats=True))
    return events


@given(st.data())
def test_two_prometheus_one_of_them_behind_leave_the_truth_in_any_order(data: st.DataObject) -> None:
    truth = data.draw(spells())
    ends = data.draw(st.booleans())
    clock = data.draw(st.sampled_from([0.0, -3.0, -45.0]))
    lags = data.draw(st.sampled_from([(0.0,), (0.0, 0.0), (0.0, 0.7)]))
    history = [event for lag in lags for event in told(truth, ends=ends, clock=clock, lag=lag)]

    alert = folded(data.draw(arrivals(history)))

    assert alert.state is (AlertState.RESOLVED if ends else AlertState.FIRING)


@given(spells(), st.booleans())
def test_in_the_order_of_its_arrival_every_spell_is_an_episode(truth: list[Spell], ends: bool) -> None:
    history = told(truth, ends=ends, clock=-10.0, lag=0.0)

    alert = folded([[event] for event in history])

    assert alert.episode == len(truth)
