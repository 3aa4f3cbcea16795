"""Events become alerts and incidents, on a real table."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leitplanke.domain.events import Action, Event, Severity
from leitplanke.domain.incidents import IncidentState
from leitplanke.domain.policy import Policy, empty_policy
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.correlate_alerts import Correlator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class FixedPolicy:
    def get(self, now: datetime) -> tuple[Policy, int]:
        return empty_policy(), 1


class KeptItems:
    def __init__(self) -> None:
        self.kept: list[tuple[Event, str]] = []

    def keep_event(self, event: Event, *, reason: str, now: datetime) -> None:
        self.kept.append((event, reason))


class World:
    def __init__(self, table: Table) -> None:
        self.alerts = Alerts(table)
        self.incidents = Incidents(table)
        self.quarantine = KeptItems()
        ids = itertools.count(1)
        self.correlator = Correlator(
            alerts=self.alerts,
            incidents=self.incidents,
            policies=FixedPolicy(),
            quarantine=self.quarantine,
            new_id=lambda: f"inc-{next(ids)}",
        )

    def live(self) -> list[Any]:
        states = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
        return list(self.incidents.listed(states=states, limit=100).items)


@pytest.fixture
def world(dynamodb: Any, table_name: str) -> World:
    return World(Table(dynamodb, table_name))


_numbers = itertools.count(1)


def an_event(
    key: str = "gw", *, action: str = "trigger", at: datetime = NOW, service: str = "vpn", **fields: Any
) -> Event:
    return Event(
        event_id=f"e{next(_numbers)}",
        integration_id="int-1",
        sender="pagerduty",
        alert_key=key,
        action=Action(action),
        title=f"{key} is down",
        symptom="down",
        severity=Severity.CRITICAL,
        labels={"service": service},
        received_at=at,
        occurred_at=at,
        state_time=at,
        **fields,
    )


def test_a_first_alert_opens_an_incident(world: World) -> None:
    report = world.correlator.correlate([an_event()], now=NOW)
    assert report.opened == 1
    (incident,) = world.live()
    assert incident.service == "vpn"
    assert world.alerts.worst_firing(incident.incident_id) is Severity.CRITICAL


def test_a_resolve_restores_and_a_later_trigger_reopens(world: World) -> None:
    world.correlator.correlate([an_event()], now=NOW)
    later = NOW + timedelta(minutes=1)
    world.correlator.correlate([an_event(action="resolve", at=later)], now=later)
    assert world.live() == []
    again = NOW + timedelta(minutes=2)
    report = world.correlator.correlate([an_event(at=again)], now=again)
    (incident,) = world.live()
    assert report.opened == 0
    assert incident.reopened == 1
    assert [
        e.change.kind
        for e in world.incidents.timeline(incident.incident_id, after_revision=0, limit=10).entries
    ] == ["incident.opened", "incident.restored", "incident.reopened"]
    episodes = world.alerts.episodes(incident.incident_id, limit=10).items
    assert [(e.number, e.resolved_at) for e in episodes] == [(1, later), (2, None)]
