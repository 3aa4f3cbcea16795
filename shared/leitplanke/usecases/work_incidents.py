"""People act on incidents: take, hand over, ask for help, say that customers can work again, file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from leitplanke.domain import handling
from leitplanke.domain import incidents as domain
from leitplanke.domain.attempts import Action, Actor, Detail
from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.events import Severity
from leitplanke.domain.guardrails import Overridden
from leitplanke.domain.impact import silenced_with
from leitplanke.domain.incidents import Changed, Incident, IncidentState
from leitplanke.domain.policy import Policy
from leitplanke.domain.rules import Priority
from leitplanke.domain.workarounds import told_afterwards
from leitplanke.table.alerts import Alerts
from leitplanke.table.client import Write
from leitplanke.table.incidents import Incidents
from leitplanke.table.receipts import Receipts
from leitplanke.usecases import acting
from leitplanke.usecases.acting import Acting, Before, Step
from leitplanke.usecases.ports import Guard, Policies
from leitplanke.usecases.settle_incidents import acknowledge_within
from leitplanke.usecases.still_firing import worst_of_senders

Act: TypeAlias = acting.Act[Incident]
Done: TypeAlias = acting.Done[Incident]
_MINUTE = timedelta(minutes=1)


class IncidentWork:
    """What people do to incidents. Each raises what `Acting.carry_out` does."""

    def __init__(
        self, *, incidents: Incidents, alerts: Alerts, policies: Policies, guard: Guard, receipts: Receipts
    ) -> None:
        self._alerts = alerts
        self._acting = Acting(
            records=_Records(incidents=incidents), guard=guard, policies=policies, receipts=receipts
        )

    def acknowledge(self, act: Act) -> Done | Before:
        """A named person takes it."""
        return self._acting.carry_out(
            act,
            Step(
                action=Action.ACKNOWLEDGE,
                decide=lambda seen, _: domain.acknowledge(seen, by=act.by, at=act.at),
            ),
        )

    def assign(
        self, act: Act, *, assignee: str | None, team: str | None, reason: str | None
    ) -> Done | Before:
        """A person, a team or both get it. Raises InvalidInputError for an unknown team."""

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            _known_team(team, policy)
            return handling.assign(seen, assignee=assignee, team=team, by=act.by, at=act.at, reason=reason)

        details = {"to_assignee": assignee or "", "to_team": team or "", "text": reason or ""}
        return self._acting.carry_out(
            act, Step(action=Action.ASSIGN, decide=decide, details=lambda _seen, _policy: details)
        )

    def note(self, act: Act, *, text: str) -> Done | Before:
        """A remark for whoever reads its story."""
        return self._acting.carry_out(
            act,
            Step(
                action=Action.NOTE,
                decide=lambda seen, _: handling.note(seen, text=text, by=act.by, at=act.at),
                details=lambda _seen, _policy: {"text": text},
            ),
        )

    def escalate(self, act: Act, *, reason: str) -> Done | Before:
        """More hands are needed: the next people are told."""
        return self._acting.carry_out(
            act,
            Step(
                action=Action.ESCALATE,
                decide=lambda seen, _: handling.ask_for_help(seen, by=act.by, at=act.at, reason=reason),
                details=lambda _seen, _policy: {"text": reason},
            ),
        )

    def prioritise(self, act: Act, *, priority: Priority | None, reason: str) -> Done | Before:
        """A person knows better than the facts; None leaves it to them again."""

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            within = policy.acknowledge_within.for_priority(priority) if priority else None
            return handling.prioritise(
                seen, priority=priority, by=act.by, at=act.at, reason=reason, acknowledge_within=within
            )

        details = {"to_priority": priority or "", "text": reason}
        return self._acting.carry_out(
            act, Step(action=Action.PRIORITISE, decide=decide, details=lambda _seen, _policy: details)
        )

    def suppress(self, act: Act, *, until: datetime | None, reason: str) -> Done | Before:
        """Nobody is told until then (None: until somebody ends it); a moment that is over ends it."""

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            within = acknowledge_within(seen, policy)
            return handling.suppress(
                seen, until=until, by=act.by, at=act.at, reason=reason, acknowledge_within=within
            )

        def details(seen: Incident, policy: Policy) -> dict[str, Detail]:
            return {
                "text": reason,
                "until_minutes": _minutes_until(until, act.at),
                "services_silenced": silenced_with(seen.service, policy),
            }

        ends = until is not None and until <= act.at
        action = Action.UNSUPPRESS if ends else Action.SUPPRESS
        return self._acting.carry_out(act, Step(action=action, decide=decide, details=details))

    def restore(
        self, act: Act, *, workaround: str | None, helped: bool | None, note: str | None
    ) -> Done | Before:
        """Customers can work again, says a person; alerts may still fire.

        Where it was restored already, by its alerts' end say, what is told now is kept all the same.
        """

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            if seen.state is IncidentState.RESTORED:
                return told_afterwards(
                    seen, workaround=workaround, helped=helped, note=note, by=act.by, at=act.at
                )
            return domain.restore(
                seen,
                by=act.by,
                at=act.at,
                reason=note or "said by hand",
                reopen_window=policy.reopen_window,
                workaround=workaround,
                helped=helped,
            )

        details: dict[str, Detail] = {"workaround": workaround is not None, "text": note or ""}
        return self._acting.carry_out(
            act,
            Step(
                action=Action.RESTORE,
                decide=decide,
                details=lambda _seen, _policy: details,
                firing=lambda seen: self._firing(seen, act.at),
            ),
        )

    def reopen(self, act: Act, *, reason: str) -> Done | Before:
        """Customers cannot work again, whatever fires; a person ends it then."""

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            within = acknowledge_within(seen, policy)
            return domain.reopen(seen, by=act.by, at=act.at, reason=reason, acknowledge_within=within)

        return self._acting.carry_out(
            act, Step(action=Action.REOPEN, decide=decide, details=lambda _seen, _policy: {"text": reason})
        )

    def close(self, act: Act, *, reason: str | None) -> Done | Before:
        """The paper's end. Alerts that still fire in it are ended by the clocks."""

        def decide(seen: Incident, policy: Policy) -> Changed | None:
            return domain.close(
                seen,
                by=act.by,
                at=act.at,
                reason=reason or "closed by hand",
                comes_back_within=policy.reopen_window,
            )

        return self._acting.carry_out(
            act,
            Step(
                action=Action.CLOSE,
                decide=decide,
                details=lambda _seen, _policy: {"text": reason or ""},
                firing=lambda seen: self._firing(seen, act.at),
            ),
        )

    def _firing(self, incident: Incident, now: datetime) -> Severity | None:
        return worst_of_senders(self._alerts, incident.incident_id, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """Incidents as `Acting` sees them."""

    incidents: Incidents

    def get(self, ident: str, /) -> Incident:
        return self.incidents.get(ident)

    def signed(self, changed: Changed, actor: Actor, overridden: Sequence[Overridden], /) -> Changed:
        return handling.signed(changed, actor, overridden)

    def after(self, changed: Changed, /) -> Incident:
        return changed.incident

    def commit(self, before: Incident, changed: Changed, extra: Sequence[Write], /) -> Incident:
        return self.incidents.commit(before, changed, extra=extra)


def _known_team(team: str | None, policy: Policy) -> None:
    if team is None or team in policy.teams:
        return
    known = ", ".join(sorted(policy.teams)) or "none yet"
    raise InvalidInputError(
        f"the policy has no team {team!r}", field="team", remedy=f"name one of the policy's teams: {known}"
    )


def _minutes_until(until: datetime | None, now: datetime) -> int:
    """For guardrails: 0 means without an end, so a minute that has begun counts."""
    return 0 if until is None else -(-(until - now) // _MINUTE)
