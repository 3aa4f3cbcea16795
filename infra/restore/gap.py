"""What fell into the gap: all that was announced since the restore point and is not in the restored table.

    restore point T                 loss            now
    ──────┼──────── the gap ──────────┼───────────────┼──▶
          announced, archived, gone                   said again by a sender or a person, or named here

Pure: announcements and what the table knows come in, words come out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.restore.words import words_of
from leitplanke.domain.announcements import ALERTS_CHANGED, Announcement
from leitplanke.domain.incidents import SYSTEM, Change

_LIVE = ("open", "acknowledged")
_BEGINS = ("incident.opened", "incident.reopened")
_ENDS = ("incident.restored", "incident.closed")


class Fate(StrEnum):
    """What became of it, the most urgent first."""

    UNTOLD = "nobody has said it again"
    STILL_LIVE = "it had ended; here it is live"
    REDO = "a person's word is gone"
    CHECK = "its alerts had changed"
    OVER = "it had ended"
    BACK = "it is back"
    FOLLOWS = "follows by itself"

    @property
    def wants_somebody(self) -> bool:
        """Whether a person has to do something."""
        return self in (Fate.UNTOLD, Fate.STILL_LIVE, Fate.REDO, Fate.CHECK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change that the table does not know. `again`: it was said once more since. `reused`: its revision
    now means something else, so a subscriber who goes by event ids takes one of the two for a repetition."""

    revision: int
    change: Change
    again: bool
    reused: bool

    @property
    def words(self) -> str:
        """For people."""
        return words_of(self.change)

    @property
    def by_person(self) -> bool:
        """Whether somebody did it, not we."""
        return self.change.by != SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is missing of one incident, problem or service. `now`: what it is called since, if it is back."""

    subject: str
    in_table: bool
    about: Mapping[str, Any]
    lines: tuple[Line, ...]
    pulses: int
    fate: Fate
    now: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`incident`, `problem` or `service`."""
        return self.subject.partition("/")[0]

    @property
    def title(self) -> str:
        """What it was called when it was opened; empty if that was before the restore point."""
        return next((str(one.change.data["title"]) for one in self.lines if "title" in one.change.data), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the restored table says of a subject now.

    `live`: an incident that is not over; `pulse`: how often its alerts have changed.
    """

    lines: Mapping[int, Change]
    live: bool = True
    pulse: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the restored table knows: records by subject, and by signature the subjects opened since T."""

    records: Mapping[str, Record] = field(default_factory=dict)
    since: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class _Told:
    """All that was announced of one subject."""

    about: Mapping[str, Any] = field(default_factory=dict)
    changes: dict[tuple[int, str], tuple[int, Change]] = field(default_factory=dict)
    pulse: int = 0


def missing(said: Iterable[Announcement], known: Known) -> tuple[Missing, ...]:
    """What the table lacks of all that was said, the most urgent first. Neither order nor repeats matter."""
    found = (_missing(subject, told, known) for subject, told in _by_subject(said).items())
    order = list(Fate)
    return tuple(
        sorted(
            (one for one in found if one is not None), key=lambda one: (order.index(one.fate), one.subject)
        )
    )


def signatures_of(said: Iterable[Announcement]) -> set[str]:
    """Signatures that were spoken of."""
    return {str(one["data"]["signature"]) for one in said if one["data"].get("signature")}


def change_of(announcement: Announcement) -> Change:
    """The line of the timeline that an announcement speaks of."""
    data = announcement["data"]
    return Change(
        kind=announcement["type"],
        at=datetime.fromisoformat(announcement["time"]),
        by=data["by"],
        loud=data["loud"],
        data=data["change"],
    )


def _by_subject(said: Iterable[Announcement]) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for one in sorted(said, key=lambda one: (str(one["time"]), one["data"].get("revision") or 0)):
        told = found.setdefault(one["subject"], _Told())
        change, revision = change_of(one), one["data"].get("revision")
        if one["type"] == ALERTS_CHANGED:
            told.pulse = max(told.pulse, one["data"].get("pulse") or 0)
        elif revision is not None:
            told.changes[revision, one["time"]] = revision, change
        told.about = {**told.about, **{name: value for name, value in one["data"].items() if value}}
    return found


def _missing(subject: str, told: _Told, known: Known) -> Missing | None:
    record = known.records.get(subject)
    lines = tuple(
        _line(revision, change, record)
        for revision, change in told.changes.values()
        if record is None or not _same(record.lines.get(revision), change)
    )
    pulses = max(told.pulse - record.pulse, 0) if record is not None and record.live else 0
    if not lines and not pulses:
        return None
    fate, now = _fate(subject, told, record, lines, known)
    if pulses and not fate.wants_somebody:
        fate = Fate.CHECK
    return Missing(
        subject=subject,
        in_table=record is not None,
        about=told.about,
        lines=lines,
        pulses=pulses,
        fate=fate,
        now=now,
    )


def _line(revision: int, change: Change, record: Record | None) -> Line:
    lines = record.lines if record is not None else {}
    return Line(
        revision=revision,
        change=change,
        again=any(_repeats(later, change) for later in lines.values()),
        reused=revision in lines,
    )


def _same(stored: Change | None, change: Change) -> bool:
    if stored is None:
        return False
    return (stored.kind, stored.at, stored.by) == (change.kind, change.at, change.by)


def _repeats(later: Change, lost: Change) -> bool:
    """Whether somebody has said since what was lost: an end is an end whoever says it, else word for word."""
    if later.kind != lost.kind or later.at <= lost.at:
        return False
    return lost.kind in _ENDS or (later.by == lost.by and later.data == lost.data)


def _fate(
    subject: str, told: _Told, record: Record | None, lines: tuple[Line, ...], known: Known
) -> tuple[Fate, tuple[str, ...]]:
    if subject.startswith("service/"):
        return Fate.FOLLOWS, ()
    if record is None or (not record.live and _begun(told, lines)):
        kind = subject.partition("/")[0]
        since = known.since.get(str(told.about.get("signature")), ())
        if now := tuple(one for one in since if one.partition("/")[0] == kind and one != subject):
            return Fate.BACK, now
        return (Fate.OVER if kind == "incident" and not _is_live(told) else Fate.UNTOLD), ()
    return _of_known(record, lines), ()


def _of_known(record: Record, lines: tuple[Line, ...]) -> Fate:
    if not lines:
        return Fate.CHECK
    lost = [one for one in lines if not one.again]
    if record.live and any(one.change.kind in _ENDS for one in lost):
        return Fate.STILL_LIVE
    if any(one.by_person and one.change.kind not in _ENDS for one in lost):
        return Fate.REDO
    return Fate.BACK if len(lost) < len(lines) else Fate.FOLLOWS


def _is_live(told: _Told) -> bool:
    return told.about.get("state") in _LIVE


def _begun(told: _Told, lines: tuple[Line, ...]) -> bool:
    """Whether it had begun anew, and nobody has said so since."""
    return _is_live(told) and any(one.change.kind in _BEGINS and not one.again for one in lines)
