"""The life of an incident as a table: every action in every state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from leitplanke.domain.errors import ConflictError
from leitplanke.domain.incidents import (
    CONFIRM_AFTER,
    SYSTEM,
    Changed,
    Incident,
    IncidentState,
    acknowledge,
    assign,
    close,
    escalate,
    note,
    opened,
    reopen,
    restore,
)
from tests.support.incidents import NOW, PERSON, in_state, incident

OPEN, ACKNOWLEDGED, RESTORED, CLOSED = IncidentState
SOMEBODY = "Grace Example"
LATER = NOW + timedelta(minutes=7)
HOUR = timedelta(hours=1)
Action = Callable[[Incident], Changed | None]

ACTIONS: dict[str, Action] = {
    "acknowledge": lambda one: acknowledge(one, by=SOMEBODY, at=LATER),
    "assign": lambda one: assign(one, assignee=SOMEBODY, by=PERSON, at=LATER),
    "note": lambda one: note(one, text="looking", by=PERSON, at=LATER),
    "escalate": lambda one: escalate(one, by=SYSTEM, at=LATER, reason="nobody took it"),
    "restore": lambda one: restore(one, by=PERSON, at=LATER, reason="works", reopen_window=HOUR),
    "reopen": lambda one: reopen(
        one, by=SYSTEM, at=LATER, reason="fires", acknowledge_within=timedelta(minutes=5)
    ),
    "close": lambda one: close(one, by=PERSON, at=LATER, reason="done"),
}
REFUSED, NOTHING = "refused", "nothing to do"
TABLE: dict[str, tuple[Any, Any, Any, Any]] = {
    # action          open          acknowledged   restored      closed
    "acknowledge": (ACKNOWLEDGED, ACKNOWLEDGED, REFUSED, REFUSED),
    "assign": (OPEN, ACKNOWLEDGED, RESTORED, REFUSED),
    "note": (OPEN, ACKNOWLEDGED, RESTORED, CLOSED),
    "escalate": (OPEN, NOTHING, NOTHING, NOTHING),
    "restore": (RESTORED, RESTORED, NOTHING, REFUSED),
    "reopen": (NOTHING, NOTHING, OPEN, REFUSED),
    "close": (REFUSED, REFUSED, CLOSED, NOTHING),
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
def test_doing_it_again_changes_nothing_but_for_remarks(
    action: str, state: IncidentState, outcome: Any
) -> None:
    if outcome in (REFUSED, NOTHING) or action == "note":
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
    names = ("acknowledge_by", "quiet_check_at", "confirm_at", "close_at")
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
            {"confirm_at": LATER + CONFIRM_AFTER},
        ),
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
    assert second.incident.assignee == PERSON


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
