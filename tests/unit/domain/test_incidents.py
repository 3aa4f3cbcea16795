"""The life of an incident as a table: every action in every state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.errors import ConflictError
from leitplanke.domain.handling import (
    ask_for_help,
    assign,
    end_suppression,
    note,
    prioritise,
    suppress,
)
from leitplanke.domain.incidents import (
    CONFIRM_AFTER,
    SYSTEM,
    Changed,
    Incident,
    IncidentState,
    acknowledge,
    close,
    escalate,
    opened,
    reopen,
    restore,
)
from tests.support.incidents import NOW, PERSON, in_state, incident

OPEN, ACKNOWLEDGED, RESTORED, CLOSED = IncidentState
SOMEBODY = "Grace Example"
LATER = NOW + timedelta(minutes=7)
HOUR = timedelta(hours=1)
QUICKLY = timedelta(minutes=5)
Action = Callable[[Incident], Changed | None]

ACTIONS: dict[str, Action] = {
    "acknowledge": lambda one: acknowledge(one, by=SOMEBODY, at=LATER),
    "assign": lambda one: assign(one, assignee=SOMEBODY, team=None, by=PERSON, at=LATER),
    "hand to a team": lambda one: assign(one, assignee=None, team="platform", by=PERSON, at=LATER),
    "ask for help": lambda one: ask_for_help(one, by=PERSON, at=LATER, reason="too much for one"),
    "prioritise": lambda one: prioritise(
        one, priority="P1", by=PERSON, at=LATER, reason="the minister calls", acknowledge_within=QUICKLY
    ),
    "suppress": lambda one: suppress(
        one, until=LATER + HOUR, by=PERSON, at=LATER, reason="planned", acknowledge_within=QUICKLY
    ),
    "suppress without end": lambda one: suppress(
        one, until=None, by=PERSON, at=LATER, reason="planned", acknowledge_within=QUICKLY
    ),
    "end a suppression that there is not": lambda one: suppress(
        one, until=LATER, by=PERSON, at=LATER, reason="over", acknowledge_within=QUICKLY
    ),
    "note": lambda one: note(one, text="looking", by=PERSON, at=LATER),
    "escalate": lambda one: escalate(one, by=SYSTEM, at=LATER, reason="nobody took it"),
    "restore": lambda one: restore(one, by=PERSON, at=LATER, reason="works", reopen_window=HOUR),
    "reopen": lambda one: reopen(
        one, by=SYSTEM, at=LATER, reason="fires", acknowledge_within=timedelta(minutes=5)
    ),
    "reopen by hand": lambda one: reopen(
        one, by=PERSON, at=LATER, reason="still cannot log in", acknowledge_within=QUICKLY
    ),
    "close": lambda one: close(one, by=PERSON, at=LATER, reason="done", comes_back_within=HOUR),
}
REFUSED, NOTHING = "refused", "nothing to do"
TABLE: dict[str, tuple[Any, Any, Any, Any]] = {
    # action          open          acknowledged   restored      closed
    "acknowledge": (ACKNOWLEDGED, ACKNOWLEDGED, REFUSED, REFUSED),
    "assign": (OPEN, ACKNOWLEDGED, RESTORED, REFUSED),
    "hand to a team": (OPEN, ACKNOWLEDGED, RESTORED, REFUSED),
    "ask for help": (OPEN, ACKNOWLEDGED, REFUSED, REFUSED),
    "prioritise": (OPEN, ACKNOWLEDGED, REFUSED, REFUSED),
    "suppress": (OPEN, ACKNOWLEDGED, RESTORED, REFUSED),
    "suppress without end": (OPEN, ACKNOWLEDGED, RESTORED, REFUSED),
    "end a suppression that there is not": (NOTHING, NOTHING, NOTHING, REFUSED),
    "note": (OPEN, ACKNOWLEDGED, RESTORED, CLOSED),
    "escalate": (OPEN, NOTHING, NOTHING, NOTHING),
    "restore": (RESTORED, RESTORED, NOTHING, REFUSED),
    "reopen": (NOTHING, NOTHING, OPEN, REFUSED),
    "reopen by hand": (NOTHING, NOTHING, OPEN, REFUSED),
    "close": (CLOSED, CLOSED, CLOSED, NOTHING),
}
CELLS = [
    (action, state, outcome)
    for action, row in TABLE.items()
    for state, outcome in zip(IncidentState, row, strict=True)
]


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
def test_every_action_in_every_state(action: str, state: IncidentState, outcome: Any) -> None:
    before = in_state(state)

    if outcome is REFUSED:
        with pytest.raises(ConflictError) as refusal:
            ACTIONS[action](before)
        assert refusal.value.remedy
        return
    changed = ACTIONS[action](before)
    if outcome is NOTHING:
        assert changed is None
        return
    assert changed is not None
    assert changed.incident.state is outcome
    assert changed.incident.revision == before.revision + 1
    assert changed.incident.changed_at == changed.change.at == LATER
    assert changed.change.kind.startswith("incident.")


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
def test_doing_it_again_changes_nothing_but_for_remarks_and_calls_for_help(
    action: str, state: IncidentState, outcome: Any
) -> None:
    if outcome in (REFUSED, NOTHING) or action in ("note", "ask for help"):
        return
    changed = ACTIONS[action](in_state(state))
    assert changed is not None

    assert ACTIONS[action](changed.incident) is None


@pytest.mark.parametrize(("action", "state", "outcome"), CELLS)
def test_no_action_touches_what_only_publishing_routing_and_clocks_count(
    action: str, state: IncidentState, outcome: Any
) -> None:
    if outcome in (REFUSED, NOTHING):
        return
    before = in_state(state)
    changed = ACTIONS[action](before)
    assert changed is not None

    for name in (
        "published_revision",
        "routed_pulse",
        "checked_pulse",
        "look_at",
        "incident_id",
        "opened_at",
    ):
        assert getattr(changed.incident, name) == getattr(before, name)


def _deadlines(one: Incident) -> dict[str, Any]:
    names = ("acknowledge_by", "quiet_check_at", "confirm_at", "close_at", "judge_at", "suppressed_until")
    return {name: getattr(one, name) for name in names if getattr(one, name) is not None}


EVERYTHING = {"acknowledge_by": NOW, "quiet_check_at": NOW}


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("acknowledge", in_state(OPEN, **EVERYTHING), {"quiet_check_at": NOW}),
        ("assign", in_state(OPEN, **EVERYTHING), EVERYTHING),
        ("note", in_state(OPEN, **EVERYTHING), EVERYTHING),
        ("escalate", in_state(OPEN, **EVERYTHING), {"quiet_check_at": NOW}),
        (
            "restore",
            in_state(OPEN, **EVERYTHING),
            {"confirm_at": LATER + CONFIRM_AFTER, "close_at": LATER + HOUR},
        ),
        (
            "reopen",
            in_state(RESTORED, confirm_at=NOW, close_at=NOW),
            {"acknowledge_by": LATER + timedelta(minutes=5)},
        ),
        (
            "close",
            in_state(RESTORED, confirm_at=NOW, close_at=NOW),
            {"confirm_at": LATER + CONFIRM_AFTER, "judge_at": LATER + HOUR},
        ),
        (
            "close",
            in_state(OPEN, **EVERYTHING),
            {"confirm_at": LATER + CONFIRM_AFTER, "judge_at": LATER + HOUR},
        ),
        ("hand to a team", in_state(OPEN, **EVERYTHING), EVERYTHING),
        ("ask for help", in_state(OPEN, **EVERYTHING), {"quiet_check_at": NOW}),
        ("prioritise", in_state(OPEN, **EVERYTHING), {**EVERYTHING, "acknowledge_by": LATER + QUICKLY}),
        (
            "prioritise",
            in_state(OPEN, acknowledge_by=None, quiet_check_at=NOW),
            {"quiet_check_at": NOW},
        ),
        (
            "suppress",
            in_state(OPEN, **EVERYTHING),
            {"quiet_check_at": NOW, "suppressed_until": LATER + HOUR},
        ),
        ("reopen", in_state(RESTORED, suppressed_until=NOW), {"suppressed_until": NOW}),
    ],
)
def test_deadlines_are_set_and_cleared(action: str, before: Incident, after: dict[str, Any]) -> None:
    changed = ACTIONS[action](before)
    assert changed is not None
    assert _deadlines(changed.incident) == after


def test_a_new_incident_tells_what_it_is() -> None:
    changed = opened(incident(), by="pagerduty")

    assert (changed.change.kind, changed.change.by, changed.change.loud) == (
        "incident.opened",
        "pagerduty",
        False,
    )
    assert changed.change.data == {
        "title": "Gateway 1 does not answer",
        "service": "vpn-gateway-1",
        "severity": "critical",
    }
    assert (changed.incident.revision, changed.incident.published_revision) == (1, 0)


def test_who_acknowledges_has_it_and_a_second_one_takes_it_over() -> None:
    first = acknowledge(in_state(OPEN), by=PERSON, at=NOW)
    assert first is not None
    second = acknowledge(first.incident, by=SOMEBODY, at=LATER)
    assert second is not None

    assert (first.incident.assignee, first.incident.acknowledged_at) == (PERSON, NOW)
    assert (second.incident.acknowledged_by, second.incident.acknowledged_at) == (SOMEBODY, NOW)
    assert (second.incident.assignee, second.incident.hand_overs) == (SOMEBODY, 1)


def test_it_escalates_one_step_and_again_only_after_it_came_back() -> None:
    once = escalate(in_state(OPEN), by=SYSTEM, at=NOW, reason="nobody")
    assert once is not None
    assert (once.change.loud, once.incident.escalation) == (True, 1)
    assert escalate(once.incident, by=SYSTEM, at=LATER, reason="nobody") is None

    restored = restore(once.incident, by=SYSTEM, at=LATER, reason="", reopen_window=HOUR)
    assert restored is not None
    back = reopen(restored.incident, by=SYSTEM, at=LATER, reason="", acknowledge_within=HOUR)
    assert back is not None
    assert back.incident.escalation == 0


def test_it_is_late_from_its_time_on_and_still_after_help_was_called_until_somebody_takes_it() -> None:
    due = replace(in_state(OPEN), acknowledge_by=LATER)
    assert (due.is_late(NOW), due.is_late(LATER)) == (False, True)
    called = escalate(due, by=SYSTEM, at=LATER, reason="nobody")
    assert called is not None
    assert (called.incident.acknowledge_by, called.incident.is_late(LATER + HOUR)) == (None, True)
    taken = acknowledge(called.incident, by=SOMEBODY, at=LATER)
    assert taken is not None
    assert not taken.incident.is_late(LATER + HOUR)
    assert not replace(in_state(OPEN), acknowledge_by=None).is_late(LATER)  # no clock, no help called


def test_the_customers_moment_lies_between_its_beginning_and_now() -> None:
    began = in_state(OPEN).began_at

    def restored_at(moment: Any) -> Any:
        changed = restore(
            in_state(OPEN), by=SYSTEM, at=LATER, reason="", reopen_window=HOUR, restored_at=moment
        )
        assert changed is not None
        return changed.incident.restored_at

    assert restored_at(None) == LATER
    assert restored_at(NOW) == NOW
    assert restored_at(LATER + HOUR) == LATER
    assert restored_at(began - HOUR) == began


def test_a_restore_without_a_workaround_keeps_the_one_that_was_told() -> None:
    told = in_state(OPEN, workaround="restart", workaround_helped=True)
    changed = restore(told, by=PERSON, at=LATER, reason="", reopen_window=HOUR)
    anew = restore(
        told, by=PERSON, at=LATER, reason="", reopen_window=HOUR, workaround="unplug", helped=False
    )
    assert changed is not None
    assert anew is not None

    assert (changed.incident.workaround, changed.incident.workaround_helped) == ("restart", True)
    assert (anew.incident.workaround, anew.incident.workaround_helped) == ("unplug", False)
    assert anew.change.data["workaround"] == "unplug"


def test_what_comes_back_is_routed_anew_and_nobody_has_it() -> None:
    before = in_state(RESTORED, acknowledged_at=NOW, acknowledged_by=PERSON, assignee=PERSON)
    changed = reopen(before, by=SYSTEM, at=LATER, reason="fires", acknowledge_within=None)
    assert changed is not None
    after = changed.incident

    assert (after.pulse, after.pulsed_at, after.reopened) == (before.pulse + 1, LATER, 1)
    assert (after.acknowledged_by, after.acknowledged_at, after.restored_at) == (None, None, None)
    assert after.assignee == PERSON
    assert after.acknowledge_by is None
    assert changed.change.loud


def test_what_a_person_reopens_stays_open_until_a_person_restores_it() -> None:
    back = reopen(in_state(RESTORED), by=PERSON, at=LATER, reason="no login", acknowledge_within=None)
    assert back is not None
    assert back.incident.held_open_by == PERSON

    well = restore(back.incident, by=PERSON, at=LATER, reason="works", reopen_window=HOUR)
    assert well is not None
    assert well.incident.held_open_by is None


def test_what_is_closed_before_it_was_restored_never_counts_as_restored() -> None:
    filed = close(in_state(OPEN), by=PERSON, at=LATER, reason="a false alarm")
    assert filed is not None
    assert (filed.incident.restored_at, filed.incident.closed_by) == (None, PERSON)


@pytest.mark.parametrize(
    ("before", "assignee", "team", "handed_over"),
    [
        ({}, SOMEBODY, None, 0),
        ({"assignee": PERSON}, SOMEBODY, None, 1),
        ({"team": "network"}, None, "platform", 1),
        ({"assignee": PERSON, "team": "network"}, SOMEBODY, "platform", 1),
        ({"assignee": PERSON, "team": "network"}, SOMEBODY, "network", 1),
    ],
)
def test_a_hand_over_is_from_somebody_to_somebody_else(
    before: dict[str, Any], assignee: str | None, team: str | None, handed_over: int
) -> None:
    changed = assign(in_state(OPEN, **before), assignee=assignee, team=team, by=PERSON, at=LATER)
    assert changed is not None
    assert changed.incident.hand_overs == handed_over


def test_who_takes_it_from_somebody_else_is_a_hand_over_as_well() -> None:
    changed = acknowledge(in_state(OPEN, assignee=SOMEBODY), by=PERSON, at=LATER)
    assert changed is not None
    assert (changed.incident.assignee, changed.incident.hand_overs) == (PERSON, 1)
    assert changed.change.data == {"before": SOMEBODY}


@pytest.mark.parametrize(
    ("before", "wanted", "now", "loud"),
    [
        ("P3", "P1", "P1", True),
        ("P1", "P3", "P3", False),
        ("P2", None, "P2", False),
        (None, "P4", "P4", False),
    ],
)
def test_only_what_gets_more_urgent_is_told_at_once(before: Any, wanted: Any, now: Any, loud: bool) -> None:
    seen = in_state(OPEN, priority=before, set_priority="P5" if wanted is None else None)
    changed = prioritise(
        seen, priority=wanted, by=PERSON, at=LATER, reason="I know better", acknowledge_within=None
    )
    assert changed is not None
    assert (changed.incident.priority, changed.incident.set_priority) == (now, wanted)
    assert (changed.incident.pulse, changed.change.loud) == (seen.pulse + 1, loud)


def test_the_end_of_a_suppression_asks_for_somebody_and_is_told_while_customers_wait() -> None:
    hushed = suppress(
        in_state(OPEN, acknowledge_by=NOW),
        until=LATER + HOUR,
        by=PERSON,
        at=LATER,
        reason="planned",
        acknowledge_within=QUICKLY,
    )
    assert hushed is not None
    assert hushed.incident.is_suppressed(LATER) and not hushed.incident.is_suppressed(LATER + HOUR)

    for end in (
        end_suppression(hushed.incident, by=SYSTEM, at=LATER + HOUR, acknowledge_within=QUICKLY),
        suppress(
            hushed.incident,
            until=LATER + HOUR,
            by=PERSON,
            at=LATER + HOUR,
            reason="done early",
            acknowledge_within=QUICKLY,
        ),
    ):
        assert end is not None
        assert (end.change.kind, end.change.loud) == ("incident.unsuppressed", True)
        assert end.incident.acknowledge_by == LATER + HOUR + QUICKLY
        assert not end.incident.is_suppressed(LATER)

    over = end_suppression(
        in_state(RESTORED, suppressed_until=NOW), by=SYSTEM, at=LATER, acknowledge_within=QUICKLY
    )
    assert over is not None
    assert (over.change.loud, over.incident.acknowledge_by) == (False, None)
