"""What operations look at: who cannot work, what is being done about it, and whether anything changed.

Every question costs a fixed number of reads, with one incident and with a million (docs/access-patterns.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.board import Column
from leitplanke.domain.cut_off import CannotWork, cannot_work
from leitplanke.domain.service_map import ServiceMap, service_map
from leitplanke.domain.storms import Together, gathered
from leitplanke.table.board import Board, Overview
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.services import Services
from leitplanke.usecases.ports import Policies

SHOWN = 30
"""Incidents of a column that are shown; how many there are is always said."""
_WAITING = (Column.UNROUTED, Column.EXPEDITE, Column.STANDARD, Column.BACKLOG)
"""Columns whose incidents may be one storm. What is suppressed or restored stands for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The moment. `columns` have the most urgent of each, in order; what hangs together is one thing.

    An incident that follows another stands under it, whatever its own column is. `further` are the incidents
    of a column that are not shown.
    """

    overview: Overview
    cannot_work: tuple[CannotWork, ...]
    columns: Mapping[Column, tuple[Together, ...]]
    further: Mapping[Column, int]
    policy_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNow:
    """The catalogue at this moment, as of which version of the board."""

    version: str
    policy_version: int
    map: ServiceMap


class BoardReader:
    """Answers the board's questions. All raise UnavailableError."""

    def __init__(self, table: Table, policies: Policies) -> None:
        self._board = Board(table)
        self._incidents = Incidents(table)
        self._services = Services(table)
        self._policies = policies

    def version(self) -> str:
        """Differs whenever the board would look different. One query of a row a shard."""
        return self._board.overview().version

    def now(self, now: datetime) -> Now:
        """Everything of the first page.

        The counts first: what changes while the rest is read makes another version, and is read next time.
        Two queries, one a column and shard, and a batch read of at most 100 incidents a call.
        """
        policy, version = self._policies.get(now)
        overview = self._board.overview()
        states = self._services.all()
        standing = {column: self._board.standing(column, limit=SHOWN).items for column in Column}
        found = self._incidents.get_many(ident for idents in standing.values() for ident in idents)
        shown = {
            column: [found[ident] for ident in idents if ident in found]
            for column, idents in standing.items()
        }
        waiting = [one for column in _WAITING for one in shown[column]]
        down = {name for name, state in states.items() if state.down}
        storms = {one.leader.incident_id: one for one in gathered(waiting, down, policy)}
        return Now(
            overview=overview,
            cannot_work=cannot_work(states, policy),
            columns={
                column: tuple(
                    storms[one.incident_id] if column in _WAITING else Together(leader=one)
                    for one in incidents
                    if column not in _WAITING or one.incident_id in storms
                )
                for column, incidents in shown.items()
            },
            further={
                column: max(0, overview.total(column) - len(incidents)) for column, incidents in shown.items()
            },
            policy_version=version,
        )

    def map(self, now: datetime) -> MapNow:
        """What is down, and what hangs on it. Two queries, whatever there is."""
        policy, version = self._policies.get(now)
        overview = self._board.overview()
        return MapNow(
            version=overview.version,
            policy_version=version,
            map=service_map(self._services.all(), policy),
        )
