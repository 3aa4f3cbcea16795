"""What the senders of a run will say, drawn from the seed: lanes of rounds, without times.

A lane is one sender process. It plays its rounds one after another, as such a process does; lanes run at the
same time. What a round says about an alert is drawn here; when exactly, and so the times in the bodies, is
decided by the run.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from infra.chaos.world import SERVICES, SEVERITIES, Symptom

BATCH = 64
"""Alerts of one request; Prometheus sends 64 at most (notifier, maxBatchSize)."""

_NONSENSE = 0.04
"""The share of requests with an item that makes no sense."""
_REPEATED, _RESOLVED = 0.15, 0.75
"""PagerDuty's next word about what fires: up to here a trigger, up to here a resolve, else acknowledge."""


class Kind(StrEnum):
    """Whose protocol a lane speaks."""

    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`flips` begin or end, then all of `said` are in one request. `bad` marks an item that makes no sense.

    `action` is PagerDuty's word for the one alert that is said.
    """

    flips: tuple[int, ...]
    said: tuple[int, ...]
    action: str = ""
    bad: str = ""

    @property
    def events(self) -> int:
        """How many events the request holds."""
        return len(self.said) + bool(self.bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One sender process. A lane with a `leader` is the second of a pair that watches the same things."""

    name: str
    kind: Kind
    symptoms: tuple[Symptom, ...]
    rounds: tuple[Round, ...]
    leader: str = ""

    @property
    def events(self) -> int:
        """How many events it will send, not counting what it sends again."""
        return sum(one.events for one in self.rounds)


def draw_plan(seed: int, events: int) -> tuple[Lane, ...]:
    """Lanes with at least `events` events in all.

    60 % Prometheus (a pair and a single one), 25 % Alertmanager webhooks, 15 % PagerDuty.
    """
    pair = _prometheus(Random(f"{seed}/pair"), "prometheus-a", events // 5)  # noqa: S311
    second = Lane(
        name="prometheus-a2",
        kind=pair.kind,
        symptoms=pair.symptoms,
        rounds=tuple(Round(flips=one.flips, said=one.said) for one in pair.rounds),
        leader=pair.name,
    )
    lanes = [pair, second, _prometheus(Random(f"{seed}/single"), "prometheus-b", events // 5)]  # noqa: S311
    for number in range(3):
        name = f"alertmanager-{number}"
        lanes.append(_alertmanager(Random(f"{seed}/{name}"), name, events // 12))  # noqa: S311
    for number in range(4):
        name = f"pagerduty-{number}"
        left = events - sum(lane.events for lane in lanes)
        lanes.append(_pagerduty(Random(f"{seed}/{name}"), name, max(left // (4 - number), 1)))  # noqa: S311
    return tuple(lanes)


def _symptoms(
    random: Random, names: tuple[str, ...], instances: int, services: int, *, watcher: str
) -> tuple[Symptom, ...]:
    """What one sender watches; two that watch different things never speak of the same alert."""
    return tuple(
        Symptom(
            service=service,
            name=name,
            instance=f"{service}.{watcher}.example:{9100 + number}",
            severity=random.choices(SEVERITIES, (3, 4, 2, 1))[0],
        )
        for service in random.sample(SERVICES, services)
        for name in names
        for number in range(instances)
    )


def _bad(random: Random, lane: str, number: int) -> str:
    return f"{lane}-nonsense-{number}" if random.random() < _NONSENSE else ""


def _prometheus(random: Random, name: str, events: int) -> Lane:
    symptoms = _symptoms(random, ("InstanceDown", "HighErrorRate", "DiskFull"), 2, 20, watcher=name)
    firing: set[int] = set()
    rounds: list[Round] = []
    said = 0
    while said < events:
        flips = random.sample(range(len(symptoms)), random.randint(1, 8))
        firing ^= set(flips)
        still = sorted(firing - set(flips))
        repeats = random.sample(still, min(len(still), random.randint(5, 40)))
        everything = (*flips, *repeats)[:BATCH]
        one = Round(flips=tuple(flips), said=everything, bad=_bad(random, name, len(rounds)))
        rounds.append(one)
        said += one.events
    return Lane(name=name, kind=Kind.PROMETHEUS, symptoms=symptoms, rounds=tuple(rounds))


def _alertmanager(random: Random, name: str, events: int) -> Lane:
    symptoms = _symptoms(random, ("LatencyHigh", "QueueBacklog"), 5, 8, watcher=name)
    groups = [range(start, start + 5) for start in range(0, len(symptoms), 5)]
    firing: set[int] = set()
    rounds: list[Round] = []
    said = 0
    while said < events:
        group = random.choice(groups)
        flips = random.sample(group, random.choice((0, 1, 1, 2, 3)))
        firing ^= set(flips)
        active = sorted(set(flips) | (firing & set(group)))
        if not active:
            continue
        one = Round(flips=tuple(flips), said=tuple(active), bad=_bad(random, name, len(rounds)))
        rounds.append(one)
        said += one.events
    return Lane(name=name, kind=Kind.ALERTMANAGER, symptoms=symptoms, rounds=tuple(rounds))


def _pagerduty(random: Random, name: str, events: int) -> Lane:
    symptoms = _symptoms(random, ("synthetic check failed",), 2, 10, watcher=name)
    firing: set[int] = set()
    rounds: list[Round] = []
    while len(rounds) < events:
        if bad := _bad(random, name, len(rounds)):
            rounds.append(Round(flips=(), said=(), bad=bad))
            continue
        one = random.randrange(len(symptoms))
        draw = random.random()
        if one not in firing or draw < _REPEATED:
            action = "trigger"
        else:
            action = "resolve" if draw < _RESOLVED else "acknowledge"
        flips = (one,) if (action == "trigger") != (one in firing) and action != "acknowledge" else ()
        firing ^= set(flips)
        rounds.append(Round(flips=flips, said=(one,), action=action))
    return Lane(name=name, kind=Kind.PAGERDUTY, symptoms=symptoms, rounds=tuple(rounds))
