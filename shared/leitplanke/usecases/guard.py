"""Between an attempt and its record: ask the guardrails, and remember what they said and what came of it.

    evaluate ─▶ nothing fires ─────────────▶ one counter row goes into the transaction of the change
        │
        ├─▶ refused ─▶ a case, once however often it is tried again ─▶ 409 or 403
        │
        └─▶ overridden ─▶ the case, the counts, a role that was used: into the transaction of the change

An attempt that was refused and then goes past with an override is one attempt: asked once, fired once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from leitplanke.domain.attempts import Action, Actor, Attempt
from leitplanke.domain.audit import role_used
from leitplanke.domain.cases import Case
from leitplanke.domain.errors import ForbiddenByGuardrailError, GuardrailError, LostRaceError
from leitplanke.domain.foresight import Foreseen, foresee, foreseen_facts
from leitplanke.domain.guardrail_facts import Around, team_of
from leitplanke.domain.guardrails import Evaluation, Fired, Overridden, evaluate, lazy_facts, passed
from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem
from leitplanke.domain.rules import PRIORITIES, Priority
from leitplanke.table import audit
from leitplanke.table.client import Write
from leitplanke.table.guardrails import Guardrails, Tally, override_write
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.usecases.ports import Admitted

_TRIES = 8
"""Only the same person who tries the same thing at the same moment is in the way."""
_COUNTED = 100
"""So many of what somebody has in hand are counted; no limit of sense is higher."""

Subject = Incident | Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGuard:
    """Asks the guardrails of the policy in force."""

    guardrails: Guardrails
    incidents: Incidents
    problems: Problems

    def admit(self, attempt: Attempt, subject: Subject, *, policy: Policy) -> Admitted:
        """Let an attempt through, with what its transaction must carry.

        Raises GuardrailError or ForbiddenByGuardrailError, with the case noted; LostRaceError if somebody
        overrides the same at the same moment.
        """
        around = self._around(lazy_facts(policy, attempt), attempt.actor, subject, policy)
        evaluation = evaluate(attempt, subject, policy=policy, around=around)
        if not evaluation.asked:
            return Admitted()
        try:
            overridden = passed(evaluation.fired, attempt)
        except (GuardrailError, ForbiddenByGuardrailError):
            self._note_refusal(attempt, subject, evaluation)
            raise
        return Admitted(
            overridden=overridden, writes=tuple(self._writes(attempt, subject, evaluation, overridden))
        )

    def foresee(
        self, incident: Incident, *, actor: Actor, policy: Policy, now: datetime, silenced: int = 0
    ) -> tuple[Foreseen, ...]:
        """What the guardrails will ask of this person, for the card. Nothing is noted."""
        around = self._around(foreseen_facts(incident, actor, now, policy=policy), actor, incident, policy)
        return foresee(incident, actor=actor, now=now, policy=policy, around=around, silenced=silenced)

    def _around(self, names: frozenset[str], actor: Actor, subject: Subject, policy: Policy) -> Around:
        holding = self.incidents.held_by(actor.name, limit=_COUNTED) if "holding" in names else 0
        team_wip = 0
        if "team_wip" in names:
            team_wip = self.problems.worked_on_by(team_of(subject, policy), limit=_COUNTED)
        return Around(holding=holding, team_wip=team_wip)

    def _note_refusal(self, attempt: Attempt, subject: Subject, evaluation: Evaluation) -> None:
        for _ in range(_TRIES):
            known = self._latest(attempt, subject, evaluation)
            new = [
                _new_case(one, attempt, subject, known[one.id])
                for one in evaluation.fired
                if not _is_open(known[one.id])
            ]
            if not new:
                return
            tally = Tally(subject_name(subject))
            _count_asked(tally, attempt, evaluation, known)
            for case in new:
                tally.fired(case)
            try:
                self.guardrails.refused(new, tally)
            except LostRaceError:
                continue
            return
        raise LostRaceError(f"noting a case of {subject_name(subject)}")

    def _writes(
        self,
        attempt: Attempt,
        subject: Subject,
        evaluation: Evaluation,
        overridden: tuple[Overridden, ...],
    ) -> list[Write]:
        known = self._latest(attempt, subject, evaluation)
        reasons = {one.guardrail: one.reason for one in overridden}
        tally = Tally(subject_name(subject))
        _count_asked(tally, attempt, evaluation, known)
        writes: list[Write] = []
        for one in evaluation.fired:
            before = known[one.id]
            is_new = not _is_open(before)
            case = _new_case(one, attempt, subject, before) if before is None or is_new else before
            case = _gone_past(case, attempt, subject, reasons[one.id])
            writes.append(override_write(case, is_new=is_new))
            if is_new:
                tally.fired(case)
            tally.overridden(case)
            if one.level == "hard":
                writes.append(_role_use(one, attempt, case))
        return [*writes, *tally.writes()]

    def _latest(
        self, attempt: Attempt, subject: Subject, evaluation: Evaluation
    ) -> Mapping[str, Case | None]:
        name = subject_name(subject)
        return {
            one.id: self.guardrails.latest(name, one.id, attempt.action, attempt.actor.key)
            for one in evaluation.fired
        }


def subject_name(subject: Subject) -> str:
    """The name under which cases speak of a record."""
    if isinstance(subject, Incident):
        return f"incident/{subject.incident_id}"
    return f"problem/{subject.problem_id}"


def _is_open(case: Case | None) -> bool:
    return case is not None and case.is_open


def _count_asked(
    tally: Tally, attempt: Attempt, evaluation: Evaluation, known: Mapping[str, Case | None]
) -> None:
    """Once for an attempt: if it was refused before, only those that speak up for the first time now."""
    if any(_is_open(case) for case in known.values()):
        asked = tuple(ident for ident, case in known.items() if not _is_open(case))
    else:
        asked = evaluation.asked
    tally.asked(attempt.at.date(), attempt.action, asked, evaluation.unjudged)


def _new_case(fired: Fired, attempt: Attempt, subject: Subject, before: Case | None) -> Case:
    return Case(
        subject=subject_name(subject),
        guardrail=fired.id,
        action=attempt.action,
        actor=attempt.actor.key,
        name=attempt.actor.name,
        number=before.number + 1 if before else 1,
        level=fired.level,
        fired_at=attempt.at,
    )


def _gone_past(case: Case, attempt: Attempt, subject: Subject, reason: str) -> Case:
    return replace(
        case,
        overridden_at=attempt.at,
        revision=subject.revision + 1,
        priority=_priority_after(attempt, subject),
        reason=reason,
    )


def _role_use(fired: Fired, attempt: Attempt, case: Case) -> Write:
    """The audit record of somebody who did, by a role of theirs, what others may not."""
    role = min(attempt.actor.roles & set(fired.may_override))
    facts = {"guardrail": fired.id, "action": attempt.action.value, "reason": case.reason}
    return audit.entry(role_used(attempt.actor, role, subject=case.subject, at=attempt.at, facts=facts))


def _priority_after(attempt: Attempt, subject: Subject) -> Priority | None:
    """What the incident's priority will be, to tell later whether it was raised again."""
    if attempt.action is Action.PRIORITISE:
        wanted = attempt.details.get("to_priority")
        return next((priority for priority in PRIORITIES if priority == wanted), None)
    return subject.priority if isinstance(subject, Incident) else None
