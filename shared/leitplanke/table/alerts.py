"""Alerts in the table: read in bulk, written in bulk, each under its own condition.

    alert row    ALERT#<id>                     what it is now; in GSI1 of its incident while it fires
    episode row  EPISODES#<incident>#<shard>    what it did in that incident, for ever

    episode begins ──▶ alert row fires in it ──▶ alert row resolved ──▶ episode ends
                                                       └──▶ previous episode ends ──▶ next one begins

An episode row is there before its alert row says so: whoever dies in between writes the same row again.
While an alert is in an episode, its own row says whether that has ended; the episode row may not have heard
of it yet, or of an end that another writer prevented. It has before the alert goes on to the next episode.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.events import Severity
from leitplanke.table import keys, lists, rows
from leitplanke.table.client import Outcome, Row, Statement, Table


@dataclass(frozen=True, kw_only=True)
class StoredAlert:
    """An alert as read, with its row to write against."""

    row: Row
    expired: bool

    @cached_property
    def alert(self) -> Alert | None:
        """The alert, None when its row has expired. Raises ValueError or KeyError for a row without sense."""
        return None if self.expired else rows.alert_of(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What one alert did in one incident: from when to when, and who ended it."""

    incident_id: str
    alert_id: str
    number: int
    title: str
    symptom: str
    severity: str
    fired_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringIds:
    """The worst alerts that fire in an incident, and whether there are more."""

    ids: tuple[str, ...]
    more: bool


class Alerts:
    """Everything stored about alerts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, ids: Iterable[str], *, now: datetime) -> dict[str, StoredAlert]:
        """These alerts, strongly consistent, 100 a call. An expired row counts as absent, but is known."""
        found = self._table.get_many(keys.alert(ident) for ident in ids)
        return {
            row["pk"].split("#", 1)[1]: StoredAlert(row=row, expired=rows.is_expired(row, now))
            for row in found.values()
        }

    def save(self, writes: Sequence[tuple[StoredAlert | None, Alert]]) -> list[Outcome]:
        """Each alert under the condition that nobody wrote it since it was read."""
        statements: list[Statement] = []
        for stored, alert in writes:
            after = rows.alert_row(alert)
            if stored is None:
                after["ver"] = 1
                statements.append(self._table.insert_statement(after))
                continue
            after["ver"] = stored.row["ver"] + 1
            statements.append(
                self._table.update_statement(
                    keys.alert(alert.alert_id), before=stored.row, after=after, guard="ver"
                )
            )
        return self._table.execute(statements)

    def note_episodes(self, *, begun: Sequence[Episode], ended: Sequence[Episode]) -> None:
        """Store episodes that began (some may have ended already) and ends of others. Repeatable."""
        inserted = self._table.execute(
            [self._table.insert_statement(_episode_row(episode)) for episode in begun]
        )
        known = [
            episode
            for episode, new in zip(begun, inserted, strict=True)
            if new is not Outcome.WRITTEN and episode.resolved_at is not None
        ]
        self._table.execute([self._end_statement(episode) for episode in [*known, *ended]])

    def _end_statement(self, episode: Episode) -> Statement:
        key = keys.episode(episode.incident_id, episode.alert_id, episode.number)
        after = _episode_row(episode)
        ends: Row = {name: after[name] for name in ("resolved_at", "resolved_by") if name in after}
        return self._table.update_statement(key, before={}, after=ends, guard=None)

    def worst_firing(self, incident_id: str) -> Severity | None:
        """The worst severity that fires in this incident, None if nothing does. One small query a shard.

        No more are asked once something critical is found. The index lags by moments: who restores on None
        confirms it later (`confirm_at`).
        """
        worst: int | None = None
        for shard in keys.ALL_SHARDS:
            page = self._table.query(keys.firing_partition(incident_id, shard), index=keys.GSI1, limit=1)
            for row in page.rows:
                rank = int(row["gsi1sk"].split("#", 1)[0])
                worst = rank if worst is None else min(worst, rank)
            if worst == 0:
                break  # nothing is worse
        return next((severity for severity in Severity if severity.rank == worst), None)

    def worst_firing_ids(self, incident_id: str, *, limit: int) -> FiringIds:
        """At most `limit` alerts that fire in this incident, worst first. One query a shard.

        The index lags by moments: one that has just ended may still be among them.
        """
        found: list[Row] = []
        more = False
        for shard in keys.ALL_SHARDS:
            page = self._table.query(keys.firing_partition(incident_id, shard), index=keys.GSI1, limit=limit)
            found.extend(page.rows)
            more = more or page.more
        ordered = sorted(str(row["gsi1sk"]) for row in found)
        ids = tuple(place.split("#", 1)[1] for place in ordered[:limit])
        return FiringIds(ids=ids, more=more or len(ordered) > limit)

    def firing_alert_ids(self, incident_id: str) -> list[str]:
        """Every alert that fires in this incident, worst first within each shard."""
        found: list[str] = []
        for shard in keys.ALL_SHARDS:
            after: str | None = None
            while True:
                page = self._table.query(
                    keys.firing_partition(incident_id, shard), index=keys.GSI1, after=after, limit=1_000
                )
                found.extend(row["gsi1sk"].split("#", 1)[1] for row in page.rows)
                if not page.more:
                    break
                after = page.rows[-1]["gsi1sk"]
        return found

    def episodes(self, incident_id: str, *, limit: int, after: str | None = None) -> lists.Listing[Episode]:
        """What its alerts did, in a stable order, paged by an opaque mark. A page may be short.

        Cost: one small query a shard and one batch read of the alerts themselves.
        """
        page = lists.merged(
            self._table,
            [keys.episode_partition(incident_id, shard) for shard in keys.ALL_SHARDS],
            limit=limit,
            after=after,
            read=_episode_of,
        )
        alerts = self._table.get_many(keys.alert(episode.alert_id) for episode in page.items)
        found = (_as_its_alert_says(one, alerts.get(keys.alert(one.alert_id))) for one in page.items)
        return lists.Listing(items=tuple(one for one in found if one), next_mark=page.next_mark)


def _as_its_alert_says(episode: Episode, row: Mapping[str, Any] | None) -> Episode | None:
    """The episode with the end that its alert's row gives it; None if its alert never came to it.

    That is so when an alert was placed here by one writer, and elsewhere by a faster one.
    """
    if row is None:
        return episode
    alert = rows.alert_of(row)
    if (alert.incident_id, alert.episode) != (episode.incident_id, episode.number):
        return episode if episode.resolved_at is not None else None
    if alert.state is AlertState.FIRING:
        return replace(episode, resolved_at=None, resolved_by=None)
    ended_by = alert.resolved_by.value if alert.resolved_by else None
    return replace(episode, resolved_at=alert.resolved_at, resolved_by=ended_by)


def _episode_row(episode: Episode) -> Row:
    return rows.plain_row(
        keys.episode(episode.incident_id, episode.alert_id, episode.number),
        "episode",
        incident=episode.incident_id,
        alert=episode.alert_id,
        number=episode.number,
        title=episode.title,
        symptom=episode.symptom,
        severity=episode.severity,
        fired_at=episode.fired_at,
        resolved_at=episode.resolved_at,
        resolved_by=episode.resolved_by,
    )


def _episode_of(row: Row) -> Episode:
    return Episode(
        incident_id=row["incident"],
        alert_id=row["alert"],
        number=row["number"],
        title=row.get("title", ""),
        symptom=row.get("symptom", ""),
        severity=row["severity"],
        fired_at=rows.time_of(row["fired_at"]),
        resolved_at=rows.time_of(row["resolved_at"]) if row.get("resolved_at") else None,
        resolved_by=row.get("resolved_by"),
    )
