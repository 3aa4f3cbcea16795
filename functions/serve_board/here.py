"""What a page needs of the moment: what the table knows, the time, who is signed in."""

from dataclasses import dataclass
from datetime import datetime

from leitplanke.edge.sessions import Cookies, Session
from leitplanke.edge.sign_in import Provider
from leitplanke.table.policies import ActivePolicy
from leitplanke.usecases.guard import PolicyGuard
from leitplanke.usecases.read_board import BoardReader
from leitplanke.usecases.read_incidents import IncidentReader
from leitplanke.usecases.work_incidents import IncidentWork


class NotSignedInError(Exception):
    """Nobody is signed in; not an error, but the way to where somebody signs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """One request's surroundings."""

    board: BoardReader
    incidents: IncidentReader
    work: IncidentWork
    guard: PolicyGuard
    policies: ActivePolicy
    cookies: Cookies
    provider: Provider
    secure: bool
    now: datetime
    session: Session | None

    @property
    def signed_in(self) -> Session:
        """The session. Raises NotSignedInError."""
        if self.session is None:
            raise NotSignedInError
        return self.session

    @property
    def policy_version(self) -> int:
        """Which policy is in force; asked for every few seconds at most."""
        return self.policies.get(self.now)[1]
