"""What a route needs of the moment: the stores, the time, who calls. The handler says so for each request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leitplanke.domain.attempts import Actor
from leitplanke.edge.dead_letters import DeadLetters
from leitplanke.edge.identity import Caller
from leitplanke.edge.ids import new_id
from leitplanke.table.alerts import Alerts
from leitplanke.table.audit import Audit
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails
from leitplanke.table.incidents import Incidents
from leitplanke.table.integrations import Integrations
from leitplanke.table.looks import Looks
from leitplanke.table.policies import ActivePolicy, Policies
from leitplanke.table.problems import Problems
from leitplanke.table.quarantine import Quarantine
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.guard import PolicyGuard
from leitplanke.usecases.read_incidents import IncidentReader
from leitplanke.usecases.read_problems import ProblemReader
from leitplanke.usecases.report_guardrails import GuardrailReporter
from leitplanke.usecases.report_incidents import Reporting
from leitplanke.usecases.work_incidents import IncidentWork
from leitplanke.usecases.work_problems import ProblemWork


class Stores:
    """Everything behind the routes, wired once per process."""

    def __init__(self, table: Table, dead_letters: DeadLetters) -> None:
        alerts, incidents, problems = Alerts(table), Incidents(table), Problems(table)
        receipts = Receipts(table)
        self.policy = ActivePolicy(table)
        self.guard = PolicyGuard(guardrails=Guardrails(table), incidents=incidents, problems=problems)
        self.incidents = IncidentReader(table)
        self.work = IncidentWork(
            incidents=incidents, alerts=alerts, policies=self.policy, guard=self.guard, receipts=receipts
        )
        self.reporting = Reporting(
            alerts=alerts,
            incidents=incidents,
            policies=self.policy,
            quarantine=Quarantine(table),
            receipts=receipts,
            new_id=new_id,
        )
        self.problems = ProblemReader(table)
        self.problem_work = ProblemWork(
            problems=problems, policies=self.policy, guard=self.guard, receipts=receipts
        )
        self.policies = Policies(table)
        self.guardrails = GuardrailReporter(guardrails=Guardrails(table), policies=self.policy)
        self.integrations = Integrations(table)
        self.looks = Looks(table)
        self.quarantine = Quarantine(table)
        self.audit = Audit(table)
        self.dead_letters = dead_letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """One request's surroundings. `caller` is None on open routes only."""

    stores: Stores
    now: datetime
    public_url: str
    scope_prefix: str
    caller: Caller | None = None

    @property
    def actor(self) -> Actor:
        """Who acts."""
        if self.caller is None:
            raise RuntimeError("an open route asked who calls")
        return self.caller.actor

    @property
    def by(self) -> str:
        """The name that goes into timelines."""
        return self.actor.name


def new_router() -> APIGatewayHttpRouter:
    """An empty router for a module's routes."""
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def here_of(router: BaseRouter) -> Here:
    """The surroundings of the request that this router is serving."""
    found: Any = router.context["here"]
    if not isinstance(found, Here):
        raise TypeError("the handler did not say where we are")
    return found
