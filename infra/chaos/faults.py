"""The schedule of a run, drawn from the seed: which calls fail how, and when.

Rules are microburst's (https://pypi.org/project/microburst/). The schedule is exact for a seed; which very
call a rule hits is not: that depends on the order in which threads come along.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Rule = dict[str, Any]
VICTIMS = ("ReceiveEvents", "CorrelateAlerts", "PublishChanges", "RouteIncidents", "NotifyResponders")
"""Functions of which workers are killed; the others have too little to do to be met at work."""
SERVICES = ("dynamodb", "sqs", "events")
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "RequestThrottled",
    "events": "ThrottlingException",
}
_TABLE_CALLS = (
    "UpdateItem",
    "TransactWriteItems",
    "BatchGetItem",
    "Query",
    "ExecuteTransaction",
    "BatchExecuteStatement",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Rules that hold from this share of the events on, until the next phase."""

    begins: float
    what: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blow:
    """At this share of the events: kill a worker of this function; without one, stop and start the engine."""

    at: float
    kill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Everything that a run suffers, in order."""

    phases: tuple[Phase, ...]
    blows: tuple[Blow, ...]


def _throttle(random: Random) -> Rule:
    service = random.choice(SERVICES)
    rule: Rule = {"service": service, "error": {"code": _THROTTLED[service]}}
    if service == "dynamodb" and random.random() < 0.5:  # noqa: PLR2004
        rule["operation"] = random.choice(_TABLE_CALLS)
    return rule | {"probability": round(random.uniform(0.2, 0.5), 2)}


def _reset(random: Random) -> Rule:
    return {"service": random.choice((*SERVICES, "*")), "reset": True, "probability": _few(random)}


def _answer_lost(random: Random) -> Rule:
    # abort_bytes rather than abort_frac: a share of an answer whose length is not announced is never reached.
    lost = {"abort_bytes": 0}
    return {"service": random.choice((*SERVICES, "*")), "response": lost, "probability": _few(random)}


def _delay(random: Random) -> Rule:
    latency = {"min": 50, "max": random.randint(200, 700)}
    return {"service": random.choice((*SERVICES, "*")), "latency": latency, "probability": _many(random)}


def _broken(random: Random) -> Rule:
    error = {"code": "InternalServerError", "status": 500}
    return {"service": random.choice((*SERVICES, "*")), "error": error, "probability": _few(random)}


def _too_late(random: Random) -> Rule:
    """Longer than the door and the API wait (leitplanke.edge.clients.Patience): applied, after all."""
    latency = {"min": 3200, "max": 4500}
    probability = round(random.uniform(0.01, 0.03), 3)
    return {"service": random.choice(SERVICES), "latency": latency, "probability": probability}


def _few(random: Random) -> float:
    return round(random.uniform(0.05, 0.25), 2)


def _many(random: Random) -> float:
    return round(random.uniform(0.1, 0.4), 2)


KINDS: dict[str, Callable[[Random], Rule]] = {
    "throttled": _throttle,
    "connection reset": _reset,
    "applied, answer lost": _answer_lost,
    "delayed": _delay,
    "server error": _broken,
    "answered too late": _too_late,
}
"""Every kind of fault is the main one of one phase."""


def kind_of(action: str) -> str:
    """The kind that an action of microburst's audit log belongs to."""
    if action.startswith("error:"):
        return "server error" if "InternalServerError" in action else "throttled"
    if action.startswith("latency"):
        digits = "".join(ch for ch in action if ch.isdigit() or ch == ".")
        return "answered too late" if digits and float(digits) >= 3_200 else "delayed"  # noqa: PLR2004
    return "connection reset" if action == "reset" else "applied, answer lost"


def draw_schedule(seed: int, events: int) -> Schedule:
    """One phase for each kind of fault, in any order, mixed with a second one; blows in between."""
    random = Random(f"{seed}/faults")  # noqa: S311
    kinds = list(KINDS)
    random.shuffle(kinds)
    phases = []
    for number, kind in enumerate(kinds):
        side = random.choice([other for other in kinds if other != kind])
        rules = (KINDS[kind](random), KINDS[side](random))
        begins = 0.03 + 0.94 * number / len(kinds)
        phases.append(
            Phase(begins=begins, what=f"{_said(kind, rules[0])}; {_said(side, rules[1])}", rules=rules)
        )
    small = events < 2_000  # noqa: PLR2004
    victims = random.sample(VICTIMS, len(VICTIMS)) * (1 if small else 4)
    kills = [Blow(at=random.uniform(0.05, 0.97), kill=victim) for victim in victims]
    stops = [0.5] if small else [0.35, 0.7]
    restarts = [Blow(at=share + random.uniform(-0.08, 0.08)) for share in stops]
    return Schedule(phases=tuple(phases), blows=tuple(sorted((*kills, *restarts), key=lambda blow: blow.at)))


def _said(kind: str, rule: Rule) -> str:
    where = " ".join(filter(None, (rule["service"].replace("*", "every service"), rule.get("operation"))))
    return f"{rule['probability']:.0%} {kind} ({where})"
