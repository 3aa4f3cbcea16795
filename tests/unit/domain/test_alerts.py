"""What one more event makes of an alert, state by state. Orders of arrival: test_alerts_in_any_order.py."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from leitplanke.domain.alerts import (
    Alert,
    AlertState,
    ResolvedBy,
    TransitionKind,
    end_by_person,
    expire,
    fold,
)
from leitplanke.domain.events import Event, Severity
from tests.support.events import acknowledge, minutes, resolve, trigger

FIRING, RESOLVED = AlertState.FIRING, AlertState.RESOLVED
FIRED = TransitionKind.FIRED
ENDED = TransitionKind.RESOLVED
TAKEN = TransitionKind.ACKNOWLEDGED


def after(*news: Event, before: Alert | None = None) -> Alert:
    """The alert after these events came one by one."""
    alert = before
    for event in news:
        alert = fold("alert-1", alert, [event]).alert
    assert alert is not None
    return alert


def firing() -> Alert:
    return after(trigger(10))


def resolved() -> Alert:
    return after(trigger(5), resolve(10))


def tombstone() -> Alert:
    return after(resolve(10))


def taken_in_advance() -> Alert:
    return after(acknowledge(10))


def lapsed() -> Alert:
    return expire(after(trigger(5)), now=minutes(10))


def closed() -> Alert:
    return end_by_person(after(trigger(5)), now=minutes(10))


NOTHING: tuple[TransitionKind, ...] = ()


@pytest.mark.parametrize(
    ("before", "event", "state", "episode", "made"),
    [
        (None, trigger(11), FIRING, 1, (FIRED,)),
        (None, acknowledge(11), RESOLVED, 0, NOTHING),
        (None, resolve(11), RESOLVED, 0, NOTHING),
        (firing, trigger(11), FIRING, 1, NOTHING),
        (firing, trigger(9), FIRING, 1, NOTHING),
        (firing, acknowledge(11), FIRING, 1, (TAKEN,)),
        (firing, acknowledge(9), FIRING, 1, NOTHING),
        (firing, resolve(11), RESOLVED, 1, (ENDED,)),
        (firing, resolve(10), RESOLVED, 1, (ENDED,)),
        (firing, resolve(9), FIRING, 1, NOTHING),
        (resolved, trigger(11), FIRING, 2, (FIRED,)),
        (resolved, trigger(10), RESOLVED, 1, NOTHING),
        (resolved, trigger(9), RESOLVED, 1, NOTHING),
        (resolved, acknowledge(11), RESOLVED, 1, NOTHING),
        (resolved, acknowledge(9), RESOLVED, 1, NOTHING),
        (resolved, resolve(11), RESOLVED, 1, NOTHING),
        (resolved, resolve(9), RESOLVED, 1, NOTHING),
        (tombstone, trigger(11), FIRING, 1, (FIRED,)),
        (tombstone, trigger(9), RESOLVED, 0, NOTHING),
        (tombstone, acknowledge(11), RESOLVED, 0, NOTHING),
        (tombstone, resolve(11), RESOLVED, 0, NOTHING),
        (taken_in_advance, trigger(11), FIRING, 1, (FIRED,)),
        (taken_in_advance, trigger(9), FIRING, 1, (FIRED, TAKEN)),
        (taken_in_advance, resolve(9), RESOLVED, 0, NOTHING),
        (lapsed, trigger(5, received=11), FIRING, 2, (FIRED,)),
        (lapsed, trigger(9, received=9), RESOLVED, 1, NOTHING),
        (lapsed, acknowledge(11), RESOLVED, 1, NOTHING),
        (lapsed, resolve(8, received=11), RESOLVED, 1, NOTHING),
        (closed, trigger(5, received=11), FIRING, 2, (FIRED,)),
        (closed, trigger(9, received=9), RESOLVED, 1, NOTHING),
        (closed, acknowledge(11), RESOLVED, 1, NOTHING),
        (closed, resolve(8, received=11), RESOLVED, 1, NOTHING),
    ],
)
def test_what_each_event_makes_of_each_alert(
    before: Callable[[], Alert] | None,
    event: Event,
    state: AlertState,
    episode: int,
    made: tuple[TransitionKind, ...],
) -> None:
    folded = fold("alert-1", before() if before else None, [event])

    assert (folded.alert.state, folded.alert.episode) == (state, episode)
    assert tuple(one.kind for one in folded.transitions) == made
    assert not any(one.replay for one in folded.transitions)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (firing, resolve(9)),
        (firing, acknowledge(9)),
        (resolved, trigger(9)),
        (resolved, acknowledge(9)),
        (resolved, resolve(9)),
        (lapsed, trigger(9, received=9)),
        (closed, trigger(9, received=9)),
    ],
)
def test_old_news_changes_nothing_and_is_counted(before: Callable[[], Alert], event: Event) -> None:
    folded = fold("alert-1", before(), [event])

    assert folded.stale == 1
    assert replace_counter(folded.alert) == replace_counter(before())


def replace_counter(alert: Alert) -> dict[str, object]:
    """Everything but the id of the event that came last, which differs between two made alike."""
    return {name: getattr(alert, name) for name in Alert.__slots__ if name != "changed_by"}


def test_an_alert_from_the_beginning_of_time_fires() -> None:
    """A device whose clock starts at 1970 is no reason to stay silent."""
    long_ago = -60 * 24 * 365 * 60

    assert after(trigger(long_ago, received=0)).state is FIRING
    assert after(trigger(long_ago, received=0), resolve(long_ago + 1, received=1)).state is RESOLVED


class TestSeenAgain:
    """The event that caused the last transition comes again: what follows from it may be missing."""

    def test_the_trigger_that_fired_it_fires_again_and_does_not_count_again(self) -> None:
        event = trigger(1)
        again = fold("alert-1", after(event), [event])

        assert [(one.kind, one.replay, one.episode) for one in again.transitions] == [(FIRED, True, 1)]
        assert again.alert == after(event)

    def test_the_resolve_that_ended_it_ends_it_again(self) -> None:
        event = resolve(2)
        alert = after(trigger(1), event)
        again = fold("alert-1", alert, [event])

        assert [(one.kind, one.replay, one.episode) for one in again.transitions] == [(ENDED, True, 1)]
        assert again.alert == alert

    def test_the_trigger_that_made_it_worse_counts_as_one_that_fired_it(self) -> None:
        event = trigger(2, severity=Severity.CRITICAL)
        again = fold("alert-1", after(trigger(1), event), [event])

        assert [(one.kind, one.replay) for one in again.transitions] == [(FIRED, True)]

    def test_an_acknowledgement_is_passed_on_again(self) -> None:
        event = acknowledge(2)
        again = fold("alert-1", after(trigger(1), event), [event])

        assert [(one.kind, one.replay, one.by) for one in again.transitions] == [(TAKEN, True, "Ada Example")]

    def test_a_repetition_in_between_does_not_hide_it(self) -> None:
        event = trigger(1)
        again = fold("alert-1", after(event, trigger(2)), [event])

        assert [(one.kind, one.replay) for one in again.transitions] == [(FIRED, True)]
        assert again.alert.occurrences == 2

    def test_what_somebody_else_has_changed_since_is_old_news(self) -> None:
        event = trigger(1)
        again = fold("alert-1", after(event, resolve(2)), [event])

        assert again.transitions == ()
        assert again.stale == 1


class TestTombstones:
    """News about nothing: remembered, so that what comes late is known to be old."""

    def test_a_resolve_before_its_trigger_leaves_nothing_firing(self) -> None:
        alert = after(resolve(2), trigger(1))

        assert (alert.state, alert.episode, alert.incident_id) == (RESOLVED, 0, None)

    def test_a_later_resolve_of_nothing_moves_the_tombstone_forward_and_never_back(self) -> None:
        assert after(resolve(2), resolve(4), resolve(3)).state_time == minutes(4)
        assert after(resolve(2), resolve(4), trigger(3)).state is RESOLVED

    def test_an_acknowledgement_before_its_trigger_opens_it_acknowledged(self) -> None:
        folded = fold("alert-1", after(acknowledge(2)), [trigger(1)])

        assert folded.alert.acknowledged_by == "Ada Example"
        assert folded.transitions[1].by == "Ada Example"

    def test_an_acknowledgement_of_an_earlier_episode_does_not_carry_over(self) -> None:
        alert = after(trigger(1), acknowledge(2), resolve(3), trigger(4))

        assert (alert.state, alert.acknowledged_at, alert.acknowledged_by) == (FIRING, None, None)

    @pytest.mark.parametrize("end", [expire, end_by_person])
    def test_nor_does_it_when_we_ended_the_episode_ourselves(self, end: Callable[..., Alert]) -> None:
        ended = end(after(trigger(1), acknowledge(2)), now=minutes(10))
        again = fold("alert-1", ended, [trigger(1, received=11)])

        assert [one.kind for one in again.transitions] == [FIRED]
        assert again.alert.acknowledged_by is None

    def test_an_acknowledgement_that_a_resolve_overtook_waits_for_the_trigger_before_it(self) -> None:
        assert after(resolve(1), acknowledge(3), trigger(2)).acknowledged_by == "Ada Example"
        assert after(acknowledge(3), resolve(1), trigger(2)).acknowledged_by == "Ada Example"
        assert after(acknowledge(1), resolve(2), trigger(3)).acknowledged_by is None

    def test_the_first_to_take_it_has_it(self) -> None:
        alert = after(trigger(1), acknowledge(2), acknowledge(3, by="Grace Example"))

        assert (alert.acknowledged_by, alert.acknowledged_at) == ("Ada Example", minutes(2))


class TestRepeatedBySender:
    """Prometheus and Alertmanager: the same start time again and again while it fires."""

    def test_after_its_own_resolve_the_same_start_is_old_news(self) -> None:
        alert = after(trigger(1, repeats=True), resolve(5, repeats=True))

        assert fold("alert-1", alert, [trigger(1, received=6, repeats=True)]).stale == 1

    def test_it_is_news_when_the_sender_goes_on_with_it_for_longer_than_news_travels(self) -> None:
        alert = after(trigger(1, repeats=True), resolve(5, repeats=True))
        again = after(trigger(1, received=7.5, repeats=True), before=alert)

        assert (again.state, again.episode, again.fired_at) == (FIRING, 2, minutes(1))

    def test_the_resolve_that_it_contradicts_is_old_news_from_then_on(self) -> None:
        alert = after(trigger(1, repeats=True), resolve(5, repeats=True))
        back = after(trigger(1, received=8, repeats=True), before=alert)

        assert after(resolve(5, received=9, repeats=True), before=back).state is FIRING
        assert after(resolve(9, repeats=True), before=back).state is RESOLVED

    def test_a_resolved_alert_may_be_sent_for_fifteen_minutes_and_stays_as_it_is(self) -> None:
        alert = after(trigger(1, repeats=True), resolve(5, repeats=True))

        for received in range(6, 20):
            folded = fold("alert-1", alert, [resolve(5, received=received, repeats=True)])
            assert (folded.alert, folded.stale) == (alert, 1)

    def test_two_prometheus_with_different_starts_are_one_alert_that_ends_once(self) -> None:
        fired = after(trigger(1.0, repeats=True), trigger(1.4, repeats=True))
        ended = fold("alert-1", fired, [resolve(6.0, repeats=True)])
        late = fold("alert-1", ended.alert, [trigger(1.4, received=6.3, repeats=True)])
        both = fold("alert-1", late.alert, [resolve(6.4, repeats=True)])

        assert (fired.episode, fired.occurrences) == (1, 2)
        assert [one.kind for one in ended.transitions] == [ENDED]
        assert (late.stale, both.transitions) == (1, ())
        assert (both.alert.state, both.alert.resolved_at, both.alert.state_time) == (
            RESOLVED,
            minutes(6.0),
            minutes(6.4),
        )

    @pytest.mark.parametrize("late_by", [0, 3, 10, 600])
    def test_a_clock_that_is_late_does_not_make_it_fire_for_ever(self, late_by: float) -> None:
        """Start and end are by their clock, arrival by ours: they are never compared with each other."""
        alert = after(
            trigger(1 - late_by, received=1, repeats=True),
            trigger(1 - late_by, received=2, repeats=True),
            resolve(2.5 - late_by, received=3, repeats=True),
        )

        assert alert.state is RESOLVED

    def test_a_resolve_that_arrived_before_the_alert_was_heard_again_is_contradicted(self) -> None:
        alert = after(trigger(1, repeats=True), trigger(1, received=9, repeats=True))
        late = after(resolve(5, received=5, repeats=True), before=alert)

        assert late.state is FIRING
        assert after(resolve(5, received=10, repeats=True), before=late).state is FIRING


class TestPagerDuty:
    """News is ordered by arrival at the door; the queue may change it."""

    def test_a_resolve_between_two_triggers_that_comes_last_does_not_end_it(self) -> None:
        alert = after(trigger(1), trigger(3), resolve(2))

        assert (alert.state, alert.episode, alert.state_time) == (FIRING, 1, minutes(3))

    def test_a_trigger_after_a_resolve_is_a_new_episode(self) -> None:
        alert = after(trigger(1), resolve(2), trigger(3, title="again"))

        assert (alert.episode, alert.occurrences, alert.title) == (2, 1, "again")
        assert (alert.fired_at, alert.first_seen_at, alert.incident_id) == (minutes(3), minutes(3), None)

    def test_trigger_and_resolve_of_the_same_instant_leave_nothing_firing(self) -> None:
        begin, end = trigger(1), resolve(1)

        assert fold("alert-1", None, [end, begin]).alert.state is RESOLVED
        assert after(begin, end).state is RESOLVED
        assert after(end, begin).state is RESOLVED


class TestRefresh:
    """A repetition brings the newest words, and nothing else."""

    def test_the_newest_words_win_whatever_order_they_come_in(self) -> None:
        alert = after(trigger(1), trigger(3, title="new"), trigger(2, title="older"))

        assert (alert.title, alert.last_seen_at, alert.occurrences) == ("new", minutes(3), 3)

    def test_getting_worse_is_told_apart_from_getting_better(self) -> None:
        worse = fold("alert-1", after(trigger(1)), [trigger(2, severity=Severity.CRITICAL)])
        better = fold("alert-1", worse.alert, [trigger(3, severity=Severity.WARNING)])

        assert [(one.kind, one.worse) for one in worse.transitions] == [(TransitionKind.SEVERITY, True)]
        assert [(one.kind, one.worse) for one in better.transitions] == [(TransitionKind.SEVERITY, False)]

    def test_the_newest_promise_counts_and_no_promise_takes_it_back(self) -> None:
        promised = after(trigger(1), trigger(3, expires_at=minutes(9)))

        assert after(trigger(2), before=promised).expires_at == minutes(9)
        assert after(trigger(4, expires_at=minutes(8)), before=promised).expires_at == minutes(8)
        assert after(trigger(4), before=promised).expires_at is None

    def test_the_first_promise_of_an_alert_that_fires_already_is_told(self) -> None:
        folded = fold("alert-1", after(trigger(1)), [trigger(2, expires_at=minutes(9))])

        assert [one.kind for one in folded.transitions] == [TransitionKind.PROMISED]


def test_an_alert_that_lapsed_keeps_its_state_time_and_says_who_ended_it() -> None:
    alert = expire(after(trigger(1, expires_at=minutes(5))), now=minutes(10))

    assert (alert.state, alert.state_time) == (RESOLVED, minutes(1))
    assert (alert.resolved_by, alert.resolved_at) == (ResolvedBy.TIMEOUT, minutes(5))
    assert alert.expires_at is None


def test_its_sender_may_still_say_that_it_is_over_and_then_only_a_later_start_counts() -> None:
    lapsed_alert = expire(after(trigger(1)), now=minutes(10))
    told = after(resolve(8, received=12), before=lapsed_alert)

    assert (told.resolved_by, told.resolved_at) == (ResolvedBy.SOURCE, minutes(10))
    assert after(trigger(1, received=13), before=told).state is RESOLVED
    assert after(trigger(9, received=13), before=told).state is FIRING


def test_began_is_never_later_than_received() -> None:
    alert = after(trigger(1, occurred_at=minutes(30)))

    assert alert.fired_at == minutes(1)
    assert alert.fired_at <= alert.first_seen_at + timedelta(0)
