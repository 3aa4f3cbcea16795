"""Conditions in CEL (Common Expression Language, ADR 0007), compiled and type-checked at load.

What a condition may name depends on where it stands; each place knows all that the places before it know:

    place       adds
    grouping    service, symptom, labels
    impact      severity, title, owner, customers, heads, vital, redundancy, customers_at_risk, heads_at_risk
    urgency     impact
    routing     urgency, priority
    recurrence  (as routing, without redundancy, customers_at_risk, heads_at_risk)
    guardrail   (as recurrence) and who does what: action, actor, state ... all of GUARDRAIL_FACTS
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from cel_expr_python import cel  # type: ignore[import-untyped]  # ships a stub, but no py.typed

from leitplanke.domain.attempts import Action
from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Severity

MAX_CHARS = 1_000
"""Of one condition. CEL bounds the rest: 32 levels of nesting, 10,000 turns of a macro in one evaluation."""

_MAX_SHOWN = 20
Place = Literal["grouping", "impact", "urgency", "routing", "recurrence", "guardrail"]
Value = str | int | bool | list[str] | dict[str, str]

_TEXT, _NUMBER, _YES_NO = cel.Type.STRING, cel.Type.INT, cel.Type.BOOL
_TEXTS = cel.Type.List(cel.Type.STRING)
_GROUPING = {"service": _TEXT, "symptom": _TEXT, "labels": cel.Type.Map(cel.Type.STRING, cel.Type.STRING)}
_IMPACT = _GROUPING | {
    "severity": _TEXT,
    "title": _TEXT,
    "owner": _TEXT,
    "customers": _TEXTS,
    "heads": _NUMBER,
    "vital": _YES_NO,
    "redundancy": _TEXT,
    "customers_at_risk": _TEXTS,
    "heads_at_risk": _NUMBER,
}
_OF_THE_MOMENT = ("redundancy", "customers_at_risk", "heads_at_risk")
"""Facts that an incident does not keep, so recurrence cannot know them."""
_URGENCY = _IMPACT | {"impact": _NUMBER}
_ROUTING = _URGENCY | {"urgency": _NUMBER, "priority": _TEXT}
_RECURRENCE = {name: kind for name, kind in _ROUTING.items() if name not in _OF_THE_MOMENT}
_ATTEMPT = {
    "action": _TEXT,
    "actor": _TEXT,
    "roles": _TEXTS,
    "to_priority": _TEXT,
    "to_assignee": _TEXT,
    "to_team": _TEXT,
    "text": _TEXT,
    "until_minutes": _NUMBER,
    "services_silenced": _NUMBER,
    "workaround": _YES_NO,
}
"""Who is about to do what."""
_RECORD = {
    "state": _TEXT,
    "team": _TEXT,
    "lane": _TEXT,
    "assignee": _TEXT,
    "hand_overs": _NUMBER,
    "reopened": _NUMBER,
    "minutes_open": _NUMBER,
    "escalated": _YES_NO,
    "suppressed": _YES_NO,
    "acknowledged": _YES_NO,
}
"""How the incident or the problem stands."""
_AROUND = {
    "holding": _NUMBER,
    "team_wip": _NUMBER,
    "wip_limit": _NUMBER,
    "hour": _NUMBER,
    "weekday": _NUMBER,
}
"""What else the person and the team have in hand, and what time it is."""
GUARDRAIL_FACTS = _RECURRENCE | _ATTEMPT | _RECORD | _AROUND
VARIABLES: dict[Place, dict[str, cel.Type]] = {
    "grouping": _GROUPING,
    "impact": _IMPACT,
    "urgency": _URGENCY,
    "routing": _ROUTING,
    "recurrence": _RECURRENCE,
    "guardrail": GUARDRAIL_FACTS,
}

_STRING = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_IDENTIFIER = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_NOISE = re.compile(
    r"^(?:INVALID_ARGUMENT|CANCELLED|INTERNAL|NOT_FOUND|OUT_OF_RANGE): (?:ERROR: )?|\s*\[[A-Z_]+\]$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a condition holds; `problem` is set, and `holds` is false, where it could not be judged."""

    holds: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A compiled condition. `names` are the variables it mentions, for explanations."""

    text: str
    names: tuple[str, ...]
    program: cel.Expression

    def judge(self, facts: "Facts") -> Judgement:
        """Never raises: what cannot be judged does not hold, and says why."""
        try:
            value = self.program.eval(facts.activation)
        except RuntimeError as fault:  # the budget of macro turns is spent
            return Judgement(holds=False, problem=_plain(str(fault)))
        result = value.value()
        if value.type() == cel.Type.ERROR:
            return Judgement(holds=False, problem=_plain(str(result)))
        return Judgement(holds=result is True)

    def mentioned(self, facts: "Facts") -> dict[str, Value]:
        """The facts that the condition looked at."""
        return {name: _short(facts.values[name]) for name in self.names if name in facts.values}


class Facts:
    """Values by name for any number of conditions; converted for CEL once."""

    __slots__ = ("activation", "values")

    def __init__(self, values: Mapping[str, Value], *, place: Place = "routing") -> None:
        self.values = values
        self.activation = _env(place).Activation(data=values)


_PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
_ALWAYS_ONE_OF: dict[str, tuple[str, ...]] = {
    "severity": tuple(severity.value for severity in Severity),
    "redundancy": ("intact", "reduced", "used_up", "lost"),
    "priority": _PRIORITIES,
}
_KNOWN_OR_EMPTY: dict[str, tuple[str, ...]] = {
    "severity": (*_ALWAYS_ONE_OF["severity"], ""),
    "priority": (*_PRIORITIES, ""),
    "to_priority": (*_PRIORITIES, ""),
    "action": tuple(action.value for action in Action),
    "lane": ("expedite", "standard", "backlog", ""),
}
"""For guardrails, which may speak of what is not routed yet, or of a problem."""
_COMPARED = re.compile(
    r"""(?<![\w.])(severity|redundancy|priority|to_priority|action|lane)\s*(?:[!=]=\s*|in\s*\[)([^\]&|)?:]*)"""
)


def compile_condition(text: str, place: Place) -> Condition:
    """`text` compiled for `place`. InvalidInputError with line and column if it is no yes-or-no condition."""
    if len(text) > MAX_CHARS:
        raise InvalidInputError(
            f"the condition has {len(text)} characters, the limit is {MAX_CHARS}",
            field="when",
            remedy="split it into several rules",
        )
    known = VARIABLES[place]
    try:
        program = _env(place).compile(text)
    except RuntimeError as fault:
        raise InvalidInputError(_plain(str(fault)), field="when", remedy=_remedy(place)) from fault
    kind = program.return_type()
    if kind != cel.Type.BOOL:
        raise InvalidInputError(
            f"the condition gives {kind.name().lower()}, not yes or no",
            field="when",
            remedy='compare it with something, like heads > 100 or labels.site == "north"',
        )
    _check_words(text, _KNOWN_OR_EMPTY if place == "guardrail" else _ALWAYS_ONE_OF)
    mentioned = dict.fromkeys(_IDENTIFIER.findall(_STRING.sub('""', text)))
    return Condition(text=text, names=tuple(n for n in mentioned if n in known), program=program)


def _check_words(text: str, words: Mapping[str, tuple[str, ...]]) -> None:
    """A comparison with a word that the fact never is would never hold, and nobody would notice."""
    for fact, compared in _COMPARED.findall(text):
        for quoted in _STRING.findall(compared):
            if fact in words and quoted[1:-1] not in words[fact]:
                raise InvalidInputError(
                    f"{fact} is never {quoted}",
                    field="when",
                    remedy=f"{fact} is one of {', '.join(word or 'nothing' for word in words[fact])}",
                )


def _short(value: Value) -> Value:
    """A list for an explanation: reasons are stored, and a thousand customers explain no more than twenty."""
    if not isinstance(value, list) or len(value) <= _MAX_SHOWN:
        return value
    return [*value[:_MAX_SHOWN], f"and {len(value) - _MAX_SHOWN} more"]


def _remedy(place: Place) -> str:
    return f"write it in CEL with what is known here: {', '.join(VARIABLES[place])}"


def _plain(message: str) -> str:
    """CEL's message without its status words and its drawing."""
    first = message.split("\n", maxsplit=1)[0]
    return _NOISE.sub("", _NOISE.sub("", first)).strip()


@cache
def _env(place: Place) -> Any:
    return cel.NewEnv(variables=VARIABLES[place])
