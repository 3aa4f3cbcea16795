"""What restores incidents: told afterwards, when there is time to write it down; learnt for the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from leitplanke.domain import handling
from leitplanke.domain.incidents import Change, Changed, Incident, IncidentState, KnownWorkaround

REMEMBERED = 20
"""Different words for one signature; beyond that the ones that were not used for longest are forgotten."""


def told_afterwards(
    incident: Incident,
    *,
    workaround: str | None,
    helped: bool | None,
    note: str | None,
    by: str,
    at: datetime,
) -> Changed | None:
    """A restored incident with what somebody tells now of how; None if there is nothing that is not known.

    Its kind is that of restoring, because that is what it is about: recurrence learns from it at once. It is
    not loud: nobody needs to be woken for it. A remark without a new workaround is a remark.
    """
    if incident.state is not IncidentState.RESTORED:
        return None
    is_known = (incident.workaround, incident.workaround_helped) == (workaround, helped)
    if workaround is None or is_known:
        return handling.note(incident, text=note, by=by, at=at) if note else None
    after = replace(
        incident,
        workaround=workaround,
        workaround_helped=helped,
        revision=incident.revision + 1,
        changed_at=at,
    )
    data = {"reason": note or "workaround told afterwards", "workaround": workaround}
    return Changed(incident=after, change=Change(kind="incident.restored", at=at, by=by, data=data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What an incident was counted as, at which of its revisions."""

    text: str
    helped: bool
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What shall be known of a signature, and what the incident shall count as."""

    known: tuple[KnownWorkaround, ...]
    learnt: Learnt


def learn(known: Sequence[KnownWorkaround], before: Learnt | None, incident: Incident) -> Lesson | None:
    """Count what restored this incident, or count it anew where somebody has told better since.

    `known`: what restored its signature before; `before`: what this incident is counted as so far. None
    where nothing is to be learnt. The order in which incidents are learnt from makes no difference.
    """
    if incident.is_live or not incident.workaround:
        return None
    helped = incident.workaround_helped is not False
    learnt = Learnt(text=incident.workaround, helped=helped, revision=incident.revision)
    if before is not None:
        if (before.text, before.helped) == (learnt.text, learnt.helped) or before.revision > learnt.revision:
            return None
    found = {one.text: one for one in known}
    if before is not None and before.text in found:
        found[before.text] = _counted(found[before.text], before.helped, -1)
    now = KnownWorkaround(
        text=learnt.text,
        incident_id=incident.incident_id,
        used=0,
        worked=0,
        last_at=incident.restored_at or incident.changed_at,
    )
    newest = max(found.get(learnt.text, now), now, key=_recent)
    counts = found.get(learnt.text, now)
    found[learnt.text] = _counted(replace(newest, used=counts.used, worked=counts.worked), helped, 1)
    left = sorted((one for one in found.values() if one.used > 0), key=_recent, reverse=True)
    return Lesson(known=tuple(left[:REMEMBERED]), learnt=learnt)


def best(known: Iterable[KnownWorkaround]) -> KnownWorkaround | None:
    """What to try first: what was used last among what has worked at all, else what was used last."""
    return max(known, key=lambda one: (one.worked > 0, *_recent(one)), default=None)


def _counted(one: KnownWorkaround, helped: bool, number: int) -> KnownWorkaround:
    return replace(one, used=one.used + number, worked=one.worked + (number if helped else 0))


def _recent(one: KnownWorkaround) -> tuple[datetime, str]:
    return one.last_at, one.incident_id
