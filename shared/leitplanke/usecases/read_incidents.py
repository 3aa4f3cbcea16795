"""What people ask about incidents. Answers cost the same however many incidents and alerts there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.incidents import Incident, IncidentState, KnownWorkaround
from leitplanke.table import keys
from leitplanke.table.alerts import Alerts, Episode
from leitplanke.table.client import Row, Table
from leitplanke.table.incidents import Incidents, ListedBy
from leitplanke.table.lists import Listing
from leitplanke.table.signatures import Signatures
from leitplanke.table.timelines import TimelinePage

SHOWN_ALERTS = 50
"""Firing alerts on an incident's card; the rest is under its alerts."""
_ROUNDS = 4
"""How often a page is filled up when a second condition left it short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents a list shall have: every condition that is given must hold.

    `since` and `until` are about the time of opening; the first counts, the second does not.
    """

    states: Sequence[IncidentState]
    service: str | None = None
    team: str | None = None
    lane: str | None = None
    priority: str | None = None
    assignee: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def matches(self, incident: Incident) -> bool:
        """Whether this incident is wanted."""
        pairs = (
            (self.service, incident.service),
            (self.team, incident.team),
            (self.lane, incident.lane),
            (self.priority, incident.priority),
            (self.assignee, incident.assignee),
        )
        return incident.state in self.states and all(want in (None, have) for want, have in pairs)

    def indexed(self) -> tuple[ListedBy, str] | None:
        """The one condition that an index answers: the narrowest."""
        for dimension in ListedBy:
            value: str | None = getattr(self, dimension.name.lower())
            if value is not None:
                return dimension, value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a tired person needs to know about one incident."""

    incident: Incident
    known_workaround: KnownWorkaround | None
    firing: tuple[Alert, ...]
    more_firing: bool

    @property
    def version(self) -> tuple[object, ...]:
        """Differs whenever the card does."""
        return _version(self.incident, self.known_workaround)


class IncidentReader:
    """Answers questions. All raise NotFoundError for an incident that does not exist."""

    def __init__(self, table: Table) -> None:
        self._incidents = Incidents(table)
        self._alerts = Alerts(table)
        self._signatures = Signatures(table)

    def listed(self, wanted: Wanted, *, limit: int, before: str | None) -> Listing[Incident]:
        """Incidents, newest first.

        Per round one small query per state and shard and one batch read. A page may be short where two of
        assignee, service, priority, team and lane are asked for, and where incidents change while they are
        read; the mark says whether there is more.
        """
        if before is None and wanted.until is not None:
            before = keys.time_text(wanted.until)
        found: list[Incident] = []
        for _ in range(_ROUNDS):
            page = self._incidents.listed(
                states=wanted.states,
                limit=limit - len(found),
                by=wanted.indexed(),
                before=before,
                since=wanted.since,
            )
            found.extend(one for one in page.items if wanted.matches(one))
            before = page.next_mark
            if before is None or len(found) == limit:
                break
        return Listing(items=tuple(found), next_mark=before)

    def glance(self, incident_id: str) -> tuple[object, ...]:
        """`Card.version` as it is now. Two reads."""
        incident = self._incidents.get(incident_id)
        return _version(incident, self._known(incident))

    def card(self, incident_id: str, *, now: datetime) -> Card:
        """One incident with what fires in it and what restored its like before.

        The workaround is read afresh while customers wait: another incident may have taught it since.
        """
        incident = self._incidents.get(incident_id)
        firing = self._alerts.worst_firing_ids(incident_id, limit=SHOWN_ALERTS)
        stored = self._alerts.load(firing.ids, now=now) if firing.ids else {}
        alerts = [stored[ident].alert for ident in firing.ids if ident in stored]
        return Card(
            incident=incident,
            known_workaround=self._known(incident),
            firing=tuple(one for one in alerts if one is not None and one.state is AlertState.FIRING),
            more_firing=firing.more,
        )

    def timeline(self, incident_id: str, *, after_revision: int, limit: int) -> TimelinePage:
        """Its story, oldest first. One query, two for an empty page."""
        page = self._incidents.timeline(incident_id, after_revision=after_revision, limit=limit)
        if not page.entries:
            self._incidents.get(incident_id)
        return page

    def decisions(self, incident_id: str, *, limit: int, before_revision: int | None) -> Listing[Row]:
        """Why its outcome changed, newest first."""
        found = self._incidents.decisions(incident_id, limit=limit, before_revision=before_revision)
        if not found.items:
            self._incidents.get(incident_id)
        return found

    def episodes(self, incident_id: str, *, limit: int, after: str | None) -> Listing[Episode]:
        """What its alerts did, in a stable order."""
        found = self._alerts.episodes(incident_id, limit=limit, after=after)
        if not found.items:
            self._incidents.get(incident_id)
        return found

    def _known(self, incident: Incident) -> KnownWorkaround | None:
        known = self._signatures.workaround(incident.signature) if incident.is_live else None
        return known or incident.known_workaround


def _version(incident: Incident, known: KnownWorkaround | None) -> tuple[object, ...]:
    return incident.incident_id, incident.revision, incident.pulse, known
