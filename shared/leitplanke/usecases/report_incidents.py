"""A person reports what is wrong: an event like any other, correlated while they wait.

    asked before? ──▶ the first answer         otherwise: correlate ──▶ which incident has it? ──▶ receipt

The report's id follows from the Idempotency-Key. So a request that comes again after we died on the way is
the same event again, which correlation completes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from leitplanke.domain.errors import ConflictError, InvalidInputError, LostRaceError
from leitplanke.domain.handling import reported, signed
from leitplanke.domain.ids import short_hash
from leitplanke.domain.incidents import Incident
from leitplanke.domain.reports import PEOPLE, Report, event_of
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts
from leitplanke.table.incidents import Incidents
from leitplanke.table.receipts import Receipts
from leitplanke.usecases.acting import Act, Before, Done, answered_before, keep_receipt, receipt_of
from leitplanke.usecases.correlate_alerts import Correlator
from leitplanke.usecases.ports import NewId, Policies, Quarantine

_TRIES = 24
"""Of sixteen who report at once the last one is done after sixteen rounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Takes reports in."""

    alerts: Alerts
    incidents: Incidents
    policies: Policies
    quarantine: Quarantine
    receipts: Receipts
    new_id: NewId

    def report(self, act: Act[Incident], report: Report) -> Done[Incident] | Before:
        """The incident that has the report now; `changed` says whether it was opened for it.

        Raises InvalidInputError for what the table cannot hold, LostRaceError if others are always faster.
        """
        before = answered_before(self.receipts, act.asked, caller=act.caller, now=act.at)
        if before is not None:
            return before
        ident = self._ident(act)
        opened = self._correlate(act, report, ident)
        for _ in range(_TRIES):
            incident = self._incident_of(ident, act)
            try:
                if opened or incident.incident_id == ident:
                    return self._opened(act, incident)
                return self._joined(act, report, incident)
            except LostRaceError:
                before = answered_before(self.receipts, act.asked, caller=act.caller, now=act.at)
                if before is not None:
                    return before
        raise LostRaceError("noting a report")

    def _opened(self, act: Act[Incident], incident: Incident) -> Done[Incident]:
        done = Done(record=incident, changed=True)
        keep_receipt(self.receipts, act, done)
        return done

    def _joined(self, act: Act[Incident], report: Report, incident: Incident) -> Done[Incident]:
        """Its timeline says who reported it as well: one line, with the receipt."""
        changed = signed(reported(incident, title=report.title, by=act.by, at=act.at), act.actor, ())
        done = Done(record=changed.incident, changed=False)
        self.incidents.commit(incident, changed, extra=receipt_of(act, done))
        return done

    def _ident(self, act: Act[Incident]) -> str:
        if act.asked is None:
            return self.new_id()
        return short_hash(PEOPLE, act.caller, act.asked.key, act.asked.fingerprint)

    def _correlate(self, act: Act[Incident], report: Report, ident: str) -> bool:
        """Whether an incident was opened for it."""
        ids = self._ids(ident)
        correlator = Correlator(
            alerts=self.alerts,
            incidents=self.incidents,
            policies=self.policies,
            quarantine=self.quarantine,
            new_id=lambda: next(ids),
        )
        policy, _ = self.policies.get(act.at)
        event = event_of(report, ident=ident, by=act.by, at=act.at, policy=policy)
        done = correlator.correlate([event], now=act.at)
        if done.unfinished:
            raise LostRaceError("reporting an incident")
        if done.quarantined:
            raise InvalidInputError(
                "the report cannot be stored",
                field="body",
                remedy="say it in plain, shorter words; it is kept under GET /v1/quarantine",
            )
        return done.opened > 0

    def _ids(self, ident: str) -> Iterator[str]:
        """An incident that the report opens bears the report's id."""
        return chain([ident], (self.new_id() for _ in repeat(None)))

    def _incident_of(self, ident: str, act: Act[Incident]) -> Incident:
        alert_id = keys.alert_id(PEOPLE, ident)
        alert = self.alerts.load([alert_id], now=act.at)[alert_id].alert
        if alert is None or alert.incident_id is None:
            raise ConflictError("the report is over already", remedy="send it with a new Idempotency-Key")
        return self.incidents.get(alert.incident_id)
