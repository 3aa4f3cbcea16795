"""A quick look first: are two runs' tables the same, ids, times and counters of tries aside?

Whatever the API says follows from the rows, so where these are the same the answers are. Only where they are
not is the API asked (tests.crash.reading), which takes longer than the whole run.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from leitplanke.table.client import decode_row
from tests.crash.cloud import Cloud
from tests.crash.reading import naming

Digest = Counter[str]
_DROPPED = frozenset(
    {
        *("ver", "version_", "pulse", "routed_pulse", "tries", "holder", "occurrences", "changed_by", "ttl"),
        *("look_at", "alerts_by", "pulsed_at", "quiet_at", "confirm_at", "judge_at"),
    }
)
"""Versions, deadlines and repeats: how often something was tried, and when it is looked at next."""
_SUMMED = ("look", "board_counts")
_SHARD = re.compile(r"#[0-3]$")


def digest_of(cloud: Cloud) -> Digest:
    """Every row but looks, and every message to a channel, in comparable words."""
    rows = [decode_row(row) for row in cloud.engine.rows()]
    incidents = sorted(
        (row for row in rows if row["type"] == "incident" and "opened_at" in row),
        key=lambda row: (row["opened_at"], row["service"], row["title"]),
    )
    problems = sorted(
        (row for row in rows if row["type"] == "problem"), key=lambda row: str(row["opened_at"])
    )
    plain = naming(incidents, problems)
    digest = Counter(str(sorted(plain(_kept(row)).items())) for row in rows if row["type"] not in _SUMMED)
    digest.update(_board(rows))
    digest.update(f"told {one.channel} {plain(one.title)} {plain(one.body)}" for one in cloud.told)
    digest.update(f"dead {one.split(':')[0]}" for one in cloud.dead)
    digest.update(_owed(rows))
    return digest


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in _DROPPED}
    for name in ("pk", "gsi1pk", "gsi2pk", "gsi3pk", "gsi4pk", "gsi5pk", "gsi6pk"):
        if name in kept:
            kept[name] = _SHARD.sub("", str(kept[name]))
    return kept


def _board(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """How many incidents the board counts where. The shard follows from their ids, which differ."""
    counts: Counter[str] = Counter()
    for row in rows:
        if row["type"] == "board_counts":
            counts.update({name: number for name, number in row.items() if "/" in name})
    return (f"board {name}: {number}" for name, number in counts.items() if number)


def _owed(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        if row["type"] in ("incident", "problem", "service") and row.get("published", 0) < row.get(
            "revision", 0
        ):
            yield f"owed by {row['type']}"
        if row["type"] == "incident" and row.get("routed_pulse", 0) < row.get("pulse", 0):
            yield f"not routed, {row.get('state')}"
