"""Plays the senders and the schedule against each other: faults and blows come when their share is sent."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle

from infra.chaos.faults import VICTIMS, Blow, Schedule
from infra.chaos.news import Books
from infra.chaos.plan import Lane
from infra.chaos.proxy import Proxy
from infra.chaos.rig import Rig
from infra.chaos.senders import Door, Sender

AT_ONCE = 4
"""Requests under way at the same time."""
STALLED_SECONDS = 45.0
"""A phase that holds up the senders that long is over: senders that wait do not reach the next share."""
AGAIN_SECONDS = 12.0
"""How long a phase is repeated while what was sent is worked off."""
APART_SECONDS = 1.0
"""Between two blows: a stop of the engine is not followed by all that came due meanwhile."""
_TICK = 0.05


@dataclass(slots=True)
class Suffered:
    """What was done to the system."""

    killed: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    cut_short: int = 0
    """Phases ended by the clock: the one thing in the schedule that a slow machine changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that takes part. `tell` gets a line when something is done; `show` how many are sent."""

    rig: Rig
    proxy: Proxy
    books: Books
    tell: Callable[[str], None]
    show: Callable[[int], None]


def conduct(lanes: tuple[Lane, ...], schedule: Schedule, stage: Stage) -> Suffered:
    """All lanes to their end under the schedule, then once more what Prometheus says again without faults.

    Raises what a sender raised, EngineLostError.
    """
    stop = threading.Event()
    door = Door(
        base_url=stage.rig.engine.base_url,
        keys=stage.rig.keys,
        hands=threading.Semaphore(AT_ONCE),
        books=stage.books,
        stop=stop,
    )
    senders = _senders(lanes, door)
    suffered = Suffered()
    with ThreadPoolExecutor(len(senders)) as pool:
        playing = [pool.submit(sender.play) for sender in senders]
        try:
            _suffer(playing, lanes, schedule, stage, suffered)
            _suffer_again(schedule, stage, suffered)
        except BaseException:
            stop.set()
            raise
        finally:
            stage.proxy.break_([])
        for one in [pool.submit(sender.say_again) for sender in senders]:
            one.result()
    for sender in senders:
        sender.close()
    return suffered


def _senders(lanes: tuple[Lane, ...], door: Door) -> list[Sender]:
    led = {lane.leader for lane in lanes}
    made: dict[str, Sender] = {}
    for lane in lanes:
        leader = made[lane.leader].pace if lane.leader else None
        made[lane.name] = Sender(lane, door, paired=bool(lane.leader) or lane.name in led, leader=leader)
    return list(made.values())


def _suffer(
    playing: list["Future[None]"],
    lanes: tuple[Lane, ...],
    schedule: Schedule,
    stage: Stage,
    suffered: Suffered,
) -> None:
    total = sum(lane.events for lane in lanes)
    phases, blows = list(schedule.phases), list(schedule.blows)
    since, struck = time.monotonic(), 0.0
    while not all(one.done() for one in playing):
        for one in playing:
            if one.done():
                one.result()
        sent = stage.books.counts["sent"]
        stage.show(sent)
        late = time.monotonic() - since > STALLED_SECONDS
        if phases and (sent / total >= phases[0].begins or late):
            suffered.cut_short += sent / total < phases[0].begins
            phase = phases.pop(0)
            stage.proxy.break_(phase.rules)
            stage.tell(f"{sent:>6,} sent: {phase.what}")
            since = time.monotonic()
        due = blows and sent / total >= blows[0].at and time.monotonic() >= struck + APART_SECONDS
        if due and (not blows[0].kill or stage.rig.has_workers()):
            _strike(blows.pop(0), stage, suffered)
            struck = time.monotonic()
        time.sleep(_TICK)
    for one in playing:
        one.result()


def _suffer_again(schedule: Schedule, stage: Stage, suffered: Suffered) -> None:
    """Senders are faster than what comes behind them: every phase once more while messages wait."""
    for phase, victim in zip(schedule.phases, cycle(reversed(VICTIMS)), strict=False):
        if not stage.rig.waiting(dead=False):
            return
        stage.proxy.break_(phase.rules)
        stage.tell(f"  all sent, once more: {phase.what}")
        until = time.monotonic() + AGAIN_SECONDS
        while time.monotonic() < until and stage.rig.waiting(dead=False):
            time.sleep(10 * _TICK)
        _strike(Blow(at=1.0, kill=victim), stage, suffered)


def _strike(blow: Blow, stage: Stage, suffered: Suffered) -> None:
    when = f"{stage.books.counts['sent']:>6,} sent"
    if blow.kill:
        killed = stage.rig.kill_busiest(blow.kill)
        suffered.killed.update([killed] if killed else [])
        stage.tell(f"{when}: killed {killed or 'nobody, no worker ran'}")
        return
    begun = time.monotonic()
    stage.rig.restart()
    suffered.restarts += 1
    stage.tell(f"{when}: the engine was stopped and started ({time.monotonic() - begun:.0f} s)")
