"""Whatever happens to an incident, in whatever order: a look is armed no later than its first deadline."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from leitplanke.domain.clocks import duties, look_after, next_look
from leitplanke.domain.errors import ConflictError, LostRaceError
from leitplanke.domain.events import Severity
from leitplanke.domain.handling import note
from leitplanke.domain.incidents import (
    Changed,
    Incident,
    acknowledge,
    close,
    escalate,
    opened,
    reopen,
    restore,
)
from leitplanke.table import keys
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.looks import Look, Looks
from tests.model.engine import TableEngine
from tests.support.incidents import NOW, PERSON, incident

Act = Callable[[Incident, Any], Changed | None]
ACTS: dict[str, Act] = {
    "acknowledge": lambda one, at: acknowledge(one, by=PERSON, at=at),
    "note": lambda one, at: note(one, text="", by=PERSON, at=at),
    "escalate": lambda one, at: escalate(one, by=PERSON, at=at, reason=""),
    "restore": lambda one, at: restore(one, by=PERSON, at=at, reason="", reopen_window=timedelta(minutes=9)),
    "reopen": lambda one, at: reopen(
        one, by=PERSON, at=at, reason="", acknowledge_within=timedelta(minutes=5)
    ),
    "close": lambda one, at: close(one, by=PERSON, at=at, reason=""),
}
OFTEN = [*(sorted(ACTS.keys() - {"close"}) * 3), "reopen", "reopen", "close"]
"""What is closed stays so, and then there is little to see."""
MINUTES = st.integers(-30, 30)


class LooksOfAnIncident(RuleBasedStateMachine):
    """Two who have read it some time ago, time, and a sweep that may be at work meanwhile."""

    engine = TableEngine()

    @initialize()
    def begin(self) -> None:
        self.table = Table(self.engine.client, self.engine.new_table())
        self.incidents, self.looks = Incidents(self.table), Looks(self.table)
        self.now = NOW
        self.seen = [self.incidents.open(opened(incident(), by="pagerduty"), replaces=None)] * 2
        self.in_hand: list[Look] = []

    @rule(who=st.integers(0, 1))
    def reads(self, who: int) -> None:
        self.seen[who] = self.incidents.get("inc-1")

    @rule(minutes=st.integers(0, 20))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=st.integers(0, 1), act=st.sampled_from(OFTEN), clock=MINUTES | st.none())
    def changes(self, who: int, act: str, clock: int | None) -> None:
        """A visible change; routing's comes with a clock."""
        try:
            changed = ACTS[act](self.seen[who], self.now)
            if changed is None:
                return
            if clock is not None:
                by = self.now + timedelta(minutes=clock)
                changed = replace(changed, incident=replace(changed.incident, acknowledge_by=by))
            self.seen[who] = self.incidents.commit(self.seen[who], changed)
        except (LostRaceError, ConflictError):
            return

    @rule(who=st.integers(0, 1), promised=MINUTES | st.none())
    def alerts_change(self, who: int, promised: int | None) -> None:
        """With a promise that may be over already."""
        quiet = self.now + timedelta(minutes=promised) if promised is not None else None
        try:
            self.incidents.pulse(self.seen[who], at=self.now, quiet_check_at=quiet)
        except LostRaceError:
            return

    @rule()
    def is_published_and_routed(self) -> None:
        one = self.incidents.get("inc-1")
        self.incidents.published("inc-1", one.revision, after=0)
        self.incidents.routed(one, severity=Severity.ERROR)

    @rule()
    def a_sweep_begins(self) -> None:
        self.in_hand = list(self.looks.due(self.now))

    @rule(who=st.integers(0, 1))
    def a_slow_sweep_sets_the_clocks(self, who: int) -> None:
        """By what it has read long ago."""
        seen = self.seen[who]
        after = replace(seen, quiet_check_at=None, confirm_at=None, checked_pulse=seen.pulse)
        self.incidents.set_clocks(seen, after, look_at=look_after(after, self.now))

    @precondition(lambda self: self.in_hand)
    @rule()
    def a_sweep_ends(self) -> None:
        """It has looked at all it had in hand: read, done what is due, set the clocks, and then deleted."""
        for _ in range(20):
            seen = self.incidents.get("inc-1")
            after = seen
            if duties(seen, self.now):
                self.is_published_and_routed()
                seen = self.incidents.get("inc-1")
                after = replace(seen, quiet_check_at=None, confirm_at=None, checked_pulse=seen.pulse)
            if self.incidents.set_clocks(seen, after, look_at=look_after(after, self.now)):
                break
        self.looks.done(self.in_hand)
        self.in_hand = []

    @invariant()
    def a_look_is_armed_in_time(self) -> None:
        stored = self.incidents.get("inc-1")
        needed = next_look(stored)
        if needed is None:
            return
        assert stored.look_at is not None, "nobody will ever look"
        assert stored.look_at <= max(needed, self.now + timedelta(minutes=1))
        key = keys.look(stored.look_at, "incident/inc-1")
        assert self.table.get(key) is not None, f"it believes in a look at {stored.look_at}"

    def teardown(self) -> None:
        if hasattr(self, "table"):
            self.engine.drop(self.table.name)


def test_a_look_is_always_armed_no_later_than_the_first_deadline() -> None:
    run(LooksOfAnIncident, settings=settings(max_examples=150, stateful_step_count=20, deadline=None))


class TestLooks:
    def looks(self, table_name: str, client: Any) -> Looks:
        return Looks(Table(client, table_name))

    def test_what_is_due_comes_earliest_first_in_pages_and_nothing_else(
        self, dynamodb: Any, table_name: str
    ) -> None:
        looks = self.looks(table_name, dynamodb)
        for number in range(9):
            looks.arm(NOW + timedelta(seconds=number), "incident/one")
        looks.arm(NOW + timedelta(seconds=4), "incident/two")

        due = list(looks.due(NOW + timedelta(seconds=4), page_size=2))

        assert [look.due for look in due if look.subject == "incident/one"] == [
            NOW + timedelta(seconds=number) for number in range(5)
        ]
        assert {look.subject for look in due} == {"incident/one", "incident/two"}

    def test_what_is_done_is_gone_and_what_is_left_is_told_in_order(
        self, dynamodb: Any, table_name: str
    ) -> None:
        looks = self.looks(table_name, dynamodb)
        for number in range(60):
            looks.arm(NOW, f"incident/{number}")
        due = list(looks.due(NOW))

        looks.done(due[:30])

        assert looks.left(due) == due[30:]
        looks.done([*due, Look(due=NOW, subject="incident/unknown", mark="-")])
        assert list(looks.due(NOW)) == []

    def test_of_two_who_promise_at_once_the_one_that_would_undo_the_earlier_promise_reads_again(
        self, dynamodb: Any, table_name: str
    ) -> None:
        incidents = Incidents(Table(dynamodb, table_name))
        seen = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
        incidents.pulse(seen, at=NOW, quiet_check_at=NOW + timedelta(minutes=20))

        with pytest.raises(LostRaceError):
            incidents.pulse(seen, at=NOW, quiet_check_at=NOW + timedelta(minutes=30))
        assert incidents.get("inc-1").quiet_check_at == NOW + timedelta(minutes=20)

    @pytest.mark.parametrize("change", ["pulse", "note"])
    def test_who_relies_on_a_look_that_the_sweep_has_moved_reads_again(
        self, dynamodb: Any, table_name: str, change: str
    ) -> None:
        incidents = Incidents(Table(dynamodb, table_name))
        seen = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
        assert incidents.set_clocks(seen, seen, look_at=None)

        with pytest.raises(LostRaceError):
            if change == "pulse":
                incidents.pulse(seen, at=NOW, quiet_check_at=None)
            else:
                incidents.commit(seen, note(seen, text="", by=PERSON, at=NOW))

    @pytest.mark.parametrize("change", ["pulse", "note"])
    def test_a_sweep_whose_incident_changed_meanwhile_looks_again(
        self, dynamodb: Any, table_name: str, change: str
    ) -> None:
        incidents = Incidents(Table(dynamodb, table_name))
        seen = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
        if change == "pulse":
            incidents.pulse(seen, at=NOW, quiet_check_at=None)
        else:
            incidents.commit(seen, note(seen, text="", by=PERSON, at=NOW))

        assert not incidents.set_clocks(seen, seen, look_at=None)

    def test_one_that_was_armed_again_meanwhile_stays(self, dynamodb: Any, table_name: str) -> None:
        table = Table(dynamodb, table_name)
        looks, incidents = Looks(table), Incidents(table)
        promised = NOW - timedelta(minutes=5)
        seen = incidents.open(opened(incident(), by="pagerduty"), replaces=None)
        pulsed = incidents.pulse(seen, at=NOW, quiet_check_at=promised)
        assert pulsed is not None
        in_hand = list(looks.due(NOW))
        later = NOW + timedelta(minutes=1)
        assert incidents.set_clocks(pulsed, replace(pulsed, quiet_check_at=None), look_at=later)
        incidents.pulse(incidents.get("inc-1"), at=NOW, quiet_check_at=promised)

        looks.done(in_hand)

        assert [look.due for look in looks.due(NOW)] == [promised]
        assert looks.left(in_hand) == list(looks.due(NOW))
