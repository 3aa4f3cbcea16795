"""What is due: the one place where time passes. Function 7 of the design, and the reconciler.

A look says "look at this subject then"; what is owed follows from the subject itself. So a look that comes
twice, late or for nothing is harmless, and whatever the stream or a crash left undone is found here.

    sweep: due looks ─▶ the first INLINE are done here
                    └─▶ the rest, PER_MESSAGE in each message, through the clock queue ─▶ handed_out
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from leitplanke.domain import problems, services
from leitplanke.domain.errors import LostRaceError, NotFoundError
from leitplanke.table.looks import Look, Looks
from leitplanke.table.rows import time_of
from leitplanke.usecases.ports import SendMessages
from leitplanke.usecases.publish_changes import Publisher
from leitplanke.usecases.watch_incidents import IncidentClocks
from leitplanke.usecases.watch_senders import SenderWatch

INLINE = 100
"""Looks done by the sweep itself; beyond that it hands them out, so that a minute is always enough."""
PER_MESSAGE = 25
_TRIES = 8


class UnknownKindError(Exception):
    """A look at a kind of subject that this release does not know."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a sweep, or a message that one handed out, came to.

    `failed`: subjects, each with the error. `unknown`: subjects of a kind that this release does not know;
    their looks wait for one that does.
    """

    done: int = 0
    handed_out: int = 0
    failed: list[tuple[str, Exception]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Looks at subjects. One per sweep: `senders` remembers what it has asked."""

    looks: Looks
    incidents: IncidentClocks
    publisher: Publisher
    senders: SenderWatch
    hand_out: SendMessages

    def sweep(self, now: datetime) -> Report:
        """Everything that is due. Raises UnavailableError if not even the looks can be read."""
        due = self.looks.due(now)
        first = list(islice(due, INLINE))
        rest = list(due)
        if rest:
            self.hand_out(_messages(rest))
        report = self._look_at(first, now)
        report.handed_out = len(rest)
        return report

    def handed_out(self, message: str, *, now: datetime) -> Report:
        """The looks of one message, but those that somebody has done since."""
        looks = [
            Look(due=time_of(due), subject=subject, mark=mark)
            for due, subject, mark in json.loads(message)["looks"]
        ]
        return self._look_at(self.looks.left(looks), now)

    def look(self, subject: str, *, now: datetime) -> None:
        """Do what is owed to a subject and arm its next look.

        A subject that does not exist (any more) is owed nothing. Raises UnknownKindError, LostRaceError,
        UnavailableError.
        """
        kind, _, name = subject.partition("/")
        look = _LOOKS.get(kind)
        if look is None:
            raise UnknownKindError(subject)
        try:
            look(self, name, now)
        except NotFoundError:
            return

    def _look_at(self, looks: Sequence[Look], now: datetime) -> Report:
        """Look at each; one that fails keeps its due row and does not hold up the others."""
        done: list[Look] = []
        report = Report()
        for look in looks:
            try:
                self.look(look.subject, now=now)
            except UnknownKindError:
                report.unknown.append(look.subject)
            except Exception as error:
                report.failed.append((look.subject, error))
            else:
                done.append(look)
        self.looks.done(done)
        report.done = len(done)
        return report

    def _incident(self, incident_id: str, now: datetime) -> None:
        self.incidents.look(incident_id, now)

    def _problem(self, problem_id: str, now: datetime) -> None:
        """Publish what a problem owes."""
        for _ in range(_TRIES):
            problem = self.publisher.problems.get(problem_id)
            if problems.next_look(problem) is not None:
                self.publisher.problem(problem)
            if self.publisher.problems.looked(problem):
                return
        raise LostRaceError(f"clocks of problem {problem_id}")

    def _service(self, service: str, now: datetime) -> None:
        """Publish what a service owes; a flip of a moment ago has a look of its own."""
        state = self.publisher.services.get(service)
        due = services.next_look(state) if state is not None else None
        if state is not None and due is not None and due <= now:
            self.publisher.service(state)

    def _integration(self, integration_id: str, now: datetime) -> None:
        """Whether a sender that must speak still does."""
        self.senders.look(integration_id, now=now)


def _messages(looks: Sequence[Look]) -> Iterable[str]:
    for start in range(0, len(looks), PER_MESSAGE):
        some = looks[start : start + PER_MESSAGE]
        listed = [[look.due.isoformat(), look.subject, look.mark] for look in some]
        yield json.dumps({"schema": 1, "looks": listed})


_LOOKS: dict[str, Callable[[Clocks, str, datetime], None]] = {
    "incident": Clocks._incident,
    "problem": Clocks._problem,
    "service": Clocks._service,
    "integration": Clocks._integration,
}
