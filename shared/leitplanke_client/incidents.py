"""Incidents: what customers suffer from, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from leitplanke_client.acting import aware, part
from leitplanke_client.incident_actions import IncidentActions
from leitplanke_client.incident_models import (
    AlertEpisode,
    AlertEpisodes,
    Decision,
    Decisions,
    Incident,
    IncidentCard,
    Incidents,
    Timeline,
    TimelineLine,
)
from leitplanke_client.listing import Listing
from leitplanke_client.transport import Call
from leitplanke_client.words import IncidentState, Lane, Priority

Query = Mapping[str, str | int]


class IncidentsApi(IncidentActions):
    """`client.incidents`. Reading takes the scope read, acting respond. All raise ClientError."""

    def list(  # noqa: PLR0913 - the conditions of this list, all by keyword
        self,
        *,
        state: Sequence[IncidentState] = (),
        team: str | None = None,
        lane: Lane | None = None,
        service: str | None = None,
        priority: Priority | None = None,
        assignee: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> Listing[Incidents, Incident]:
        """Newest first, `limit` a page; without `state` those that are open or acknowledged.

        `since` and `until` bound when they were opened; they must be aware. The assignee "me" is the caller.
        """
        wanted = {
            "state": ",".join(state) or None,
            "team": team,
            "lane": lane,
            "service": service,
            "priority": priority,
            "assignee": assignee,
            "since": _moment(since),
            "until": _moment(until),
            "limit": limit,
        }
        return self._listing("/v1/incidents", wanted, Incidents, lambda page: page.incidents)

    def get(self, ident: str) -> IncidentCard:
        """Who cannot work and since when, what worked last time, what fires, who has it."""
        return self._transport.ask(Call(method="GET", path=f"/v1/incidents/{part(ident)}"), IncidentCard)

    def timeline(self, ident: str, *, limit: int = 100) -> Listing[Timeline, TimelineLine]:
        """Everything that happened to it, oldest first."""
        path = f"/v1/incidents/{part(ident)}/timeline"
        return self._listing(path, {"limit": limit}, Timeline, lambda page: page.timeline)

    def why(self, ident: str, *, limit: int = 50) -> Listing[Decisions, Decision]:
        """The decisions about it, newest first, each with its reasons."""
        path = f"/v1/incidents/{part(ident)}/why"
        return self._listing(path, {"limit": limit}, Decisions, lambda page: page.decisions)

    def alerts(self, ident: str, *, limit: int = 100) -> Listing[AlertEpisodes, AlertEpisode]:
        """Every episode of every alert that was in it."""
        path = f"/v1/incidents/{part(ident)}/alerts"
        return self._listing(path, {"limit": limit}, AlertEpisodes, lambda page: page.alerts)


def _moment(when: datetime | None) -> str | None:
    return None if when is None else f"{aware(when):%Y-%m-%dT%H:%M:%S.%fZ}"
