"""The World with AWS's manners: messages wait, come twice, in any order, in other batches, or are lost.

What can happen next is a Task. A task that dies leaves its message where it was, to come again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import ConflictError, LostRaceError, UnavailableError
from leitplanke.domain.events import Event, EventMessage
from leitplanke.domain.integrations import Capability, Integration, integration_id
from leitplanke.domain.silence import heard_again
from leitplanke.table import keys
from leitplanke.table.client import Row, Table, decode_row
from leitplanke.usecases.publish_changes import RowChange, publish_changes
from leitplanke.usecases.work_incidents import IncidentWork
from tests.model.engine import TableEngine
from tests.model.turns import Mishap, Paced, ProcessDiedError, Work, at_once
from tests.support.people import work_on
from tests.support.world import World

_ROUTED = ("incident.opened", "incident.alerts_changed", "incident.reopened", "incident.restored")
_REVIEWED = ("incident.opened", "incident.routed", "incident.restored", "incident.closed")
_STREAMED = ("incident", "problem", "service")
_PATIENCE = 2_000


@dataclass(frozen=True)
class Task:
    """Something that may happen next. It takes its message away only at its end."""

    name: str
    do: Callable[[], None]


@dataclass(frozen=True, eq=False)
class Message:
    """One delivery; two with the same content are two."""

    subject: str
    kind: str


class Flow(World):
    """One table, everybody who works on it, and what is under way between them."""

    def __init__(self, engine: TableEngine, policy_text: str) -> None:
        self.engine = engine
        self.table_name = engine.new_table()
        client: Any = Paced(engine.client)
        super().__init__(Table(client, self.table_name), policy_text)
        self.pending: list[Event] = []
        self.routing: list[Message] = []
        self.reviews: list[Message] = []
        self._read = 0
        self._told = 0
        self._senders: dict[str, str] = {}
        self.work = work_on(Table(client, self.table_name), self.policies)

    # --- senders --------------------------------------------------------------------------------------------

    def new_sender(self, name: str) -> str:
        """An integration; its id."""
        key = (name * 32)[:32]
        integration = Integration(
            integration_id=integration_id(key),
            name=name,
            sender=None,
            capabilities=frozenset({Capability.EVENTS}),
            created_at=self.now,
            created_by="Ada Example",
        )
        self.integrations.create(integration, by=Actor(name="Ada Example"))
        self._senders[integration.integration_id] = key
        return integration.integration_id

    def knock(self, *events: Event) -> None:
        """What the door does: the sender is heard, and what it says waits in the event queue."""
        owner = self.integrations.authenticate(self._senders[events[0].integration_id], self.now)
        assert owner is not None
        self.pending.extend(events)
        if owner.silent_since is not None:
            self.pending.append(heard_again(owner, since=owner.silent_since, at=self.now))
            self.integrations.heard_again(owner.integration_id, since=owner.silent_since)

    # --- what may happen next -------------------------------------------------------------------------------

    def tasks(self) -> list[Task]:
        """Everything that could happen now, but for people and time."""
        self._collect()
        found = [Task("correlate all", self.correlating(self.pending))] if self.pending else []
        found += [Task("publish", self.publishing(len(self._stream())))] if self._stream() else []
        found += [Task(f"route {one.subject}", self._routing(one)) for one in self.routing]
        found += [Task(f"review {one.subject}", self._reviewing(one)) for one in self.reviews]
        return found

    def correlating(self, events: Sequence[Event], *, again: bool = False) -> Callable[[], None]:
        """A batch of the event queue; `again`: its messages come once more later."""
        batch, now = list(events), self.now

        def do() -> None:
            report = self.correlator.correlate(batch, now=now)
            for event in batch:
                done = keys.alert_id(event.integration_id, event.alert_key) not in report.unfinished
                if done and not again and event in self.pending:
                    self.pending.remove(event)

        return do

    def publishing(self, count: int) -> Callable[[], None]:
        """A batch of the table's stream."""
        batch, end = self._stream()[:count], self._read + count

        def do() -> None:
            changes = [change for record in batch if (change := _change(record)) is not None]
            assert publish_changes(changes, self.publisher).poisoned == []
            self._read = max(self._read, end)

        return do

    def lose_stream(self) -> None:
        """The stream forgets what nobody has read."""
        self._read += len(self._stream())

    def sweeping(self) -> Callable[[], None]:
        """The clocks' minute, as functions/watch_clocks does it."""
        now = self.now

        def do() -> None:
            clocks = self.clocks()
            report = clocks.sweep(now)
            for _, error in report.failed:
                if not isinstance(error, LostRaceError | UnavailableError):
                    raise error

        return do

    def acting(self, act: Callable[[IncidentWork], Any]) -> Callable[[], None]:
        """What a person does; "no" is an answer too."""

        def do() -> None:
            try:
                act(self.work)
            except ConflictError:
                return

        return do

    def play(
        self, tasks: Sequence[Callable[[], None]], schedule: Sequence[int], mishap: Mishap | None
    ) -> None:
        """These at once, the first of them with a mishap. Whatever fails comes again."""
        works = [Work(do, mishap if number == 0 else None) for number, do in enumerate(tasks)]
        for error in at_once(works, schedule):
            if error is not None and not isinstance(
                error, ProcessDiedError | LostRaceError | UnavailableError
            ):
                raise error
        self._collect()

    # --- until nothing is under way -------------------------------------------------------------------------

    def run(self) -> None:
        """Everything under way arrives, once and in order."""
        for _ in range(_PATIENCE):
            tasks = self.tasks()
            if not tasks:
                return
            tasks[0].do()
        raise AssertionError("the flow does not come to rest")

    def rest(self, minutes: int = 4) -> None:
        """Everything arrives, and the clocks sweep for some minutes."""
        self.run()
        for _ in range(minutes):
            self.later(minutes=1)
            self.sweeping()()
            self.run()

    def rows(self) -> list[Row]:
        """The whole table."""
        return list(self.engine.rows(self.table_name))

    def _collect(self) -> None:
        """The bus hands on; what the clocks sent waits with what senders said."""
        fresh, self._told = self.bus[self._told :], len(self.bus)
        for event in fresh:
            message = Message(event["subject"], event["type"])
            if message.kind in _ROUTED or message.kind == "service.flipped":
                self.routing.append(message)
            if message.kind in _REVIEWED:
                self.reviews.append(message)
        bodies, self.queued[:] = list(self.queued), []
        for body in bodies:
            self.pending.extend(EventMessage.model_validate_json(body).events)

    def _stream(self) -> Sequence[Mapping[str, Any]]:
        return self.engine.records(self.table_name, self._read)

    def _routing(self, message: Message) -> Callable[[], None]:
        now, name = self.now, message.subject.partition("/")[2]

        def do() -> None:
            if message.kind == "service.flipped":
                self.router.flipped(name, now=now)
            else:
                self.router.route(name, now=now)
            self.routing[:] = [one for one in self.routing if one is not message]

        return do

    def _reviewing(self, message: Message) -> Callable[[], None]:
        now, name = self.now, message.subject.partition("/")[2]

        def do() -> None:
            self.recurrence.review(name, now=now)
            self.reviews[:] = [one for one in self.reviews if one is not message]

        return do


def _change(record: Mapping[str, Any]) -> RowChange | None:
    """As functions/publish_changes sees it, behind the stream's filter."""
    images = record["dynamodb"]
    if "NewImage" not in images:
        return None
    after = decode_row(images["NewImage"])
    if after["type"] not in _STREAMED:
        return None
    return RowChange(before=decode_row(images["OldImage"]) if "OldImage" in images else None, after=after)
