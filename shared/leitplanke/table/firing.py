"""What fires in an incident, the worst first: enough for a person to see, whatever fires in all."""

from dataclasses import dataclass

from leitplanke.table import keys
from leitplanke.table.client import Row, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringIds:
    """The worst alerts that fire in an incident, and whether there are more."""

    ids: tuple[str, ...]
    more: bool


def worst_firing_ids(table: Table, incident_id: str, *, limit: int) -> FiringIds:
    """At most `limit` alerts, worst severity first. One query a shard, however many fire.

    The index lags by moments, so an alert that has just ended may still be among them.
    """
    found: list[Row] = []
    more = False
    for shard in keys.ALL_SHARDS:
        page = table.query(keys.firing_partition(incident_id, shard), index=keys.GSI1, limit=limit)
        found.extend(page.rows)
        more = more or page.more
    ordered = sorted(str(row["gsi1sk"]) for row in found)
    ids = tuple(place.split("#", 1)[1] for place in ordered[:limit])
    return FiringIds(ids=ids, more=more or len(ordered) > limit)
