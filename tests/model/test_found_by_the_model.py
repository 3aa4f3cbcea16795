"""What the model test found, each as the shortest story that shows it."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.usecases.acting import Act
from tests.model.engine import TableEngine
from tests.model.faults import always
from tests.model.flow import Flow
from tests.model.snapshot import Snapshot
from tests.model.sources import POLICIES, POLICY
from tests.support.people import act_of


@pytest.fixture
def flow(table_engine: TableEngine) -> Iterator[Flow]:
    flow = Flow(table_engine, POLICY)
    yield flow
    table_engine.drop(flow.table_name)


def by_a_person(flow: Flow) -> Act[Incident]:
    return act_of("Ada Example", flow.the_incident(), at=flow.now)


def test_an_alert_that_goes_quiet_after_a_person_restored_does_not_keep_its_incident_for_ever(
    flow: Flow,
) -> None:
    sender = flow.new_sender("prometheus")
    promise = flow.now + timedelta(minutes=4)
    flow.knock(flow.event(integration_id=sender, repeats=True, expires_at=promise))
    flow.rest(minutes=1)
    flow.work.restore(by_a_person(flow), workaround=None, helped=None, note=None)
    flow.rest(minutes=5)
    flow.knock(flow.event("gw-2", service="mail", integration_id=sender, action="resolve"))

    flow.later(minutes=60)
    flow.rest(minutes=2)

    assert flow.the_incident().state is IncidentState.CLOSED
    assert flow.alerts.firing_alert_ids(flow.the_incident().incident_id) == []


def test_a_router_that_was_slow_does_not_take_a_service_down_after_its_incident_was_restored(
    flow: Flow,
) -> None:
    """Another incident keeps the service down meanwhile, so that no flip wakes routing once more."""
    flow.policies.policy = POLICIES[1]
    sender = flow.new_sender("pagerduty")
    flow.knock(flow.event("tunnel", symptom="TunnelFlaps", integration_id=sender))
    flow.rest(minutes=1)
    (other,) = flow.all_incidents()

    for calls in range(1, 12):
        flow.knock(flow.event(integration_id=sender))
        flow.rest(minutes=1)
        (incident,) = (one for one in flow.live() if one.incident_id != other.incident_id)
        flow.later(seconds=1)
        flow.knock(flow.event(integration_id=sender, action="resolve"))
        flow.play([routing(flow, incident), flow.run], [0] * calls + [1] * 999, None)
        flow.rest(minutes=1)
        assert flow.services.causes("vpn-gateway-1") == [other.incident_id], f"slow after {calls} calls"


def routing(flow: Flow, incident: Incident) -> Callable[[], None]:
    """A router that began now."""
    now = flow.now

    def do() -> None:
        flow.router.route(incident.incident_id, now=now)

    return do


def test_a_look_that_is_armed_again_while_the_sweep_has_it_in_hand_is_not_deleted(flow: Flow) -> None:
    flow.knock(flow.event(integration_id=flow.new_sender("pagerduty")))
    flow.tasks()[0].do()
    flow.lose_stream()
    flow.later(minutes=1)

    def note() -> None:
        flow.work.note(by_a_person(flow), text="seen")

    for calls in range(1, 40):
        flow.play([flow.sweeping(), note], [0] * calls + [1] * 999, None)
        assert always(Snapshot.of(flow.rows()), flow.now) == []
        flow.later(minutes=1)


def test_a_trigger_said_after_a_person_closed_and_delivered_after_the_clocks_ended_the_alert_fires(
    flow: Flow,
) -> None:
    sender = flow.new_sender("pagerduty")
    flow.knock(flow.event(integration_id=sender))
    flow.rest(minutes=1)
    first = flow.the_incident()
    flow.work.restore(by_a_person(flow), workaround=None, helped=None, note=None)
    flow.work.close(by_a_person(flow), reason=None)
    flow.later(seconds=10)
    late = flow.event(integration_id=sender)
    flow.rest(minutes=2)
    assert flow.alerts.firing_alert_ids(first.incident_id) == []

    flow.knock(late)
    flow.rest(minutes=1)

    assert [one.incident_id != first.incident_id for one in flow.live()] == [True]
