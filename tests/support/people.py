"""People who work on incidents, without the API in between."""

from datetime import datetime

from leitplanke.domain.attempts import Actor
from leitplanke.domain.incidents import Incident
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.acting import Act
from leitplanke.usecases.guard import PolicyGuard
from leitplanke.usecases.ports import Policies
from leitplanke.usecases.work_incidents import IncidentWork


def act_of(name: str, incident: Incident, *, at: datetime) -> Act[Incident]:
    """Somebody acts on an incident, whatever its revision is by then."""
    return Act(ident=incident.incident_id, actor=Actor(name=name), at=at)


def work_on(table: Table, policies: Policies, *, incidents: Incidents | None = None) -> IncidentWork:
    """What people can do to the incidents of a table."""
    incidents = incidents or Incidents(table)
    return IncidentWork(
        incidents=incidents,
        alerts=Alerts(table),
        policies=policies,
        guard=PolicyGuard(guardrails=Guardrails(table), incidents=incidents, problems=Problems(table)),
        receipts=Receipts(table),
    )
