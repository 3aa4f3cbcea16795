"""Policies in the table: every version for ever, in chunks, and a pointer to the one in force.

    POLICY / ACTIVE                 which version is in force; `revision` counts every move of the pointer
    POLICY / VERSION#<n>            who put it when, its size and digest
    POLICY#<n> / CHUNK#<m>          its text: items end at 400 KB, policies do not

Putting a version is one transaction {pointer WHERE revision as read} + version + chunks + audit record, so no
version is ever half there, and of two people who put at the same time one is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from leitplanke.domain.attempts import Actor
from leitplanke.domain.audit import Audited, AuditRecord
from leitplanke.domain.errors import (
    InvalidInputError,
    LostRaceError,
    NotFoundError,
    PolicyError,
    StaleRevisionError,
    UnavailableError,
)
from leitplanke.domain.policy import Policy, empty_policy, load_policy
from leitplanke.table import audit, keys, lists, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Write

MAX_BYTES = 3_500_000
"""Of one policy in UTF-8: a transaction carries 4 MB (Amazon DynamoDB API reference, TransactWriteItems)."""
CHUNK_BYTES = 350_000
FRESH_FOR = timedelta(seconds=15)
"""How long a process trusts the pointer it has read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version that was put; the text is read separately. `size` is in bytes."""

    version: int
    put_at: datetime
    put_by: str
    size: int
    digest: str


class Policies:
    """Every version of the policy."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def active(self) -> int:
        """The version in force, strongly consistent; 0 if there never was one."""
        row = self._table.get(keys.policy_active())
        return int(row["version"]) if row else 0

    def text(self, version: int) -> str:
        """The text of a version, exactly as it was put. Raises NotFoundError."""
        pk = keys.policy_chunk(version, 0).pk
        chunks: list[str] = []
        after: str | None = None
        while True:
            page = self._table.query(pk, after=after)
            chunks.extend(row["text"] for row in page.rows)
            if not page.more:
                break
            after = page.rows[-1]["sk"]
        if not chunks:
            raise NotFoundError("policy version", str(version))
        return "".join(chunks)

    def version(self, number: int) -> PolicyVersion:
        """Who put a version when. Raises NotFoundError."""
        row = self._table.get(keys.policy_version(number))
        if row is None:
            raise NotFoundError("policy version", str(number))
        return _version_of(row)

    def versions(self, *, limit: int, before: int | None = None) -> lists.Listing[PolicyVersion]:
        """Versions, newest first; the mark of the next page is a version number. One query."""
        last = "VERSION#~" if before is None else keys.policy_version(before - 1).sk
        page = self._table.query(
            keys.POLICY_PARTITION, between=("VERSION#", last), newest_first=True, limit=limit
        )
        found = tuple(_version_of(row) for row in page.rows)
        return lists.Listing(items=found, next_mark=str(found[-1].version) if page.more else None)

    def put(self, text: str, *, expected: int | None, by: Actor, at: datetime) -> tuple[int, bool]:
        """Make `text` the policy in force: its version, and whether that is a new one.

        The text that is in force already stays the version it is. Raises StaleRevisionError if another
        version than `expected` is in force, LostRaceError if that changed while this was written.
        """
        digest = sha256(text.encode()).hexdigest()
        pointer = self._table.get(keys.policy_active())
        current = int(pointer["version"]) if pointer else 0
        if expected is not None and expected != current:
            raise StaleRevisionError(expected=expected, current=current)
        if pointer and pointer["digest"] == digest:
            return current, False
        number = int(pointer["newest"]) + 1 if pointer else 1
        try:
            self._table.transact(list(_writes(text, number, digest=digest, pointer=pointer, by=by, at=at)))
        except ConditionFailedError as failed:
            raise LostRaceError("putting a policy") from failed
        return number, True


class ActivePolicy:
    """The policy in force, compiled once per version; the pointer is asked for at most every 15 s.

    One per process: a function keeps it between invocations.
    """

    def __init__(self, table: Table) -> None:
        self._policies = Policies(table)
        self._policy: Policy | None = None
        self._version = 0
        self._asked_at: datetime | None = None

    def get(self, now: datetime) -> tuple[Policy, int]:
        """The policy and its version; `empty_policy()` and 0 if there is none yet.

        Raises UnavailableError if the stored text does not load in this release (what waits in queues then
        keeps waiting, and alarms go off; guessing another policy would send people to the wrong incident).
        """
        if self._policy is None or self._asked_at is None or not self._is_fresh(self._asked_at, now):
            version = self._policies.active()
            if self._policy is None or version != self._version:
                self._policy, self._version = self._load(version), version
            self._asked_at = now
        return self._policy, self._version

    def _is_fresh(self, asked_at: datetime, now: datetime) -> bool:
        return timedelta(0) <= now - asked_at < FRESH_FOR

    def _load(self, version: int) -> Policy:
        if version == 0:
            return empty_policy()
        try:
            return load_policy(self._policies.text(version))
        except PolicyError as fault:
            raise UnavailableError(f"policy version {version} does not load: {fault}") from fault


def _writes(
    text: str, number: int, *, digest: str, pointer: Row | None, by: Actor, at: datetime
) -> Iterator[Write]:
    revision = int(pointer["revision"]) if pointer else 0
    active = rows.plain_row(
        keys.policy_active(),
        "policy_active",
        version=number,
        newest=number,
        revision=revision + 1,
        digest=digest,
        at=at,
        by=by.name,
    )
    yield Put(
        row=active,
        condition="revision = :revision" if pointer else ABSENT,
        values={"revision": revision} if pointer else {},
    )
    size = len(text.encode())
    version = rows.plain_row(
        keys.policy_version(number), "policy", version=number, at=at, by=by.name, size=size, digest=digest
    )
    yield Put(row=version, condition=ABSENT)
    yield audit.entry(_putting(number, int(pointer["version"]) if pointer else 0, by=by, at=at))
    for position, chunk in enumerate(_chunks(text)):
        row = rows.plain_row(keys.policy_chunk(number, position), "policy_chunk", text=chunk)
        yield Put(row=row, condition=ABSENT)


def _putting(number: int, instead_of: int, *, by: Actor, at: datetime) -> AuditRecord:
    facts = {"version": number, "instead_of": instead_of}
    return AuditRecord(at=at, by=by, did=Audited.POLICY_PUT, subject=f"policy/{number}", facts=facts)


def _chunks(text: str) -> Iterator[str]:
    """`text` in pieces of at most CHUNK_BYTES, never cut inside a character."""
    raw = text.encode()
    if len(raw) > MAX_BYTES:
        raise InvalidInputError(
            f"the policy has {len(raw)} bytes, the limit is {MAX_BYTES}",
            field="body",
            remedy="leave out what no rule needs",
        )
    start = 0
    while start < len(raw):
        end = min(start + CHUNK_BYTES, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a continuation byte of UTF-8 (RFC 3629)
            end -= 1
        yield raw[start:end].decode()
        start = end


def _version_of(row: Row) -> PolicyVersion:
    return PolicyVersion(
        version=row["version"],
        put_at=rows.time_of(row["at"]),
        put_by=row["by"],
        size=row["size"],
        digest=row["digest"],
    )
