"""What CloudWatch measured of functions and queues, in one call: errors, throttles, ages of messages.

AWS measures all of this itself (AWS Lambda developer guide, "Using CloudWatch metrics"; Amazon SQS developer
guide, "Available CloudWatch metrics"). On one machine nobody does, and everything is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_HOUR = timedelta(hours=1)
_LATELY = timedelta(minutes=10)
"""SQS says every minute how old the oldest message is, and comes some minutes late."""
FRESH_FOR = timedelta(seconds=60)
"""How long a process trusts what it was told: metrics are of whole minutes, and each look costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionHealth:
    """One function in the last hour. None: nobody measured it."""

    invocations: int | None
    errors: int | None
    throttles: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """By the names that were asked for. A queue without an age has no messages, or nobody measured it."""

    functions: Mapping[str, FunctionHealth]
    oldest: Mapping[str, timedelta]

    @property
    def is_known(self) -> bool:
        """Whether anything was measured at all."""
        return bool(self.oldest) or any(one.invocations is not None for one in self.functions.values())


class Measures:
    """Asks, and remembers for a minute. `functions` are names of functions by what we call them."""

    def __init__(self, functions: Mapping[str, str], client: "Callable[[], CloudWatchClient]") -> None:
        self._functions = functions
        self._client = client
        self._known: tuple[datetime, Measured] | None = None

    def look(self, queues: Mapping[str, str], *, now: datetime) -> Measured:
        """What was measured of our functions and of these queues, by name. Raises UnavailableError."""
        if self._known is None or not timedelta(0) <= now - self._known[0] < FRESH_FOR:
            self._known = (now, self._ask(queues, now))
        return self._known[1]

    def _ask(self, queues: Mapping[str, str], now: datetime) -> Measured:
        asked: list[tuple[str, str, str]] = [
            ("function", name, metric)
            for name in self._functions
            for metric in ("Invocations", "Errors", "Throttles")
        ]
        asked += [("queue", name, "ApproximateAgeOfOldestMessage") for name in queues]
        if not asked:
            return Measured(functions={}, oldest={})
        queries = [
            _query(number, kind, self._functions[name] if kind == "function" else queues[name], metric)
            for number, (kind, name, metric) in enumerate(asked)
        ]
        found = self._values(queries, now)
        values = {one: found.get(f"m{number}", ()) for number, one in enumerate(asked)}

        def total(name: str, metric: str) -> int | None:
            numbers = values["function", name, metric]
            return int(sum(numbers)) if numbers else None

        functions = {}
        for name in self._functions:
            invocations = total(name, "Invocations")
            # Where a function ran and nothing failed there is no number of failures: that is none.
            none = None if invocations is None else 0
            functions[name] = FunctionHealth(
                invocations=invocations,
                errors=_or(total(name, "Errors"), none),
                throttles=_or(total(name, "Throttles"), none),
            )
        oldest = {
            name: timedelta(seconds=numbers[0])
            for name in queues
            if (numbers := values["queue", name, "ApproximateAgeOfOldestMessage"]) and numbers[0]
        }
        return Measured(functions=functions, oldest=oldest)

    def _values(
        self, queries: "Sequence[MetricDataQueryTypeDef]", now: datetime
    ) -> Mapping[str, Sequence[float]]:
        """The numbers by query, the newest first. One call, and one more where there is another page."""
        found: dict[str, list[float]] = {}
        try:
            pages = self._client().get_paginator("get_metric_data")
            for page in pages.paginate(
                MetricDataQueries=queries, StartTime=now - _HOUR, EndTime=now, ScanBy="TimestampDescending"
            ):
                for result in page["MetricDataResults"]:
                    found.setdefault(result["Id"], []).extend(result["Values"])
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError(f"CloudWatch cannot be reached: {type(error).__name__}") from error
        return found


def _or(value: int | None, other: int | None) -> int | None:
    return other if value is None else value


def _query(number: int, kind: str, name: str, metric: str) -> "MetricDataQueryTypeDef":
    namespace, dimension = ("AWS/Lambda", "FunctionName") if kind == "function" else ("AWS/SQS", "QueueName")
    period = _HOUR if kind == "function" else _LATELY
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": dimension, "Value": name}],
            },
            "Period": int(period.total_seconds()),
            "Stat": "Sum" if kind == "function" else "Maximum",
        },
    }
