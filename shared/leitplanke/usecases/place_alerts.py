"""Find the incident that each alert of a batch fires in; open or reopen it where needed."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from leitplanke.domain.errors import LostRaceError
from leitplanke.domain.incidents import (
    ALERTS_WITHIN,
    SYSTEM,
    Changed,
    Incident,
    IncidentState,
    close,
    opened,
    reopen,
)
from leitplanke.domain.placement import Placement, place
from leitplanke.domain.policy import Policy
from leitplanke.table.client import RefusedError
from leitplanke.table.incidents import Incidents, Pointer
from leitplanke.usecases.alert_plans import Plan
from leitplanke.usecases.ports import NewId
from leitplanke.usecases.settle_incidents import acknowledge_within

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """What was found, by alert id. `known`: every incident that was read or made on the way, by its id."""

    of: dict[str, Incident] = field(default_factory=dict)
    known: dict[str, Incident] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Somebody else was faster with their incident: to be decided again."""
    refused: set[str] = field(default_factory=set)
    """The table will never take an incident for them."""
    opened: set[str] = field(default_factory=set)
    """Incidents that were opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Places the alerts of one batch."""

    incidents: Incidents
    policy: Policy
    version: int
    new_id: NewId
    now: datetime

    def homes(self, plans: Mapping[str, Plan]) -> Homes:
        """The incident of every alert that needs one. Alerts that stay where they are have no home here."""
        homes = Homes(known=self._known(plans))
        by_group: dict[str, list[str]] = defaultdict(list)
        for ident, plan in plans.items():
            if plan.group is not None and not plan.stays(homes.known):
                by_group[plan.group.group_key].append(ident)
        pointers = self.incidents.pointers(by_group)
        homes.known.update(self.incidents.get_many(one.incident_id for one in pointers.values()))
        for key, idents in by_group.items():
            self._find(homes, pointers.get(key), {ident: plans[ident] for ident in idents})
        return homes

    def _known(self, plans: Mapping[str, Plan]) -> dict[str, Incident]:
        """Incidents that alerts were in, where something happened to the alert."""
        wanted = {plan.incident_before for plan in plans.values() if plan.folded.transitions}
        return self.incidents.get_many(ident for ident in wanted if ident)

    def _find(self, homes: Homes, pointer: Pointer | None, plans: Mapping[str, Plan]) -> None:
        current = homes.known.get(pointer.incident_id) if pointer else None
        try:
            home = self._home(homes, pointer, current, list(plans.values()))
        except LostRaceError:
            homes.lost.update(plans)
        except RefusedError:
            _log.exception("the table refuses an incident", extra={"alert_ids": sorted(plans)[:10]})
            homes.refused.update(plans)
        else:
            homes.known[home.incident_id] = home
            homes.of.update(dict.fromkeys(plans, home))

    def _home(
        self, homes: Homes, pointer: Pointer | None, current: Incident | None, plans: Sequence[Plan]
    ) -> Incident:
        """The group's incident, ready to be joined. Raises LostRaceError, RefusedError."""
        match place(current, now=self.now):
            case Placement.JOIN if current is not None:
                return current
            case Placement.REOPEN if current is not None:
                reason = f"firing again: {plans[0].alert.title}"
                within = acknowledge_within(current, self.policy)
                changed = reopen(current, by=SYSTEM, at=self.now, reason=reason, acknowledge_within=within)
                return self.incidents.commit(current, self._awaiting(changed)) if changed else current
        if current is not None and current.state is IncidentState.RESTORED:
            over = close(current, by=SYSTEM, at=self.now, reason="the reopen window is over")
            homes.known[current.incident_id] = self.incidents.commit(current, over) if over else current
        made = self._open(pointer, plans)
        homes.opened.add(made.incident_id)
        return made

    def _awaiting(self, changed: Changed) -> Changed:
        """Its alerts are not in it yet; should this batch die now, the next delivery brings them."""
        return replace(changed, incident=replace(changed.incident, alerts_by=self.now + ALERTS_WITHIN))

    def _open(self, pointer: Pointer | None, plans: Sequence[Plan]) -> Incident:
        first = min(plans, key=lambda plan: (plan.alert.fired_at or self.now, plan.alert.alert_id))
        worst = min((plan.alert.severity for plan in plans), key=lambda severity: severity.rank)
        alert, group = first.alert, first.group
        if group is None:
            raise AssertionError("only alerts with a group open incidents")
        incident = Incident(
            incident_id=self.new_id(),
            group_key=group.group_key,
            state=IncidentState.OPEN,
            title=alert.title,
            service=group.service,
            symptom=alert.symptom,
            signature=group.signature,
            severity=worst,
            labels=alert.labels,
            policy_version=self.version,
            began_at=alert.fired_at or self.now,
            opened_at=self.now,
            reported_by=first.reporter,
            changed_at=self.now,
            pulsed_at=self.now,
            alerts_by=self.now + ALERTS_WITHIN,
        )
        return self.incidents.open(opened(incident, by=first.reporter or alert.sender), replaces=pointer)
