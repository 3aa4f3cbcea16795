"""What operations look at: who cannot work, what is being done about it, and whether anything changed.

Every question costs a fixed number of reads, with one incident and with a million (docs/access-patterns.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.board import Column
from leitplanke.domain.cut_off import CannotWork, cannot_work
from leitplanke.domain.incidents import Incident
from leitplanke.table.board import Board, Overview
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.services import Services
from leitplanke.usecases.ports import Policies

SHOWN = 30
"""Incidents of a column that are shown; how many there are is always said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The moment. `columns` have the most urgent incidents of each, in order."""

    overview: Overview
    cannot_work: tuple[CannotWork, ...]
    columns: Mapping[Column, tuple[Incident, ...]]
    policy_version: int


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
        cut_off = cannot_work(self._services.all(), policy)
        standing = {column: self._board.standing(column, limit=SHOWN).items for column in Column}
        found = self._incidents.get_many(ident for idents in standing.values() for ident in idents)
        return Now(
            overview=overview,
            cannot_work=cut_off,
            columns={
                column: tuple(found[ident] for ident in idents if ident in found)
                for column, idents in standing.items()
            },
            policy_version=version,
        )
