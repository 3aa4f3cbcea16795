"""Incidents as tests want them: an ordinary one, and hypothesis strategies for any."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import SYSTEM, Incident, IncidentState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PERSON = "Ada Example"
ORDINARY = Incident(
    incident_id="inc-1",
    group_key="vpn-gateway-1",
    state=IncidentState.OPEN,
    title="Gateway 1 does not answer",
    service="vpn-gateway-1",
    symptom="GatewayDown",
    signature="signature-1",
    severity=Severity.CRITICAL,
    labels={"site": "north"},
    policy_version=1,
    began_at=NOW - timedelta(minutes=1),
    opened_at=NOW,
    changed_at=NOW,
    pulsed_at=NOW,
)
_MOMENTS: st.SearchStrategy[datetime] = st.integers(-120, 120).map(lambda n: NOW + timedelta(minutes=n))
_MAYBE = st.none() | _MOMENTS


def incident(**fields: Any) -> Incident:
    """The ordinary one, but for these fields."""
    return replace(ORDINARY, **fields)


def in_state(state: IncidentState, **fields: Any) -> Incident:
    """One that came to this state on the usual way; published, routed and looked at."""
    done: dict[str, Any] = {
        "revision": 4,
        "published_revision": 4,
        "pulse": 2,
        "routed_pulse": 2,
        "checked_pulse": 2,
        "priority": "P3",
    }
    match state:
        case IncidentState.OPEN:
            done |= {"acknowledge_by": NOW + timedelta(hours=1)}
        case IncidentState.ACKNOWLEDGED:
            done |= {"acknowledged_at": NOW, "acknowledged_by": PERSON, "assignee": PERSON}
        case IncidentState.RESTORED:
            done |= {"restored_at": NOW, "restored_by": SYSTEM, "close_at": NOW + timedelta(hours=1)}
        case IncidentState.CLOSED:
            done |= {"restored_at": NOW, "restored_by": SYSTEM, "closed_at": NOW, "closed_by": SYSTEM}
    return incident(state=state, **(done | fields))


@st.composite
def any_incident(draw: st.DrawFn) -> Incident:
    """Whatever a row might hold, sense or not."""
    revision, pulse = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return incident(
        state=draw(st.sampled_from(IncidentState)),
        acknowledge_by=draw(_MAYBE),
        confirm_at=draw(_MAYBE),
        quiet_check_at=draw(_MAYBE),
        close_at=draw(_MAYBE),
        judge_at=draw(_MAYBE),
        overridden=draw(st.integers(0, 1)),
        alerts_by=draw(_MAYBE),
        look_at=draw(_MAYBE),
        changed_at=draw(_MOMENTS),
        pulsed_at=draw(_MOMENTS),
        revision=revision,
        published_revision=draw(st.integers(0, revision)),
        pulse=pulse,
        routed_pulse=draw(st.integers(0, pulse)),
        checked_pulse=draw(st.integers(0, pulse)),
    )
