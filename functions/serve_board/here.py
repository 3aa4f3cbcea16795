"""What a page needs of the moment: the stores, the time, who is signed in. The handler says so each time."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.dead_letters import DeadLetters
from leitplanke.edge.measures import Measures
from leitplanke.edge.sessions import Cookies, Session
from leitplanke.edge.sign_in import Provider
from leitplanke.table.alerts import Alerts
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
from leitplanke.usecases.read_board import BoardReader
from leitplanke.usecases.read_incidents import IncidentReader
from leitplanke.usecases.read_problems import ProblemReader
from leitplanke.usecases.read_trends import TrendReader
from leitplanke.usecases.report_guardrails import GuardrailReporter
from leitplanke.usecases.work_incidents import IncidentWork
from leitplanke.usecases.work_problems import ProblemWork


class NotSignedInError(Exception):
    """Nobody is signed in; not an error, but the way to where somebody signs in."""


class Stores:
    """Everything behind the pages, wired once per process."""

    def __init__(self, table: Table, dead_letters: DeadLetters, measures: Measures) -> None:
        alerts, incidents, problems = Alerts(table), Incidents(table), Problems(table)
        receipts = Receipts(table)
        self.policy = ActivePolicy(table)
        self.policies = Policies(table)
        self.board = BoardReader(table, self.policy)
        self.guard = PolicyGuard(guardrails=Guardrails(table), incidents=incidents, problems=problems)
        self.incidents = IncidentReader(table)
        self.work = IncidentWork(
            incidents=incidents, alerts=alerts, policies=self.policy, guard=self.guard, receipts=receipts
        )
        self.problems = ProblemReader(table)
        self.problem_work = ProblemWork(
            problems=problems, policies=self.policy, guard=self.guard, receipts=receipts
        )
        self.guardrails = GuardrailReporter(guardrails=Guardrails(table), policies=self.policy)
        self.trends = TrendReader(table)
        self.integrations = Integrations(table)
        self.quarantine = Quarantine(table)
        self.looks = Looks(table)
        self.dead_letters = dead_letters
        self.measures = measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """One request's surroundings. `sealing` is what sessions are sealed with, or why nobody knows it now."""

    stores: Stores
    provider: Provider
    secure: bool
    now: datetime
    sealing: Cookies | UnavailableError
    session: Session | None

    @property
    def cookies(self) -> Cookies:
        """What sessions are sealed with. Raises UnavailableError."""
        if isinstance(self.sealing, UnavailableError):
            raise self.sealing
        return self.sealing

    @property
    def signed_in(self) -> Session:
        """The session. Raises NotSignedInError, UnavailableError if that cannot be known."""
        if self.session is None:
            if isinstance(self.sealing, UnavailableError):
                raise self.sealing
            raise NotSignedInError
        return self.session

    @property
    def policy_version(self) -> int:
        """Which policy is in force; asked for every few seconds at most."""
        return self.stores.policy.get(self.now)[1]
