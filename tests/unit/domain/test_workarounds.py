"""A workaround that is told after the fact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.workarounds import told_afterwards

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
RESTORED = Incident(
    incident_id="inc1",
    group_key="group",
    state=IncidentState.RESTORED,
    title="VPN gateway 1 does not answer",
    service="vpn-gateway-1",
    symptom="gateway down",
    signature="signature",
    severity=Severity.CRITICAL,
    labels={},
    policy_version=1,
    began_at=NOW,
    opened_at=NOW,
    restored_at=NOW,
    changed_at=NOW,
    pulsed_at=NOW,
    revision=4,
)
LATER = NOW + timedelta(minutes=20)


def test_a_restored_incident_keeps_what_restored_it() -> None:
    changed = told_afterwards(RESTORED, workaround="restart", helped=True, by="Ada Example", at=LATER)
    assert changed is not None
    after = changed.incident
    assert (after.workaround, after.workaround_helped, after.revision, after.changed_at) == (
        "restart",
        True,
        5,
        LATER,
    )
    assert (after.state, after.restored_at) == (IncidentState.RESTORED, NOW)
    assert (changed.change.kind, changed.change.loud, changed.change.by) == (
        "incident.restored",
        False,
        "Ada Example",
    )
    assert changed.change.data == {"reason": "workaround told afterwards", "workaround": "restart"}


def test_the_same_words_again_change_nothing() -> None:
    known = replace(RESTORED, workaround="restart", workaround_helped=True)
    assert told_afterwards(known, workaround="restart", helped=True, by="Ada Example", at=LATER) is None


def test_whether_it_helped_can_be_told_later_still() -> None:
    known = replace(RESTORED, workaround="restart")
    changed = told_afterwards(known, workaround="restart", helped=False, by="Ada Example", at=LATER)
    assert changed is not None
    assert changed.incident.workaround_helped is False


@pytest.mark.parametrize("state", [state for state in IncidentState if state is not IncidentState.RESTORED])
def test_any_other_incident_is_left_alone(state: IncidentState) -> None:
    other = replace(RESTORED, state=state)
    assert told_afterwards(other, workaround="restart", helped=True, by="Ada Example", at=LATER) is None
