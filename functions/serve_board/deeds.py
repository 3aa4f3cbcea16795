"""What people do on an incident's page: the form of each action, and what it asks of the use case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from leitplanke.domain.attempts import Action
from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.rules import PRIORITIES, Priority
from leitplanke.usecases.acting import Act, Before, Done
from leitplanke.usecases.work_incidents import IncidentWork

Form = Mapping[str, str]
_LONGEST = 2_000
"""Characters of a field, as in the work API."""
_MOST_HOURS = 24 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form. `options`: what can be chosen; none of them: words of one's own."""

    name: str
    label: str
    required: bool = True
    options: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One action: in which states it is offered, what it asks for, and how it is done."""

    action: Action
    label: str
    states: frozenset[IncidentState]
    do: Callable[[IncidentWork, Act[Incident], Form], Done[Incident] | Before]
    fields: tuple[Field, ...] = ()


_OPEN, _TAKEN, _RESTORED = IncidentState.OPEN, IncidentState.ACKNOWLEDGED, IncidentState.RESTORED
_LIVE = frozenset({_OPEN, _TAKEN})
_UNCLOSED = frozenset({_OPEN, _TAKEN, _RESTORED})
_WHY = Field(name="reason", label="Why")


def text(form: Form, name: str) -> str:
    """What somebody wrote. Raises InvalidInputError if it is missing or too long."""
    said = form.get(name, "").strip()
    if not said:
        raise InvalidInputError(f"{name} is missing", field=name, remedy="fill it in")
    if len(said) > _LONGEST:
        raise InvalidInputError(
            f"{name} is too long", field=name, remedy=f"use at most {_LONGEST} characters"
        )
    return said


def _perhaps(form: Form, name: str) -> str | None:
    return text(form, name) if form.get(name, "").strip() else None


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
        raise InvalidInputError("hours is no number of hours", field="hours", remedy="write 1, 2, 8, ...")
    return timedelta(hours=int(said))


DEEDS: Mapping[str, Deed] = {
    deed.action.value: deed
    for deed in (
        Deed(
            action=Action.ACKNOWLEDGE,
            label="Take it",
            states=_LIVE,
            do=lambda work, act, _: work.acknowledge(act),
        ),
        Deed(
            action=Action.RESTORE,
            label="They can work again",
            states=_LIVE,
            fields=(
                Field(name="workaround", label="What did it", required=False, hint="offered the next time"),
                Field(name="note", label="Remark", required=False),
            ),
            do=lambda work, act, form: work.restore(
                act,
                workaround=_perhaps(form, "workaround"),
                helped=True if _perhaps(form, "workaround") else None,
                note=_perhaps(form, "note"),
            ),
        ),
        Deed(
            action=Action.NOTE,
            label="Note",
            states=frozenset(IncidentState),
            fields=(Field(name="text", label="Remark"),),
            do=lambda work, act, form: work.note(act, text=text(form, "text")),
        ),
        Deed(
            action=Action.ESCALATE,
            label="Ask for help",
            states=_LIVE,
            fields=(_WHY,),
            do=lambda work, act, form: work.escalate(act, reason=text(form, "reason")),
        ),
        Deed(
            action=Action.ASSIGN,
            label="Hand over",
            states=_UNCLOSED,
            fields=(
                Field(name="assignee", label="To", hint="a person"),
                Field(name="reason", label="Why", required=False),
            ),
            do=lambda work, act, form: work.assign(
                act, assignee=text(form, "assignee"), team=None, reason=_perhaps(form, "reason")
            ),
        ),
        Deed(
            action=Action.PRIORITISE,
            label="Set the priority",
            states=_UNCLOSED,
            fields=(
                Field(
                    name="priority", label="To", required=False, options=PRIORITIES, hint="as the facts say"
                ),
                _WHY,
            ),
            do=lambda work, act, form: work.prioritise(
                act, priority=_priority(form), reason=text(form, "reason")
            ),
        ),
        Deed(
            action=Action.SUPPRESS,
            label="Tell nobody for a time",
            states=_UNCLOSED,
            fields=(Field(name="hours", label="For hours"), _WHY),
            do=lambda work, act, form: work.suppress(
                act, until=act.at + _hours(form), reason=text(form, "reason")
            ),
        ),
        Deed(
            action=Action.REOPEN,
            label="They cannot work again",
            states=frozenset({_RESTORED}),
            fields=(_WHY,),
            do=lambda work, act, form: work.reopen(act, reason=text(form, "reason")),
        ),
        Deed(
            action=Action.CLOSE,
            label="Close",
            states=_UNCLOSED,
            fields=(Field(name="reason", label="Why", required=False),),
            do=lambda work, act, form: work.close(act, reason=_perhaps(form, "reason")),
        ),
    )
}
"""By the last part of the address that the form goes to, in the order in which they are offered."""
