"""The ledger in the table: what became of telling one channel about one revision of an incident or problem.

<subject> / TOLD#<revision>#<channel>

    absent ──claim──▶ claimed ──sent──▶ sent                     (the end: nobody is told twice)
                      │  ▲ └──failed──▶ failed ──claim──▶ claimed    (the message comes again)
                      └──┘ claim, after the lease is over            (the one who claimed it has died)

A claim is one conditional write, so of any number of concurrent deliveries one tells. Between sending and
`sent` nobody can know: if the process dies there, the channel is told once more when the lease is over.
A channel is known here by its reference, since that is the place where the message arrives, whatever the
policy calls it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from leitplanke.domain.ids import stable_hash
from leitplanke.table import keys, rows
from leitplanke.table.client import ABSENT, ConditionFailedError, Put, Row, Table, Update
from leitplanke.table.keys import Key

LEASE = timedelta(seconds=90)
"""How long a claim keeps others away: longer than the function may run (30 s) with a margin for clocks,
shorter than the visibility time-out of the lane queues (180 s), so that the next delivery can take over."""


class TellingState(StrEnum):
    """Where a telling is on its way; `nobody` is a note that there was none to tell, and why."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose ledger: the key of an incident or a problem, and the revision that is told."""

    owner: Key
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to tell one channel, until the lease is over. `tries` counts claims, the first is 1."""

    key: Key
    holder: str
    tries: int


class Refusal(StrEnum):
    """Why there is nothing to tell, or not now."""

    SENT = "sent"
    """It has been told."""
    CLAIMED = "claimed"
    """Somebody else is telling it at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One entry as it is read. `channel` is empty for a note; `text` is the last error, or the note."""

    revision: int
    state: TellingState
    channel: str
    at: datetime
    tries: int
    text: str


class Ledger:
    """Who has been told what."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(
        self, subject: Subject, *, reference: str, channel: str, holder: str, now: datetime
    ) -> Claim | Refusal:
        """Take the right to tell this channel; one write. `holder` is unique to this claim."""
        key = keys.told(subject.owner, subject.revision, stable_hash(reference))
        try:
            row = self._table.update(
                Update(
                    key=key,
                    set_={
                        "type": "told",
                        "schema": rows.SCHEMA,
                        "revision": subject.revision,
                        "channel": channel,
                        "state": TellingState.CLAIMED.value,
                        "holder": holder,
                        "lease": keys.time_text(now + LEASE),
                        "at": keys.time_text(now),
                    },
                    add={"tries": 1},
                    condition=f"{ABSENT} OR {_FAILED} OR {_ABANDONED}",
                    values={"failed": "failed", "claimed": "claimed", "now": keys.time_text(now)},
                    names={"#state": "state"},
                )
            )
        except ConditionFailedError as failed:
            row = failed.row or {}
            if row.get("holder") != holder:
                return Refusal.SENT if row.get("state") == TellingState.SENT else Refusal.CLAIMED
            # Our own claim: it was stored, its answer was lost, and the client asked again.
        return Claim(key=key, holder=holder, tries=row["tries"])

    def sent(self, claim: Claim, *, at: datetime) -> bool:
        """It has been told; False if the claim was lost meanwhile, so that it may have been told twice."""
        fields: Row = {"state": TellingState.SENT.value, "at": keys.time_text(at)}
        return self._settle(claim, fields, remove=("lease", "error"))

    def failed(self, claim: Claim, *, at: datetime, error: str) -> bool:
        """It was not told; the next delivery tries again. `error` is for people and holds no secrets."""
        fields: Row = {"state": TellingState.FAILED.value, "at": keys.time_text(at), "error": error}
        return self._settle(claim, fields, remove=("lease",))

    def note(self, subject: Subject, *, text: str, at: datetime) -> None:
        """Why nobody is told, or not those who should be. The first word stands; repeatable."""
        row = rows.plain_row(
            keys.told(subject.owner, subject.revision, _NOTE),
            "told",
            revision=subject.revision,
            state=TellingState.NOBODY.value,
            error=text,
            at=at,
        )
        try:
            self._table.put(Put(row=row, condition=ABSENT))
        except ConditionFailedError:
            return  # noted before

    def read(self, owner: Key, *, limit: int = 100) -> list[Telling]:
        """Who has been told about an incident or a problem, newest revision first. One query."""
        page = self._table.query(owner.pk, begins_with="TOLD#", newest_first=True, limit=limit)
        return [_telling_of(row) for row in page.rows]

    def _settle(self, claim: Claim, fields: Row, *, remove: tuple[str, ...]) -> bool:
        try:
            self._table.update(
                Update(
                    key=claim.key,
                    set_=fields,
                    remove=remove,
                    condition="holder = :holder",
                    values={"holder": claim.holder},
                )
            )
        except ConditionFailedError:
            return False
        return True


_FAILED = "#state = :failed"
_ABANDONED = "(#state = :claimed AND lease < :now)"
_NOTE = "nobody"  # no hash is that short


def _telling_of(row: Row) -> Telling:
    return Telling(
        revision=row["revision"],
        state=TellingState(row["state"]),
        channel=row.get("channel", ""),
        at=rows.time_of(row["at"]),
        tries=row.get("tries", 0),
        text=row.get("error", ""),
    )
