"""What the board shows, kept up to date as things change. A message is a hint: the incident is read again."""

from collections.abc import Iterable
from dataclasses import dataclass

from leitplanke.domain.errors import LostRaceError
from leitplanke.table.board import Board
from leitplanke.table.incidents import Incidents

_TRIES = 5
"""Two that move the same incidents at once settle in two rounds; with more the message comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardKeeper:
    """Puts incidents where they stand, and says that services and problems changed."""

    incidents: Incidents
    board: Board

    def keep(self, subjects: Iterable[str]) -> None:
        """Show these subjects as they are now (`incident/<id>`, ...). Repeatable, in any order.

        What the table does not know is left out: the table was restored to an earlier time.
        Raises LostRaceError, UnavailableError.
        """
        wanted = dict.fromkeys(subjects)
        idents = [name for kind, _, name in (one.partition("/") for one in wanted) if kind == "incident"]
        if idents:
            self._place(idents)
        for subject in wanted:
            if not subject.startswith("incident/"):
                self.board.touch(subject)

    def _place(self, idents: list[str]) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                self.board.place(self.incidents.get_many(idents).values())
                return
            except LostRaceError:
                if attempt == _TRIES:
                    raise
