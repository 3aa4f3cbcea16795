"""From counted calls to money and to a storm's load. All counts come from tests/budgets/budgets.yaml.

What cannot be counted is assumed, and stands here: how long AWS takes to answer (that a function waits is
billed), and what AWS itself writes to logs.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.bench import prices
from infra.local.template import load_template

ROOT = Path(__file__).resolve().parents[2]
BUDGETS = ROOT / "tests" / "budgets" / "budgets.yaml"

DOOR = "receive_events"
CONSUMER = "correlate_alerts"
RULES = "bus"

ANSWER_S = {"BatchExecuteStatement": 0.015, "SendMessageBatch": 0.010, "PutEvents": 0.015}
"""Seconds that a call takes: 25 statements 13 to 20 ms, messages about 10. Assumed, not measured."""
OTHER_ANSWER_S = 0.005
"""A single row, a query, a transaction of a few rows."""
CPU_S_PER_REQUEST = 0.0008
"""Of the door, on a whole core, and..."""
CPU_S_PER_ALERT = {DOOR: 0.00005, "repeat": 0.00004, "distinct": 0.0005}
"""...per alert; `make bench` measures them. A function with less than 1,769 MB has less than a core."""
WHOLE_CORE_MB = 1_769
PLATFORM_LOG_BYTES = 310
"""START, END and REPORT of one invocation in Lambda's text format."""
ACCESS_LOG_BYTES = 330
"""One line of the API's access log in the template's format."""
POLL_MESSAGES = 10
"""Messages that one ReceiveMessage brings, and one DeleteMessageBatch takes away."""
MINUTE = 60
STORM = 100_000
KEY_LIMIT = 1_000
"""Write units per second that one partition key takes, in the table and in an index alike."""
TABLE_LIMIT = 4_000
"""Write units per second of a new table; each index has as many again."""
FASTEST_BATCH_S = 0.013
"""The fastest answer to 25 statements that we reckon with: the faster, the higher the load on the table."""
SLOWEST_BATCH_S = 0.020
"""The slowest."""
HOT = 10
"""The file names units on one key only where they are above this."""

Numbers = Mapping[str, Any]
Budget = Mapping[str, Numbers]


@functools.cache
def budgets() -> Mapping[str, Budget]:
    """What every scenario costs."""
    loaded: Mapping[str, Budget] = yaml.safe_load(BUDGETS.read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a million alert events come: `door` is a request's scenario, `batch` that of 1,000 alerts in it."""

    name: str
    per_request: int
    door: str
    batch: str
    kind: str
    """"repeat" or "distinct"."""


SINGLE = "Prometheus at the door"
HUNDRED = "Prometheus, 100 alerts in one request at the door"
REPEATS = "1,000 repeats of one alert in one batch"
MORE = "1,000 more distinct alerts of one service in one batch"
BATCH = 1_000
PROFILES = (
    Profile(name="1 a request, repeats", per_request=1, door=SINGLE, batch=REPEATS, kind="repeat"),
    Profile(name="1 a request, distinct", per_request=1, door=SINGLE, batch=MORE, kind="distinct"),
    Profile(name="100 a request, repeats", per_request=100, door=HUNDRED, batch=REPEATS, kind="repeat"),
    Profile(name="100 a request, distinct", per_request=100, door=HUNDRED, batch=MORE, kind="distinct"),
)
YARDSTICK: Mapping[str, tuple[float, float, float, float]] = {
    "HTTP API": (1.00, 1.00, 0.01, 0.01),
    "door function": (0.30, 0.30, 0.003, 0.003),
    "SQS": (0.48, 0.48, 0.008, 0.008),
    "consumers": (0.002, 0.002, 0.002, 0.002),
    "DynamoDB": (0.001, 0.625, 0.0001, 0.625),
    "EventBridge": (0, 0, 0, 0),
    "logs": (0, 0, 0, 0),
}
"""The lean design of our performance yardsticks, in the order of PROFILES."""


def usd_per_million(profile: Profile) -> dict[str, float]:
    """USD for a million alert events that come like this, by what is paid for."""
    door = budgets()[profile.door][DOOR]
    rest = {name: one for name, one in budgets()[profile.batch].items() if name != DOOR}
    requests, batches = prices.MILLION / profile.per_request, prices.MILLION / BATCH
    seconds = {name: batches * _seconds(name, one) for name, one in rest.items()}
    seconds[CONSUMER] += prices.MILLION * CPU_S_PER_ALERT[profile.kind]
    door_s = requests * (_seconds(DOOR, door) + _slowed(DOOR, CPU_S_PER_REQUEST))
    door_s += prices.MILLION * _slowed(DOOR, CPU_S_PER_ALERT[DOOR])
    runs = sum(one.get("invocations", 0) for one in rest.values()) * batches
    writes = sum(sum(one.get("writes", {}).values()) for one in rest.values()) * batches
    reads = sum(one.get("reads", 0) for one in rest.values()) * batches
    entries = sum(one["chunks"] for one in rest.values() if one.get("entries")) * batches
    logged = requests * (door.get("logs", 0) + PLATFORM_LOG_BYTES + ACCESS_LOG_BYTES)
    logged += batches * sum(one.get("logs", 0) for one in rest.values()) + runs * PLATFORM_LOG_BYTES
    return {
        "HTTP API": requests * prices.HTTP_API_REQUEST,
        "door function": requests * prices.LAMBDA_REQUEST + _gb(DOOR) * door_s * prices.LAMBDA_GB_SECOND,
        "SQS": (requests * _sqs(door) + batches * _small_messages(rest)) * prices.SQS_REQUEST,
        "consumers": runs * prices.LAMBDA_REQUEST
        + sum(_gb(name) * spent for name, spent in seconds.items()) * prices.LAMBDA_GB_SECOND,
        "DynamoDB": writes * prices.DYNAMODB_WRITE + reads * prices.DYNAMODB_READ,
        "EventBridge": entries * prices.EVENTBRIDGE_EVENT,
        "logs": logged * prices.LOG_BYTE,
    }


def _sqs(door: Numbers) -> float:
    """SQS requests for what one request at the door puts into the queue: sent, received, deleted."""
    messages: int = sum(door["messages"].values())
    received: float = max(messages / POLL_MESSAGES, door["bytes"] / 65_536)
    stored: int = door["chunks"]
    return stored + received + messages / POLL_MESSAGES


def _small_messages(rest: Budget) -> float:
    """SQS requests for what functions and rules send: each message travels alone."""
    return float(sum(3 * sum(one.get("messages", {}).values()) for one in rest.values()))


def _seconds(function: str, numbers: Numbers) -> float:
    """Waiting for all calls of a scenario, one after the other."""
    if function == RULES:
        return 0.0
    calls: Mapping[str, int] = numbers.get("calls", {})
    return sum(count * ANSWER_S.get(name, OTHER_ANSWER_S) for name, count in calls.items())


def _slowed(function: str, cpu_s: float) -> float:
    return cpu_s * max(1.0, WHOLE_CORE_MB / _memory_mb(function))


def _gb(function: str) -> float:
    return _memory_mb(function) / 1_024


@functools.cache
def _memory_mb(function: str) -> int:
    template = load_template()
    for one in template["Resources"].values():
        if one["Type"] == "AWS::Serverless::Function" and f".{function}." in one["Properties"]["Handler"]:
            default = template["Globals"]["Function"]["MemorySize"]
            return int(one["Properties"].get("MemorySize", default))
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What STORM alerts in a minute ask of the table. Units are write units."""

    table_per_s: float
    """If the storm were worked off as fast as it comes."""
    index_per_s: float
    """Of the index that gets most."""
    hottest: tuple[str, float]
    """The partition key that gets most, as the sort of row, and its units per second at the highest pace."""
    highest_table_per_s: float
    """What the consumers can ask for at most, all of them at once and the table at its fastest."""
    lasts_s: tuple[float, float]
    """How long it takes: with the table at its fastest, and at its slowest."""


def load_of(batch: str) -> Load:
    """The storm of which `batch` is a part."""
    budget = budgets()[batch]
    writes: dict[str, float] = {}
    hottest: dict[str, float] = {}
    for numbers in budget.values():
        for kind, units in numbers.get("writes", {}).items():
            writes[kind] = writes.get(kind, 0) + units
            known = numbers.get("hottest", {}).get(kind)
            hottest[kind] = hottest.get(kind, 0) + (known if known is not None else min(units, HOT))
    in_table = sum(units for kind, units in writes.items() if "/" not in kind)
    indexes = {kind.split("/")[0] for kind in writes if "/" in kind}
    in_index = max(
        (sum(units for kind, units in writes.items() if kind.startswith(f"{index}/")) for index in indexes),
        default=0,
    )
    batches_per_s = STORM / BATCH / MINUTE
    fastest, slowest = _batches_per_s(budget, FASTEST_BATCH_S), _batches_per_s(budget, SLOWEST_BATCH_S)
    # A queue that is emptied as fast as it fills gives batches a second long, however fast the table is.
    pace = fastest if slowest < 2 * batches_per_s else batches_per_s
    kind = max(hottest, key=lambda name: hottest[name])
    return Load(
        table_per_s=in_table * batches_per_s,
        index_per_s=in_index * batches_per_s,
        hottest=(kind, hottest[kind] * pace),
        highest_table_per_s=in_table * pace,
        lasts_s=(max(MINUTE, STORM / BATCH / fastest), max(MINUTE, STORM / BATCH / slowest)),
    )


def _batches_per_s(budget: Budget, answer_s: float) -> float:
    """What all consumers together do, waiting for the table only."""
    calls: Mapping[str, int] = budget[CONSUMER]["calls"]
    bulk = calls.get("BatchExecuteStatement", 0) * answer_s
    others = sum(count for name, count in calls.items() if name != "BatchExecuteStatement")
    return consumers() / (bulk + others * OTHER_ANSWER_S)


@functools.cache
def consumers() -> int:
    """How many instances of correlation run at the same time, by the template."""
    function = load_template()["Resources"]["CorrelateAlerts"]["Properties"]
    (source,) = function["Events"].values()
    return int(source["Properties"]["ScalingConfig"]["MaximumConcurrency"])


def rounded(usd: float) -> str:
    """Two significant digits at least, cents at least."""
    if not usd:
        return "0"
    return f"{usd:.{max(2, 1 - math.floor(math.log10(usd)))}f}"
