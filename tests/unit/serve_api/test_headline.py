"""The sentence that an incident's card begins with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.serve_api.incident_headline import headline
from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import CutOff, Incident, IncidentState

BEGAN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
OFFICE = CutOff(name="Federal Registry Office", heads=1800)
CLUB = CutOff(name="Grey Heron Fishing Club", heads=40)
INCIDENT = Incident(
    incident_id="inc1",
    group_key="group",
    state=IncidentState.OPEN,
    title="VPN gateway 1 does not answer",
    service="vpn-gateway-1",
    symptom="gateway down",
    signature="signature",
    severity=Severity.CRITICAL,
    labels={},
    policy_version=1,
    began_at=BEGAN,
    opened_at=BEGAN + timedelta(minutes=1),
    changed_at=BEGAN,
    pulsed_at=BEGAN,
)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {},
            "Nobody is known to be cut off. It began 2026-03-01 09:00 UTC; nobody has taken it yet.",
        ),
        (
            {"cut_off": (OFFICE,), "cut_off_count": 1, "heads": 1800, "team": "network"},
            "Federal Registry Office (1,800 people) cannot work since 2026-03-01 09:00 UTC; "
            "nobody of team network has taken it yet.",
        ),
        (
            {"cut_off": (OFFICE, CLUB), "cut_off_count": 9, "heads": 12_345, "assignee": "Ada Example"},
            "Federal Registry Office (1,800 people), Grey Heron Fishing Club (40 people) "
            "and 7 more customers, 12,345 people in all, cannot work since 2026-03-01 09:00 UTC; "
            "assigned to Ada Example, not acknowledged.",
        ),
        (
            {
                "state": IncidentState.ACKNOWLEDGED,
                "cut_off": (CLUB,),
                "cut_off_count": 1,
                "heads": 40,
                "team": "network",
                "assignee": "Ada Example",
                "acknowledged_by": "Grace Example",
            },
            "Grey Heron Fishing Club (40 people) cannot work since 2026-03-01 09:00 UTC; "
            "Ada Example of team network has it.",
        ),
        (
            {
                "state": IncidentState.RESTORED,
                "cut_off": (CLUB,),
                "cut_off_count": 1,
                "heads": 40,
                "acknowledged_by": "Ada Example",
                "restored_at": BEGAN + timedelta(minutes=5),
            },
            "It kept Grey Heron Fishing Club (40 people) from working from 2026-03-01 09:00 UTC "
            "to 2026-03-01 09:05 UTC; Ada Example had it.",
        ),
        (
            {"state": IncidentState.CLOSED, "restored_at": BEGAN + timedelta(minutes=5)},
            "Nobody is known to be cut off. It lasted from 2026-03-01 09:00 UTC to 2026-03-01 09:05 UTC; "
            "it is closed.",
        ),
    ],
)
def test_it_says_who_cannot_work_since_when_and_who_has_it(fields: dict[str, Any], sentence: str) -> None:
    assert headline(replace(INCIDENT, **fields)) == sentence
