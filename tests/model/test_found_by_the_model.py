"""What the model test found, each as the shortest story that shows it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from leitplanke.domain.incidents import IncidentState
from leitplanke.usecases.work_incidents import Act
from tests.model.engine import TableEngine
from tests.model.flow import Flow
from tests.model.sources import POLICY


@pytest.fixture
def flow(table_engine: TableEngine) -> Iterator[Flow]:
    flow = Flow(table_engine, POLICY)
    yield flow
    table_engine.drop(flow.table_name)


def by_a_person(flow: Flow) -> Act:
    return Act(incident_id=flow.the_incident().incident_id, by="Ada Example", at=flow.now)


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
