"""What the guardrails will ask of whoever is about to act: for the card of an incident, before anybody tries.

An action says more than its name (to whom, until when). So each is tried with a few words that people
usually say; a guardrail that fires for all of them asks always, one that fires for some asks sometimes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leitplanke.domain.attempts import Action, Actor, Attempt, Detail
from leitplanke.domain.guardrail_facts import Around
from leitplanke.domain.guardrails import Evaluation, Fired, evaluate, lazy_facts
from leitplanke.domain.incidents import Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.domain.rules import PRIORITIES

_LIVE = (
    Action.ACKNOWLEDGE,
    Action.ASSIGN,
    Action.ESCALATE,
    Action.RESTORE,
    Action.CLOSE,
    Action.NOTE,
    Action.PRIORITISE,
    Action.SUPPRESS,
)
_POSSIBLE: Mapping[IncidentState, Sequence[Action]] = {
    IncidentState.OPEN: _LIVE,
    IncidentState.ACKNOWLEDGED: _LIVE,
    IncidentState.RESTORED: (Action.CLOSE, Action.REOPEN, Action.NOTE),
    IncidentState.CLOSED: (Action.NOTE,),
}
_WEEK = timedelta(weeks=1) // timedelta(minutes=1)
_USUAL: Mapping[Action, Sequence[Mapping[str, Detail]]] = {
    Action.ASSIGN: ({"to_assignee": "(somebody else)"}, {"to_team": "(another team)"}),
    Action.RESTORE: ({"workaround": True}, {"workaround": False}),
    Action.NOTE: ({"text": "a remark"}, {"text": "root cause"}),
    Action.PRIORITISE: tuple({"to_priority": priority} for priority in PRIORITIES),
    Action.SUPPRESS: ({"until_minutes": 60}, {"until_minutes": _WEEK}, {"until_minutes": 0}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A guardrail that an action will meet: always, or depending on what is said."""

    action: Action
    fired: Fired
    always: bool


def foreseen_facts(incident: Incident, actor: Actor, now: datetime, *, policy: Policy) -> frozenset[str]:
    """The lazy facts that `foresee` needs."""
    attempts = (_attempt(action, actor, now) for action in _POSSIBLE[incident.state])
    return frozenset().union(*(lazy_facts(policy, one) for one in attempts))


def foresee(  # noqa: PLR0913 - an attempt in parts, all by keyword
    incident: Incident,
    *,
    actor: Actor,
    now: datetime,
    policy: Policy,
    around: Around,
    silenced: int = 0,
) -> tuple[Foreseen, ...]:
    """For each action that is possible now, the guardrails that this person would meet.

    `silenced`: how many services would fall silent with this incident's.
    """
    found: list[Foreseen] = []
    for action in _POSSIBLE[incident.state]:
        usual = _USUAL.get(action, ({},))
        attempts = [_attempt(action, actor, now, {"services_silenced": silenced, **one}) for one in usual]
        found.extend(
            _joined(action, [evaluate(one, incident, policy=policy, around=around) for one in attempts])
        )
    return tuple(found)


def _joined(action: Action, evaluations: Sequence[Evaluation]) -> list[Foreseen]:
    fired = {one.id: one for evaluation in evaluations for one in evaluation.fired}
    every = [{one.id for one in evaluation.fired} for evaluation in evaluations]
    return [
        Foreseen(action=action, fired=one, always=all(ident in ids for ids in every))
        for ident, one in fired.items()
    ]


def _attempt(
    action: Action, actor: Actor, now: datetime, details: Mapping[str, Detail] | None = None
) -> Attempt:
    attempt = Attempt(action=action, actor=actor, at=now)
    return attempt if details is None else replace(attempt, details=details)
