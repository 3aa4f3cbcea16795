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

from leitplanke.domain.incidents import Incident
from leitplanke.domain.trends import Loss, closed_on, loss, tally
from leitplanke.table import keys
from leitplanke.table.client import Row, Table, Update
from leitplanke.table.counters import counter

_DAY_KIND = "trend_day"
_LOSS_KIND = "trend_loss"
_MINUTES = "minutes"
_PAGE = 1_000
_MOST_PAGES = 20
"""Of a shard: twenty thousand days, services and causes, which is more than anybody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted in a stretch of days. `whole` is False if there was too much to read."""

    tallies: Mapping[date, Mapping[str, int]]
    losses: tuple[Loss, ...]
    whole: bool


MOST_WRITES = 2
"""That one incident adds: to its day, and to what was lost on it."""


def trend_writes(shard: int, closed: Iterable[Incident]) -> list[Update]:
    """What these incidents of a shard add. That each counts once is the condition of what stands beside."""
    days: dict[date, Counter[str]] = defaultdict(Counter)
    lost: Counter[tuple[date, str, str]] = Counter()
    for incident in closed:
        if (day := closed_on(incident)) is not None:
            days[day].update(tally(incident))
        if (one := loss(incident)) is not None:
            lost[one.day, one.service, one.cause] += one.customer_minutes
    return [
        *(counter(keys.trend_day(shard, day), _DAY_KIND, add=counts) for day, counts in days.items()),
        *(
            counter(
                keys.trend_loss(shard, day, service, cause),
                _LOSS_KIND,
                add={_MINUTES: minutes},
                service=service,
                cause=cause,
            )
            for (day, service, cause), minutes in lost.items()
        ),
    ]


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


_OTHERS = frozenset({"pk", "sk", "type", "schema"})


def _loss(day: date, row: Row) -> Loss:
    return Loss(day=day, service=row["service"], cause=row["cause"], customer_minutes=row[_MINUTES])
