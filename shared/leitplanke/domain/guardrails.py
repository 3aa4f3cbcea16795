"""Guardrails: they keep decisions on the road, say why they are there, and can be gone past with a reason.

    attempt ─▶ which apply? ─▶ which fire? ──none──▶ go
                                    │
                                    ▼
                       is each of them overridden, by somebody who may, with the words it takes?
                                    │yes                     │no
                                    ▼                        ▼
                           go, and be judged later    soft: GuardrailError, hard: ForbiddenByGuardrailError

Everything here is pure. `usecases.guard` asks and remembers, `domain.regrets` judges what came of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leitplanke.domain.attempts import Actor, Attempt, Override
from leitplanke.domain.errors import ForbiddenByGuardrailError, GuardrailError
from leitplanke.domain.guardrail_facts import Around, asked_for, facts_of
from leitplanke.domain.guardrail_rules import Guardrail, Strength
from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A guardrail that speaks against an attempt, and what it takes to go past it."""

    id: str
    purpose: str
    level: Strength
    reason_required: bool
    may_override: tuple[str, ...]
    source: str

    @classmethod
    def of(cls, guardrail: Guardrail) -> "Fired":
        """What people are told of it."""
        return cls(
            id=guardrail.id,
            purpose=guardrail.purpose,
            level=guardrail.level,
            reason_required=guardrail.reason or guardrail.level == "hard",
            may_override=guardrail.may_override,
            source=guardrail.source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """A guardrail that fired and was gone past, as the timeline keeps it."""

    guardrail: str
    purpose: str
    level: Strength
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What became of asking every guardrail that applies, by id.

    `unjudged`: why a condition could not be judged, which lets the attempt through. The report shows it.
    """

    asked: tuple[str, ...] = ()
    fired: tuple[Fired, ...] = ()
    unjudged: Mapping[str, str]


def applying(policy: Policy, attempt: Attempt) -> tuple[Guardrail, ...]:
    """The guardrails that have a say in this action on this day."""
    today = attempt.at.date()
    return tuple(one for one in policy.guardrails if one.applies(attempt.action, today))


def lazy_facts(policy: Policy, attempt: Attempt) -> frozenset[str]:
    """The facts that must be asked of the table before this attempt can be evaluated."""
    whens = [one.when for one in applying(policy, attempt) if one.when is not None]
    return asked_for(name for when in whens for name in policy.condition("guardrail", when).names)


def evaluate(attempt: Attempt, subject: Incident | Problem, *, policy: Policy, around: Around) -> Evaluation:
    """Ask all guardrails that apply, and report all that fire at once. Never raises."""
    guardrails = applying(policy, attempt)
    if not guardrails:
        return Evaluation(unjudged={})
    facts = facts_of(attempt, subject, policy=policy, around=around)
    fired: list[Fired] = []
    unjudged: dict[str, str] = {}
    for one in guardrails:
        if one.when is None:
            fired.append(Fired.of(one))
            continue
        judgement = policy.condition("guardrail", one.when).judge(facts)
        if judgement.holds:
            fired.append(Fired.of(one))
        if judgement.problem is not None:
            unjudged[one.id] = judgement.problem
    return Evaluation(asked=tuple(one.id for one in guardrails), fired=tuple(fired), unjudged=unjudged)


def passed(fired: Sequence[Fired], attempt: Attempt) -> tuple[Overridden, ...]:
    """The guardrails that this attempt goes past, if it may.

    Raises ForbiddenByGuardrailError if a hard one is left, GuardrailError if a soft one is. An override of
    what did not fire is no harm: the record may have changed since.
    """
    said = {override.guardrail: override for override in attempt.overrides}
    left = [one for one in fired if not _goes_past(one, said.get(one.id), attempt.actor.roles)]
    if any(one.level == "hard" for one in left):
        raise ForbiddenByGuardrailError(_message(left), remedy=_who_may(left, attempt), fired=fired)
    if left:
        raise GuardrailError(_message(left), remedy=_how_to_go_on(left, said), fired=fired)
    return tuple(
        Overridden(guardrail=one.id, purpose=one.purpose, level=one.level, reason=said[one.id].reason.strip())
        for one in fired
    )


def _goes_past(fired: Fired, override: Override | None, roles: frozenset[str]) -> bool:
    if override is None or (fired.reason_required and not override.reason.strip()):
        return False
    return _may_go_past(fired, roles)


def may_go_past(fired: Sequence[Fired], actor: Actor) -> bool:
    """Whether it is of use to offer this person to go on all the same: they may go past all that fired."""
    return all(_may_go_past(one, actor.roles) for one in fired)


def _may_go_past(fired: Fired, roles: frozenset[str]) -> bool:
    return fired.level == "soft" or bool(roles & set(fired.may_override))


def _message(left: Sequence[Fired]) -> str:
    return " ".join(f"{one.id}: {one.purpose}" for one in left)


def _how_to_go_on(left: Sequence[Fired], said: Mapping[str, Override]) -> str:
    silent = [one.id for one in left if one.id in said]
    if silent:
        return f"say why: `reason` is empty in the override of {', '.join(silent)}"
    return f"leave it, or do it all the same: the same call with {override_text(left)}"


def _who_may(left: Sequence[Fired], attempt: Attempt) -> str:
    hard = [one for one in left if one.level == "hard"]
    lacking = [one for one in hard if not attempt.actor.roles & set(one.may_override)]
    how = f"the same call with {override_text(left)}"
    if not lacking:
        return f"your role may go past it: {how}"
    needed = "; ".join(f"{one.id}: {', '.join(one.may_override)}" for one in lacking)
    return f"ask somebody with a role that may ({needed}) to make {how}"


def override_text(left: Sequence[Fired]) -> str:
    """The `override` that goes past these, as JSON to fill in."""
    each = [
        f'{{"guardrail": "{one.id}", "reason": "<why>"}}'
        if one.reason_required
        else f'{{"guardrail": "{one.id}"}}'
        for one in left
    ]
    return f'"override": {each[0]}' if len(each) == 1 else f'"override": [{", ".join(each)}]'
