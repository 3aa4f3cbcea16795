"""Everything that may happen, in any order, and what must hold all the same. The rules are the senders, the
people, the passing of time and AWS; what is true is in `model`, what must never be is in `faults`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from leitplanke.domain.alerts import AlertState
from leitplanke.domain.events import Event, Severity
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.table import keys
from tests.model.engine import TableEngine
from tests.model.faults import always, at_rest
from tests.model.flow import Flow, Task
from tests.model.model import Model
from tests.model.snapshot import Snapshot
from tests.model.sources import POLICIES, POLICY, PROMISE, QUIET, SOURCES, Source
from tests.model.turns import Fault, Mishap
from tests.support.people import act_of

if TYPE_CHECKING:
    from datetime import datetime

_PICK = st.integers(0, 30)
_PICKS = st.lists(_PICK, min_size=1, max_size=6)
_SCHEDULE = st.lists(st.integers(0, 2), max_size=40)
_MISHAPS = st.builds(Mishap, at=st.integers(1, 25), fault=st.sampled_from(Fault))
_ACTS = st.sampled_from(
    [
        "acknowledge",
        "restore",
        "restore",
        "close",
        "note",
        "assign",
        "escalate",
        "prioritise",
        "suppress",
    ]
)


class WholeFlow(RuleBasedStateMachine):
    """One example is one table. `engine` is set by the test that runs it."""

    engine: TableEngine

    @initialize()
    def begin(self) -> None:
        """An empty table and senders that were never heard."""
        self.flow = Flow(self.engine, POLICY)
        self.model = Model()
        self.ids = {name: self.flow.new_sender(name) for name in ("prometheus", "pagerduty", "json")}
        self.since: dict[str, datetime] = {}
        """When what an alert does now began, by its sender's clock."""

    # --- senders --------------------------------------------------------------------------------------------

    @rule(
        source=st.sampled_from(SOURCES),
        action=st.sampled_from(["trigger", "trigger", "resolve", "acknowledge"]),
        severity=st.sampled_from([Severity.CRITICAL, Severity.ERROR, Severity.WARNING]),
        at_once=st.booleans(),
    )
    def speak(self, source: Source, action: str, severity: Severity, at_once: bool) -> None:
        """A sender says something; it waits in the queue, or arrives at once and alone."""
        self._tick()
        said = self._said(source, action, severity)
        if at_once and not self._is_under_way(source):
            self.flow.play([self.flow.correlating([said])], [], None)

    @rule(times=st.integers(1, 3))
    def repeat(self, times: int) -> None:
        """Prometheus says of all its alerts what it said before, once a minute."""
        for _ in range(times):
            self.flow.later(minutes=1)
            for source in SOURCES:
                if source.repeats and (source.sender, source.key) in self.model.said:
                    fires = self.model.said[source.sender, source.key].fires
                    self._said(source, "trigger" if fires else "resolve", Severity.CRITICAL)

    def _said(self, source: Source, action: str, severity: Severity) -> Event:
        before = self.model.said.get((source.sender, source.key))
        if source.repeats:
            action = "trigger" if action == "acknowledge" else action
        changes = before is None or before.fires is not (action == "trigger")
        if changes or source.key not in self.since or not source.repeats:
            self.since[source.key] = self.flow.now + source.clock
        claimed = self.since[source.key] if source.own_time else self.flow.now
        promise = self.flow.now + PROMISE if source.repeats and action == "trigger" else None
        event = self.flow.event(
            source.key,
            action=action,
            service=source.service,
            symptom=source.symptom,
            severity=severity,
            integration_id=self.ids[source.sender],
            sender=source.sender,
            occurred_at=claimed,
            state_time=min(claimed, self.flow.now),
            repeats=source.repeats,
            expires_at=promise,
            by="Ada Example" if action == "acknowledge" else None,
        )
        self.flow.knock(event)
        fires = None if action == "acknowledge" else action == "trigger"
        self.model.says(source.sender, source.key, fires=fires, at=self.flow.now, promise=promise)
        return event

    # --- AWS ------------------------------------------------------------------------------------------------

    @rule(picks=_PICKS, again=st.booleans(), mishap=st.none() | _MISHAPS)
    def deliver(self, picks: list[int], again: bool, mishap: Mishap | None) -> None:
        """Some of the messages that wait, in any order, as one batch, perhaps once more later."""
        self._tick()
        batch = self._batch(picks)
        if batch:
            self.flow.play([self.flow.correlating(batch, again=again)], [], mishap)

    @rule(picks=_PICKS, mishap=st.none() | _MISHAPS)
    def follow(self, picks: list[int], mishap: Mishap | None) -> None:
        """Some of what is under way arrives; one piece of it with a mishap."""
        for number, pick in enumerate(picks):
            self._tick()
            tasks = self.flow.tasks()
            if tasks:
                self.flow.play([tasks[pick % len(tasks)].do], [], None if number else mishap)

    @rule()
    def everything_follows(self) -> None:
        """All of it arrives, in order."""
        self._tick()
        self.flow.run()

    @rule(pick=_PICK)
    def come_twice(self, pick: int) -> None:
        """A message is delivered twice."""
        for queue in (self.flow.routing, self.flow.reviews):
            if queue:
                message = queue[pick % len(queue)]
                queue.append(type(message)(message.subject, message.kind))

    @rule()
    def lose_the_stream(self) -> None:
        """Publications are lost; only the clocks will find out."""
        self.flow.lose_stream()

    @rule(
        picks=st.tuples(_PICK, _PICK, _PICK),
        batches=st.tuples(_PICKS, _PICKS),
        act=_ACTS,
        third=st.booleans(),
        schedule=_SCHEDULE,
        mishap=st.none() | _MISHAPS,
    )
    def happen_at_once(  # noqa: PLR0917 - each is drawn
        self,
        picks: tuple[int, int, int],
        batches: tuple[list[int], list[int]],
        act: str,
        third: bool,
        schedule: list[int],
        mishap: Mishap | None,
    ) -> None:
        """Two or three of anything meet, call by call; one of them may break."""
        self._tick()
        doing: list[Callable[[], None]] = []
        for pick in picks[: 3 if third else 2]:
            tasks = self._anything(batches, act, pick)
            doing.append(tasks[pick % len(tasks)].do)
            self._tick()
        self.flow.play(doing, schedule, mishap)

    def _anything(self, batches: tuple[list[int], list[int]], act: str, pick: int) -> list[Task]:
        tasks = [Task("sweep", self._sweeping()), *self.flow.tasks()]
        for picks in batches:
            batch = self._batch(picks)
            if batch:
                tasks.append(Task("correlate some", self.flow.correlating(batch)))
        incidents = self._incidents()
        if incidents:
            incident = incidents[pick % len(incidents)]
            tasks.append(Task(act, self._acting(act, incident, meanwhile=True)))
        return tasks

    # --- time, people, policy -------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 2, 6, 20, 61, 130]), sweep=st.booleans(), mishap=st.none() | _MISHAPS)
    def wait(self, minutes: int, sweep: bool, mishap: Mishap | None) -> None:
        """Time passes, and the clocks look or do not."""
        self.flow.later(minutes=minutes)
        if sweep:
            self.flow.play([self._sweeping()], [], mishap)

    @precondition(lambda self: self._incidents())
    @rule(act=_ACTS, pick=_PICK, mishap=st.none() | _MISHAPS)
    def act(self, act: str, pick: int, mishap: Mishap | None) -> None:
        """A person does something about an incident."""
        self._tick()
        incidents = self._incidents()
        incident = incidents[pick % len(incidents)]
        self.flow.play([self._acting(act, incident, meanwhile=mishap is not None)], [], mishap)

    @rule(policy=st.sampled_from(range(len(POLICIES))))
    def put_a_policy(self, policy: int) -> None:
        """Another one is in force from now on."""
        self.flow.policies.policy = POLICIES[policy]
        self.flow.policies.version += 1

    # --- what must hold -------------------------------------------------------------------------------------

    @rule()
    def rest(self) -> None:
        """Everything arrives and the clocks sweep: now all of it must be right."""
        self._tick()
        self._sweeps(6)
        self._expect_rest()

    @invariant()
    def nothing_is_wrong_at_any_moment(self) -> None:
        """However half-way things are."""
        if hasattr(self, "flow"):
            _expect_none(always(Snapshot.of(self.flow.rows()), self.flow.now))

    def teardown(self) -> None:
        """All is over: everything is resolved or goes quiet, everything closes, and no look is left."""
        if not hasattr(self, "flow"):
            return
        try:
            self._wind_down()
        finally:
            self.flow.engine.drop(self.flow.table_name)

    def _wind_down(self) -> None:
        self.rest()
        for source in SOURCES:
            self._tick()
            if source != QUIET:
                self._said(source, "resolve", Severity.ERROR)
        self._sweeps(6)
        self._expect_rest()
        for _ in range(8):
            self.flow.later(minutes=45)
            self._said(
                next(one for one in SOURCES if one.repeats and one != QUIET), "resolve", Severity.ERROR
            )
            self._sweeps(1)
        self._sweeps(2)
        seen = Snapshot.of(self.flow.rows())
        unclosed = [one for one in seen.incidents.values() if one.state is not IncidentState.CLOSED]
        left = [f"left at {self.flow.now}: look at {one}: {due}" for one, due in seen.looks.items() if due]
        _expect_none([*(f"never closed: {one}" for one in unclosed), *left])
        _expect_none([*always(seen, self.flow.now), *at_rest(seen, self._policy, self.flow.now)])

    def _expect_rest(self) -> None:
        seen = Snapshot.of(self.flow.rows())
        _expect_none(at_rest(seen, self._policy, self.flow.now))
        for sender, key in self.model.said:
            fires = self.model.fires(sender, key, self.flow.now)
            alert = seen.alerts.get(keys.alert_id(self.ids[sender], key))
            found = alert is not None and alert.state is AlertState.FIRING
            home = seen.incidents.get(alert.incident_id or "") if alert else None
            if found and home is not None and home.state is IncidentState.RESTORED and not fires:
                continue  # a person restored it; what is quiet in it ends when it is to be closed
            if fires is not None and found is not fires:
                raise AssertionError(f"{key} of {sender} must fire: {fires}; it is {alert}")

    # --- helpers --------------------------------------------------------------------------------------------

    @property
    def _policy(self) -> Policy:
        return self.flow.policies.policy

    def _tick(self) -> None:
        """No two things are at the same instant."""
        self.flow.later(seconds=1)

    def _batch(self, picks: list[int]) -> list[Event]:
        pending = list(self.flow.pending)
        chosen = [pending[pick % len(pending)] for pick in picks] if pending else []
        return list({event.event_id: event for event in chosen}.values())

    def _is_under_way(self, source: Source) -> bool:
        return (source.sender, source.key) in self._under_way(but_last=True)

    def _under_way(self, *, but_last: bool = False) -> set[tuple[str, str]]:
        pending = self.flow.pending[:-1] if but_last else self.flow.pending
        return {(event.sender, event.alert_key) for event in pending}

    def _sweeping(self) -> Callable[[], None]:
        self.model.sweeps(self._under_way(), self.flow.now)
        return self.flow.sweeping()

    def _sweeps(self, minutes: int) -> None:
        self.flow.run()
        for _ in range(minutes):
            self.flow.later(minutes=1)
            self._sweeping()()
            self.flow.run()

    def _incidents(self) -> list[Incident]:
        found = (Snapshot.of(self.flow.rows())).incidents
        return [found[ident] for ident in sorted(found)]

    def _acting(self, act: str, incident: Incident, *, meanwhile: bool) -> Callable[[], None]:
        """`meanwhile`: other things happen at the same time, or it may not happen at all."""
        who = act_of("Ada Example", incident, at=self.flow.now)
        does: dict[str, Callable[[Any], Any]] = {
            "acknowledge": lambda work: work.acknowledge(who),
            "restore": lambda work: work.restore(who, workaround="restart", helped=True, note=None),
            "close": lambda work: work.close(who, reason=None),
            "note": lambda work: work.note(who, text="seen"),
            "assign": lambda work: work.assign(who, assignee="Ben Example", team=None, reason=None),
            "escalate": lambda work: work.escalate(who, reason="two at once"),
            "prioritise": lambda work: work.prioritise(who, priority="P1", reason="the minister calls"),
            "suppress": lambda work: work.suppress(
                who, until=self.flow.now + timedelta(minutes=7), reason="planned"
            ),
        }
        if act == "close" and (incident.state is IncidentState.RESTORED or meanwhile):
            self._closes(incident, meanwhile=meanwhile)
        return self.flow.acting(does[act])

    def _closes(self, incident: Incident, *, meanwhile: bool) -> None:
        inside = {alert.alert_key for alert in Snapshot.of(self.flow.rows()).firing(incident.incident_id)}
        for source in SOURCES:
            if meanwhile and source.service == incident.service:
                self.model.doubts(source.sender, source.key)
            elif not meanwhile and source.key in inside:
                under_way = (source.sender, source.key) in self._under_way()
                self.model.closes(source.sender, source.key, under_way=under_way)


def _expect_none(faults: list[str]) -> None:
    if faults:
        raise AssertionError("\n".join(faults))
