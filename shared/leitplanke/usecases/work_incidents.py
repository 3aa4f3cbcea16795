"""People act on incidents: take it, hand it over, remark, say that customers can work again, file it.

    read ──▶ expected revision? ──no──▶ StaleRevisionError (412)
     ▲            │yes
     │            ▼
     └─lost── decide, commit ──▶ done      "already so" is done as well, and changes nothing

Whoever names no revision means "whatever happened meanwhile": a lost race is read and decided again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain import incidents as domain
from leitplanke.domain.errors import LostRaceError, StaleRevisionError
from leitplanke.domain.events import Severity
from leitplanke.domain.incidents import Changed, Incident, IncidentState
from leitplanke.domain.workarounds import told_afterwards
from leitplanke.table.alerts import Alerts
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.ports import Policies

_TRIES = 24
"""Of sixteen who act at once the last one is done after sixteen rounds; a few more for the clocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts on which incident, when, and on which revision they decided (None: on whatever there is)."""

    incident_id: str
    by: str
    at: datetime
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The incident afterwards; `changed` is False if it was so already.

    `firing` is the worst severity that still fires, asked where it matters: after restoring and closing.
    """

    incident: Incident
    changed: bool
    firing: Severity | None = None


class IncidentWork:
    """What people do to incidents. Each raises NotFoundError, ConflictError, StaleRevisionError."""

    def __init__(self, *, incidents: Incidents, alerts: Alerts, policies: Policies) -> None:
        self._incidents = incidents
        self._alerts = alerts
        self._policies = policies

    def acknowledge(self, act: Act) -> Done:
        """A named person takes it."""
        return self._do(act, lambda seen: domain.acknowledge(seen, by=act.by, at=act.at))

    def assign(self, act: Act, *, assignee: str) -> Done:
        """Somebody gets it."""
        return self._do(act, lambda seen: domain.assign(seen, assignee=assignee, by=act.by, at=act.at))

    def note(self, act: Act, *, text: str) -> Done:
        """A remark for whoever reads its story."""
        return self._do(act, lambda seen: domain.note(seen, text=text, by=act.by, at=act.at))

    def restore(self, act: Act, *, workaround: str | None, helped: bool | None, note: str | None) -> Done:
        """Customers can work again, says a person; alerts may still fire.

        Where it was restored already, by its alerts' end say, a workaround told now is kept all the same.
        """
        policy, _ = self._policies.get(act.at)

        def decide(seen: Incident) -> Changed | None:
            if seen.state is IncidentState.RESTORED and workaround:
                return told_afterwards(seen, workaround=workaround, helped=helped, by=act.by, at=act.at)
            return domain.restore(
                seen,
                by=act.by,
                at=act.at,
                reason=note or "said by hand",
                reopen_window=policy.reopen_window,
                workaround=workaround,
                helped=helped,
            )

        return self._with_firing(self._do(act, decide))

    def close(self, act: Act, *, reason: str | None) -> Done:
        """The paper's end. Alerts that still fire in it are ended by the clocks."""
        why = reason or "closed by hand"
        return self._with_firing(
            self._do(act, lambda seen: domain.close(seen, by=act.by, at=act.at, reason=why))
        )

    def _do(self, act: Act, decide: Callable[[Incident], Changed | None]) -> Done:
        for _ in range(_TRIES):
            seen = self._incidents.get(act.incident_id)
            if act.expected is not None and act.expected != seen.revision:
                raise StaleRevisionError(expected=act.expected, current=seen.revision)
            changed = decide(seen)
            if changed is None:
                return Done(incident=seen, changed=False)
            try:
                return Done(incident=self._incidents.commit(seen, changed), changed=True)
            except LostRaceError:
                continue
        raise LostRaceError(f"incident {act.incident_id} changes all the time")

    def _with_firing(self, done: Done) -> Done:
        firing = self._alerts.worst_firing(done.incident.incident_id)
        return Done(incident=done.incident, changed=done.changed, firing=firing)
