"""Integrations in the table: a key finds its row in one call, and that call notes that it was heard.

    INTEGRATION#<id from the key's hash> / INTEGRATION   one integration; GSI1 lists them by creation time

The index holds keys only, so noting `heard_at` writes the row and nothing else. It is written each minute and
not each hour, because whether a sender is silent, and whether what it promised has lapsed, is read from it;
the requests of a sender with a limit are counted in the same write. Letting a sender in and
putting one out are transactions with their audit records.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from leitplanke.domain.attempts import Actor
from leitplanke.domain.audit import Audited, AuditRecord
from leitplanke.domain.errors import ConflictError, NotFoundError
from leitplanke.domain.integrations import Capability, Integration, integration_id, looks_like_key
from leitplanke.table import audit, keys, lists, rows
from leitplanke.table.client import ABSENT, PRESENT, ConditionFailedError, Put, Row, Table, Update, difference

_NOT_REVOKED = f"{PRESENT} AND attribute_not_exists(revoked_at)"


def subject(ident: str) -> str:
    """The name under which looks speak of an integration."""
    return f"integration/{ident}"


class Integrations:
    """Every integration that ever was; revoked ones stay, because alerts still name them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, integration: Integration, *, by: Actor) -> None:
        """Store a new one. Raises ConflictError for an id that is taken: its key was used before."""
        row = _row(integration)
        try:
            self._table.transact([Put(row=row, condition=ABSENT), audit.entry(_created(integration, by))])
        except ConditionFailedError as taken:
            if taken.row is not None and not any(difference(taken.row, row)):
                return  # our own: it was stored, the answer was lost, and the client asked again
            raise ConflictError("this key is in use", remedy="make another key") from taken

    def authenticate(self, key: str, now: datetime, *, requests: int = 0) -> Integration | None:
        """Whose key this is, None if nobody's (any more).

        One write: that it was heard now, and said so many requests since this was last told.
        """
        if not looks_like_key(key):
            return None
        try:
            row = self._table.update(
                Update(
                    key=keys.integration(integration_id(key)),
                    set_={"heard_at": keys.time_text(now)},
                    add={"requests": requests} if requests else {},
                    condition=_NOT_REVOKED,
                )
            )
        except ConditionFailedError:
            return None
        return _of(row)

    def get(self, ident: str) -> Integration:
        """One integration, strongly consistent. Raises NotFoundError."""
        row = self._table.get(keys.integration(ident))
        if row is None:
            raise NotFoundError("integration", ident)
        return _of(row)

    def listed(self, *, limit: int, before: str | None = None) -> lists.Listing[Integration]:
        """Integrations, newest first, revoked ones among them. One query and one batch read."""
        found = lists.newest_keys(
            self._table, [keys.INTEGRATIONS_PARTITION], index=keys.GSI1, limit=limit, before=before
        )
        ids = [mark.split("#", 1)[1] for mark in found.marks]
        stored = self._table.get_many(keys.integration(ident) for ident in ids)
        known = {row["id"]: _of(row) for row in stored.values()}
        items = tuple(known[ident] for ident in ids if ident in known)
        return lists.Listing(items=items, next_mark=found.next_mark)

    def revoke(self, ident: str, *, by: Actor, at: datetime) -> Integration:
        """Its key opens nothing any more. Again is a no-op; the first date stays. Raises NotFoundError."""
        integration = self.get(ident)
        if integration.revoked_at is not None:
            return integration
        revocation = Update(
            key=keys.integration(ident),
            set_={"revoked_at": keys.time_text(at), "revoked_by": by.name},
            condition=_NOT_REVOKED,
        )
        record = AuditRecord(
            at=at,
            by=by,
            did=Audited.INTEGRATION_REVOKED,
            subject=subject(ident),
            facts={"name": integration.name},
        )
        try:
            self._table.transact([revocation, audit.entry(record)])
        except ConditionFailedError:
            return self.get(ident)  # somebody was faster
        return replace(integration, revoked_at=at, revoked_by=by.name)

    def fell_silent(self, ident: str, at: datetime, *, unheard_since: datetime | None = None) -> bool:
        """Note that it has said nothing since `unheard_since` (else: since `at`).

        False if it has spoken meanwhile, or is revoked, or is known to be silent.
        """
        return self._note_silence(
            ident,
            condition=f"{_NOT_REVOKED} AND (attribute_not_exists(silent_since) OR heard_at > silent_since)"
            " AND (attribute_not_exists(heard_at) OR heard_at <= :unheard)",
            set_={"silent_since": keys.time_text(at)},
            remove=("silence_told",),
            values={"unheard": keys.time_text(unheard_since or at)},
        )

    def silence_told(self, ident: str, *, since: datetime) -> bool:
        """Note that the silence noted at `since` is told. False if it is over."""
        return self._note_silence(
            ident,
            condition="silent_since = :since",
            set_={"silence_told": True},
            values={"since": keys.time_text(since)},
        )

    def heard_again(self, ident: str, *, since: datetime) -> bool:
        """Note that the silence noted at `since` is over. False if it was already: a later one is not."""
        return self._note_silence(
            ident,
            condition="silent_since = :since",
            remove=("silent_since", "silence_told"),
            values={"since": keys.time_text(since)},
        )

    def _note_silence(self, ident: str, **change: Any) -> bool:
        try:
            self._table.update(Update(key=keys.integration(ident), **change))
        except ConditionFailedError:
            return False
        return True


def _created(integration: Integration, by: Actor) -> AuditRecord:
    return AuditRecord(
        at=integration.created_at,
        by=by,
        did=Audited.INTEGRATION_CREATED,
        subject=subject(integration.integration_id),
        facts={"name": integration.name, "capabilities": tuple(sorted(integration.capabilities))},
    )


def _row(integration: Integration) -> Row:
    key = keys.integration(integration.integration_id)
    row = rows.plain_row(
        key,
        "integration",
        id=integration.integration_id,
        name=integration.name,
        sender=integration.sender,
        capabilities=sorted(integration.capabilities),
        created_at=integration.created_at,
        created_by=integration.created_by,
        revoked_at=integration.revoked_at,
        revoked_by=integration.revoked_by,
        heard_at=integration.heard_at,
        silent_since=integration.silent_since,
        silence_told=integration.silence_told or None,
        quiet_after_s=integration.quiet_after_s,
        limit_per_minute=integration.limit_per_minute,
        requests=integration.requests or None,
    )
    place = keys.listed(integration.created_at, integration.integration_id)
    return row | {"gsi1pk": keys.INTEGRATIONS_PARTITION, "gsi1sk": place}


def _of(row: Mapping[str, Any]) -> Integration:
    return Integration(
        integration_id=row["id"],
        name=row["name"],
        sender=row.get("sender"),
        capabilities=frozenset(Capability(name) for name in row.get("capabilities", ())),
        created_at=rows.time_of(row["created_at"]),
        created_by=row["created_by"],
        revoked_at=_time_in(row, "revoked_at"),
        revoked_by=row.get("revoked_by"),
        heard_at=_time_in(row, "heard_at"),
        silent_since=_time_in(row, "silent_since"),
        silence_told=bool(row.get("silence_told", False)),
        quiet_after_s=row.get("quiet_after_s"),
        limit_per_minute=row.get("limit_per_minute"),
        requests=row.get("requests", 0),
    )


def _time_in(row: Mapping[str, Any], name: str) -> datetime | None:
    return rows.time_of(row[name]) if name in row else None
