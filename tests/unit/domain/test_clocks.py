"""When the clocks look at an incident, and what they owe it then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from leitplanke.domain.alerts import Alert, fold
from leitplanke.domain.clocks import (
    LOOK_AGAIN,
    Duty,
    checked,
    confirmed,
    deadlines,
    duties,
    is_back,
    lapsed,
    look_after,
    next_look,
    next_quiet_check,
)
from leitplanke.domain.incidents import SYSTEM, Incident, IncidentState
from tests.support.events import minutes, resolve, trigger
from tests.support.incidents import NOW, PERSON, any_incident, in_state

OPEN, ACKNOWLEDGED, RESTORED, CLOSED = IncidentState
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("state", IncidentState)
def test_an_incident_that_is_published_routed_and_checked_owes_nothing_but_its_own_deadline(
    state: IncidentState,
) -> None:
    due = dict(deadlines(in_state(state)))

    assert due.keys() == {OPEN: {Duty.ESCALATE}, RESTORED: {Duty.CLOSE}}.get(state, set())
    assert duties(in_state(state), NOW) == []


@pytest.mark.parametrize(
    ("duty", "states", "fields"),
    [
        (Duty.ESCALATE, {OPEN}, {"acknowledge_by": NOW}),
        (Duty.CHECK_QUIET, {OPEN, ACKNOWLEDGED}, {"quiet_check_at": NOW}),
        (Duty.CHECK_FIRING, {OPEN, ACKNOWLEDGED}, {"checked_pulse": 1, "pulsed_at": NOW - MINUTE}),
        (Duty.CONFIRM, {RESTORED}, {"confirm_at": NOW}),
        (Duty.CLOSE, {RESTORED}, {"close_at": NOW}),
        (Duty.END_ALERTS, {CLOSED}, {"confirm_at": NOW}),
        (Duty.JUDGE, {CLOSED}, {"judge_at": NOW, "overridden": 1}),
        (Duty.JUDGE, set(), {"judge_at": NOW}),
        (Duty.PUBLISH, set(IncidentState), {"published_revision": 3, "changed_at": NOW - MINUTE}),
        (Duty.ROUTE, {OPEN, ACKNOWLEDGED, RESTORED}, {"routed_pulse": 1, "pulsed_at": NOW - MINUTE}),
    ],
)
@pytest.mark.parametrize("state", IncidentState)
def test_a_duty_is_due_at_its_moment_in_its_states_and_in_no_other(
    duty: Duty, states: set[IncidentState], fields: dict[str, Any], state: IncidentState
) -> None:
    incident = in_state(state, **fields)

    assert (duty in duties(incident, NOW)) is (state in states)
    assert (duty in dict(deadlines(incident))) is (state in states)
    if state in states:
        assert dict(deadlines(incident))[duty] == NOW
        early = duty in (Duty.PUBLISH, Duty.ROUTE)
        assert (duty in duties(incident, BEFORE)) is early


def test_duties_are_done_in_an_order_in_which_none_undoes_another() -> None:
    incident = in_state(RESTORED, published_revision=1, routed_pulse=1, confirm_at=BEFORE, close_at=BEFORE)

    assert duties(incident, NOW) == [Duty.PUBLISH, Duty.ROUTE, Duty.CONFIRM, Duty.CLOSE]


def test_a_look_publishes_and_routes_even_what_is_young_since_its_deadline_runs_ahead_of_every_look() -> None:
    incident = in_state(OPEN, published_revision=3, routed_pulse=1, changed_at=NOW, pulsed_at=NOW)

    assert next_look(incident) == NOW + MINUTE
    assert duties(incident, AFTER) == [Duty.PUBLISH, Duty.ROUTE]


def test_whether_anything_fires_is_not_asked_before_the_alerts_that_opened_it_can_be_there() -> None:
    incident = in_state(OPEN, acknowledge_by=None, checked_pulse=0, pulsed_at=NOW, alerts_by=NOW + 9 * MINUTE)

    assert next_look(incident) == NOW + 9 * MINUTE


def test_what_was_checked_or_confirmed_is_not_due_any_more() -> None:
    live = in_state(OPEN, acknowledge_by=None, checked_pulse=0)
    restored = in_state(RESTORED, confirm_at=NOW, close_at=None)

    assert next_look(live) is not None
    assert next_look(checked(live)) is None
    assert next_look(confirmed(restored)) is None


@given(any_incident())
def test_the_next_look_is_never_later_than_any_deadline(incident: Incident) -> None:
    due = [moment for _, moment in deadlines(incident)]

    assert next_look(incident) == (min(due) if due else None)


@given(any_incident())
def test_there_is_no_look_without_a_duty_and_no_duty_without_a_look(incident: Incident) -> None:
    needed = next_look(incident)

    if needed is None:
        assert duties(incident, NOW) == []
    elif needed <= NOW:
        assert duties(incident, NOW)


@given(any_incident())
def test_after_a_look_the_next_one_is_ahead_and_in_time(incident: Incident) -> None:
    needed, armed = next_look(incident), look_after(incident, NOW)

    assert (armed is None) is (needed is None)
    if needed is not None and armed is not None:
        assert NOW < armed <= max(needed, NOW + LOOK_AGAIN)


@given(any_incident())
def test_an_earlier_look_that_is_armed_will_do(incident: Incident) -> None:
    armed = look_after(incident, NOW)

    if armed is not None and incident.look_at is not None and NOW < incident.look_at <= armed:
        assert armed == incident.look_at


class TestPromises:
    GRACE = timedelta(minutes=1)

    def alert(self, promised: float | None) -> Alert:
        expires_at = minutes(promised) if promised is not None else None
        return fold("alert-1", None, [trigger(0, expires_at=expires_at)]).alert

    def test_a_promise_is_broken_after_its_moment_and_some_grace(self) -> None:
        alerts = [self.alert(None), self.alert(4), self.alert(9)]

        assert lapsed(alerts, minutes(4.9), grace=self.GRACE) == []
        assert lapsed(alerts, minutes(5), grace=self.GRACE) == [alerts[1]]

    def test_what_is_resolved_has_promised_nothing(self) -> None:
        over = fold("alert-1", None, [trigger(0, expires_at=minutes(4)), resolve(1)]).alert

        assert lapsed([over], minutes(60), grace=self.GRACE) == []
        assert next_quiet_check([over], minutes(0), grace=self.GRACE) is None

    def test_the_next_check_is_for_the_first_promise_but_not_sooner_than_in_a_minute(self) -> None:
        alerts = [self.alert(9), self.alert(4), self.alert(None)]

        assert next_quiet_check(alerts, minutes(0), grace=self.GRACE) == minutes(5)
        assert next_quiet_check(alerts, minutes(7), grace=self.GRACE) == minutes(8)
        assert next_quiet_check([self.alert(None)], minutes(0), grace=self.GRACE) is None

    def test_a_promise_for_the_end_of_time_is_none(self) -> None:
        never = fold("alert-1", None, [trigger(0, expires_at=datetime(9999, 12, 31, tzinfo=UTC))]).alert

        assert lapsed([never], minutes(0), grace=self.GRACE) == []
        assert next_quiet_check([never], minutes(0), grace=self.GRACE) is None


class TestIsBack:
    def firing(self, since: float) -> Alert:
        return fold("alert-1", None, [trigger(since)]).alert

    def test_after_our_own_restore_whatever_fires_means_that_it_is_back(self) -> None:
        restored = in_state(RESTORED, restored_by=SYSTEM, restored_at=minutes(5))

        assert is_back(restored, [self.firing(1)])
        assert not is_back(restored, [])

    def test_after_a_persons_only_what_began_later(self) -> None:
        restored = in_state(RESTORED, restored_by=PERSON, restored_at=minutes(5))

        assert not is_back(restored, [self.firing(5)])
        assert is_back(restored, [self.firing(1), self.firing(6)])
