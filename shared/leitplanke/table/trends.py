"""What closed incidents add up to, by day: counted in the transaction that takes them off the board.

    TRENDS#<shard> / <day>                          counts of the incidents that closed on that day
    TRENDS#<shard> / <day>#<service>#<cause>        customer-minutes lost for want of a service, by what fired

A day is one row a shard, whatever happens in it. Only incidents that cut customers off have the other rows,
and those of the same service and cause share one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from leitplanke.domain.trends import MINUTES, Loss, Tally
from leitplanke.table import keys
from leitplanke.table.client import Row, Table, Update
from leitplanke.table.counters import VERSION, counter

_DAY_KIND = "trend_day"
_LOSS_KIND = "trend_loss"
_PAGE = 1_000
_MOST_PAGES = 20
"""Of a shard: twenty thousand days, services and causes, which is more than anybody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted in a stretch of days. `whole` is False if there was too much to read."""

    tallies: Mapping[date, Mapping[str, int]]
    losses: tuple[Loss, ...]
    whole: bool


def trend_rows(shard: int, counted: Iterable[Tally]) -> Mapping[keys.Key, Row]:
    """The rows that these tallies of a shard make, by key, without what every row has."""
    return _rows(shard, ((one, 1) for one in counted))


def trend_writes(shard: int, moves: Iterable[tuple[Tally | None, Tally | None]]) -> list[Update]:
    """What changes where incidents of a shard counted as the one, and count as the other from now on.

    That each does so once is the condition of what stands beside it.
    """
    signed = (
        (one, sign) for pair in moves for one, sign in zip(pair, (-1, 1), strict=True) if one is not None
    )
    return [_added(key, row) for key, row in _rows(shard, signed).items()]


def _rows(shard: int, signed: Iterable[tuple[Tally, int]]) -> Mapping[keys.Key, Row]:
    days: dict[date, Counter[str]] = defaultdict(Counter)
    lost: Counter[tuple[date, str, str]] = Counter()
    for one, sign in signed:
        for name, number in one.counts.items():
            days[one.day][name] += sign * number
        lost[one.day, one.service, one.cause] += sign * one.customer_minutes
    found: dict[keys.Key, Row] = {}
    for day, counts in days.items():
        if changed := {name: number for name, number in counts.items() if number}:
            found[keys.trend_day(shard, day)] = {"type": _DAY_KIND, **changed}
    for (day, service, cause), minutes in lost.items():
        if minutes:
            names = {"service": service, "cause": cause}
            found[keys.trend_loss(shard, day, service, cause)] = {
                "type": _LOSS_KIND,
                **names,
                MINUTES: minutes,
            }
    return found


def _added(key: keys.Key, row: Row) -> Update:
    numbers = {name: value for name, value in row.items() if isinstance(value, int)}
    names = {name: value for name, value in row.items() if name not in numbers and name != "type"}
    return counter(key, row["type"], add={VERSION: 1, **numbers}, **names)


class Trends:
    """Reads them. Raises UnavailableError."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def counted(self, first: date, last: date) -> Counted:
        """From one day to another, both included. A query a shard, and one for each further thousand rows."""
        tallies: dict[date, Counter[str]] = defaultdict(Counter)
        losses: list[Loss] = []
        whole = True
        for shard in keys.ALL_SHARDS:
            span = (keys.trend_day(shard, first).sk, f"{keys.trend_day(shard, last).sk}~")
            for _ in range(_MOST_PAGES):
                page = self._table.query(keys.trends_partition(shard), between=span, limit=_PAGE)
                for row in page.rows:
                    day = date.fromisoformat(str(row["sk"])[:10])
                    if row["type"] == _DAY_KIND:
                        tallies[day].update(_counts(row))
                    else:
                        losses.append(_loss(day, row))
                if not page.more:
                    break
                span = (f"{page.rows[-1]['sk']}!", span[1])
            else:
                whole = False
        return Counted(tallies=tallies, losses=tuple(losses), whole=whole)


def _counts(row: Row) -> Counter[str]:
    return Counter({name: value for name, value in row.items() if name not in _OTHERS})


_OTHERS = frozenset({"pk", "sk", "type", "schema", VERSION})


def _loss(day: date, row: Row) -> Loss:
    return Loss(day=day, service=row["service"], cause=row["cause"], customer_minutes=row[MINUTES])
