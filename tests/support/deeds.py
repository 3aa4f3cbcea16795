"""People act, and guardrails have a say: read, ask, decide, and all that follows in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from leitplanke.domain import handling
from leitplanke.domain import incidents as domain
from leitplanke.domain.attempts import Action, Actor, Attempt, Detail, Override
from leitplanke.domain.incidents import Changed, Incident
from tests.support.incidents import PERSON
from tests.support.world import World


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody is about to do: by which name, identity and roles, past which guardrails."""

    action: Action = Action.NOTE
    by: str = PERSON
    ident: str = ""
    roles: frozenset[str] = frozenset()
    details: Mapping[str, Detail] = field(default_factory=dict)
    past: Sequence[str] = ()
    reason: str = "there is no other way"

    def attempt(self, world: World) -> Attempt:
        """The attempt, now."""
        return Attempt(
            action=self.action,
            actor=Actor(name=self.by, ident=self.ident, roles=self.roles),
            at=world.now,
            details=self.details,
            overrides=[Override(guardrail=one, reason=self.reason) for one in self.past],
        )


def act(world: World, ident: str, deed: Deed) -> Incident:
    """Do it to the incident as it is. Raises what the guardrails raise, and LostRaceError."""
    seen = world.incidents.get(ident)
    policy, _ = world.policies.get(world.now)
    admitted = world.guard.admit(deed.attempt(world), seen, policy=policy)
    changed = _DECIDE[deed.action](world, seen, deed)
    assert changed is not None, f"{deed.action} changes nothing"
    return world.incidents.commit(
        seen,
        handling.signed(changed, deed.attempt(world).actor, admitted.overridden),
        extra=admitted.writes,
    )


_Decide = Callable[[World, Incident, Deed], Changed | None]

_DECIDE: Mapping[Action, _Decide] = {
    Action.ACKNOWLEDGE: lambda world, seen, deed: domain.acknowledge(seen, by=deed.by, at=world.now),
    Action.ASSIGN: lambda world, seen, deed: handling.assign(
        seen, assignee=str(deed.details["to_assignee"]), team=None, by=deed.by, at=world.now
    ),
    Action.ESCALATE: lambda world, seen, deed: handling.ask_for_help(
        seen, by=deed.by, at=world.now, reason="more hands"
    ),
    Action.NOTE: lambda world, seen, deed: handling.note(
        seen, text=str(deed.details.get("text", "a remark")), by=deed.by, at=world.now
    ),
    Action.RESTORE: lambda world, seen, deed: domain.restore(
        seen, by=deed.by, at=world.now, reason="said by hand", reopen_window=timedelta(hours=1)
    ),
    Action.REOPEN: lambda world, seen, deed: domain.reopen(
        seen, by=deed.by, at=world.now, reason="it is back", acknowledge_within=None
    ),
    Action.CLOSE: lambda world, seen, deed: domain.close(
        seen, by=deed.by, at=world.now, reason="done", comes_back_within=timedelta(hours=1)
    ),
}
