"""What people do on an incident's page, in the order in which it is offered."""

from collections.abc import Mapping
from datetime import timedelta

from functions.serve_board.deeds import PERHAPS_WHY, WHY, Deed, Field, Form, perhaps, text
from leitplanke.domain.attempts import Action
from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.incidents import LIVE, Incident, IncidentState
from leitplanke.domain.rules import PRIORITIES, Priority
from leitplanke.usecases.work_incidents import IncidentWork

_MOST_HOURS = 24 * 365
_HOURS_LENGTH = 4


def _is_live(incident: Incident) -> bool:
    return incident.state in LIVE


def _is_unclosed(incident: Incident) -> bool:
    return incident.state is not IncidentState.CLOSED


def _is_restored(incident: Incident) -> bool:
    return incident.state is IncidentState.RESTORED


def _priority(form: Form) -> Priority | None:
    said = form.get("priority", "")
    if said == "":
        return None
    for known in PRIORITIES:
        if said == known:
            return known
    raise InvalidInputError("that is no priority", field="priority", remedy=f"choose {', '.join(PRIORITIES)}")


def _hours(form: Form) -> timedelta:
    said = text(form, "hours")
    if not said.isascii() or not said.isdigit() or not 0 < int(said) <= _MOST_HOURS:
        raise InvalidInputError(
            "that is no number of hours", field="hours", remedy=f"write one from 1 to {_MOST_HOURS:,}, as 8"
        )
    return timedelta(hours=int(said))


_ALL: tuple[Deed[IncidentWork, Incident], ...] = (
    Deed(
        action=Action.ACKNOWLEDGE,
        label="Take it",
        offered=_is_live,
        do=lambda work, act, _: work.acknowledge(act),
    ),
    Deed(
        action=Action.RESTORE,
        label="They can work again",
        offered=_is_live,
        fields=(
            Field(name="workaround", label="What did it", required=False, hint="offered the next time"),
            Field(name="note", label="Remark", required=False, long=True),
        ),
        do=lambda work, act, form: work.restore(
            act,
            workaround=perhaps(form, "workaround"),
            helped=True if perhaps(form, "workaround") else None,
            note=perhaps(form, "note"),
        ),
    ),
    Deed(
        action=Action.NOTE,
        label="Note",
        offered=lambda _: True,
        fields=(Field(name="text", label="Remark", long=True),),
        do=lambda work, act, form: work.note(act, text=text(form, "text")),
    ),
    Deed(
        action=Action.ESCALATE,
        label="Ask for help",
        offered=_is_live,
        fields=(WHY,),
        do=lambda work, act, form: work.escalate(act, reason=text(form, "reason")),
    ),
    Deed(
        action=Action.ASSIGN,
        label="Hand over",
        offered=_is_unclosed,
        fields=(
            Field(name="assignee", label="To", hint="a person"),
            PERHAPS_WHY,
        ),
        do=lambda work, act, form: work.assign(
            act, assignee=text(form, "assignee"), team=None, reason=perhaps(form, "reason")
        ),
    ),
    Deed(
        action=Action.PRIORITISE,
        label="Set the priority",
        offered=_is_unclosed,
        fields=(
            Field(name="priority", label="To", required=False, options=PRIORITIES, hint="as the facts say"),
            WHY,
        ),
        do=lambda work, act, form: work.prioritise(
            act, priority=_priority(form), reason=text(form, "reason")
        ),
    ),
    Deed(
        action=Action.SUPPRESS,
        label="Tell nobody for a time",
        offered=_is_unclosed,
        fields=(Field(name="hours", label="For hours", hint="2, 8, 24, ...", length=_HOURS_LENGTH), WHY),
        do=lambda work, act, form: work.suppress(
            act, until=act.at + _hours(form), reason=text(form, "reason")
        ),
    ),
    Deed(
        action=Action.UNSUPPRESS,
        label="Tell people again",
        offered=lambda incident: _is_unclosed(incident) and incident.suppressed_until is not None,
        fields=(WHY,),
        do=lambda work, act, form: work.suppress(act, until=act.at, reason=text(form, "reason")),
    ),
    Deed(
        action=Action.REOPEN,
        label="They cannot work again",
        offered=_is_restored,
        fields=(WHY,),
        do=lambda work, act, form: work.reopen(act, reason=text(form, "reason")),
    ),
    Deed(
        action=Action.CLOSE,
        label="Close",
        offered=_is_unclosed,
        fields=(PERHAPS_WHY,),
        do=lambda work, act, form: work.close(act, reason=perhaps(form, "reason")),
    ),
)
INCIDENT_DEEDS: Mapping[str, Deed[IncidentWork, Incident]] = {deed.action.value: deed for deed in _ALL}
"""By the last part of the address that the form goes to, in the order in which they are offered."""
