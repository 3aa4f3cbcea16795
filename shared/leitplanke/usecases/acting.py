"""How people act on a record: nothing twice, nothing behind somebody's back, nothing past a guardrail unseen.

    asked before? ──yes──▶ the first answer
         │no
         ▼
    read ──▶ expected revision? ──no──▶ StaleRevisionError (412)
         ▲            │yes
         │            ▼
         │         decide ──▶ "already so" is done as well: the receipt alone
         │            ▼
         │      guardrails ──▶ GuardrailError (409), ForbiddenByGuardrailError (403)
         │            ▼
         └──lost── commit: the change, its line, overrides and counts, the receipt, in one transaction

Whoever names no revision means "whatever happened meanwhile": a lost race is read and decided again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from leitplanke.domain.attempts import Action, Actor, Attempt, Detail, Override
from leitplanke.domain.errors import KeyReusedError, LostRaceError, StaleRevisionError
from leitplanke.domain.events import Severity
from leitplanke.domain.guardrails import Overridden
from leitplanke.domain.incidents import Incident
from leitplanke.domain.policy import Policy
from leitplanke.domain.problems import Problem
from leitplanke.table.client import Write
from leitplanke.table.receipts import Answer, Receipt, Receipts, receipt_write
from leitplanke.usecases.ports import Admitted, Guard, Policies

_TRIES = 24
"""Of sixteen who act at once the last one is done after sixteen rounds; a few more for the clocks."""

R = TypeVar("R", Incident, Problem)
C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[R]):
    """The record afterwards; `changed` is False if it was so already.

    `firing` is the worst severity that still fires, asked where it matters.
    """

    record: R
    changed: bool
    firing: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The same request was answered before: nothing was done now."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[R]):
    """A request that may come again under the same Idempotency-Key, and how its answer is written."""

    key: str
    fingerprint: str
    answer: Callable[[Done[R]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[R]):
    """Who acts on which record, when, and on which revision they decided (None: on whatever there is)."""

    ident: str
    actor: Actor
    at: datetime
    expected: int | None = None
    overrides: Sequence[Override] = ()
    asked: Asked[R] | None = None

    @property
    def by(self) -> str:
        """The name for timelines."""
        return self.actor.name

    @property
    def caller(self) -> str:
        """Whose Idempotency-Keys are looked at."""
        return self.actor.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[R, C]):
    """One thing that can be done: what the guardrails hear of it, and what it makes of the record."""

    action: Action
    decide: Callable[[R, Policy], C | None]
    details: Callable[[R, Policy], Mapping[str, Detail]] = field(default=lambda _record, _policy: {})
    firing: Callable[[R], Severity | None] = field(default=lambda _record: None)


class Records(Protocol[R, C]):
    """Where records of one kind are kept."""

    def get(self, ident: str, /) -> R:
        """The record. Raises NotFoundError."""
        ...

    def signed(self, changed: C, actor: Actor, overridden: Sequence[Overridden], /) -> C:
        """The change, saying who made it and which guardrails they went past."""
        ...

    def after(self, changed: C, /) -> R:
        """The record after the change."""
        ...

    def commit(self, before: R, changed: C, extra: Sequence[Write], /) -> R:
        """Store it. Raises LostRaceError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting(Generic[R, C]):
    """Carries out what people do to records of one kind."""

    records: Records[R, C]
    guard: Guard
    policies: Policies
    receipts: Receipts

    def carry_out(self, act: Act[R], step: Step[R, C]) -> Done[R] | Before:
        """Do it, or give the first answer.

        Raises NotFoundError, ConflictError, StaleRevisionError, GuardrailError, ForbiddenByGuardrailError,
        KeyReusedError, and LostRaceError if others are faster all the time.
        """
        policy, _ = self.policies.get(act.at)
        for _ in range(_TRIES):
            before = answered_before(self.receipts, act.asked, caller=act.caller, now=act.at)
            if before is not None:
                return before
            seen = self.records.get(act.ident)
            if act.expected is not None and act.expected != seen.revision:
                raise StaleRevisionError(expected=act.expected, current=seen.revision)
            try:
                return self._once(act, step, seen, policy)
            except LostRaceError:
                continue
        raise LostRaceError(f"{act.ident} changes all the time")

    def _once(self, act: Act[R], step: Step[R, C], seen: R, policy: Policy) -> Done[R]:
        changed = step.decide(seen, policy)
        if changed is None:
            same: Done[R] = Done(record=seen, changed=False, firing=step.firing(seen))
            keep_receipt(self.receipts, act, same)
            return same
        attempt = Attempt(
            action=step.action,
            actor=act.actor,
            at=act.at,
            details=step.details(seen, policy),
            overrides=act.overrides,
        )
        admitted: Admitted = self.guard.admit(attempt, seen, policy=policy)
        changed = self.records.signed(changed, act.actor, admitted.overridden)
        done: Done[R] = Done(record=self.records.after(changed), changed=True, firing=step.firing(seen))
        self.records.commit(seen, changed, [*admitted.writes, *receipt_of(act, done)])
        return done


def keep_receipt(receipts: Receipts, act: Act[R], done: Done[R]) -> None:
    """Keep the answer where nothing is left to do: the same request gets it again, whatever happens by then.

    Raises LostRaceError if the same request was faster.
    """
    if act.asked is not None:
        receipts.keep(act.caller, act.asked.key, _receipt(act.asked, done), now=act.at)


def answered_before(
    receipts: Receipts, asked: "Asked[R] | None", *, caller: str, now: datetime
) -> Before | None:
    """The first answer to this request, if there is one.

    Raises KeyReusedError if the key belongs to another request of the same caller.
    """
    if asked is None:
        return None
    receipt = receipts.get(caller, asked.key, now=now)
    if receipt is None:
        return None
    if receipt.fingerprint != asked.fingerprint:
        raise KeyReusedError
    return Before(answer=receipt.answer)


def receipt_of(act: Act[R], done: Done[R]) -> list[Write]:
    """The write that keeps the answer, where the request may come again."""
    if act.asked is None:
        return []
    return [receipt_write(act.caller, act.asked.key, _receipt(act.asked, done), now=act.at)]


def _receipt(asked: Asked[R], done: Done[R]) -> Receipt:
    return Receipt(fingerprint=asked.fingerprint, answer=asked.answer(done))
