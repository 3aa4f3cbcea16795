"""GET /v1/incidents...: what is going on, and why."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime

from functions.serve_api.answers import shown
from functions.serve_api.here import here_of, new_router
from functions.serve_api.incident_shapes import IncidentCard, Incidents, ShownIncident
from functions.serve_api.parameters import Limit, Page, RecordId
from functions.serve_api.scopes import needs
from functions.serve_api.shapes import Timeline
from functions.serve_api.why_shapes import AlertEpisode, AlertEpisodes, Decision, Decisions
from leitplanke.domain.impact import silenced_with
from leitplanke.domain.incidents import LIVE, IncidentState
from leitplanke.domain.rules import Lane, Priority
from leitplanke.edge.identity import Scope
from leitplanke.edge.pages import mark_of, number_of, page_token
from leitplanke.usecases.read_incidents import Wanted

router = new_router()
TAG = "Incidents"

StateWord = Literal["open", "acknowledged", "restored", "closed", "all"]
States = Annotated[
    list[StateWord] | None,
    Query(description="One or several, with commas between. Left out: open and acknowledged."),
]
Named = Annotated[str | None, Query(min_length=1, max_length=128)]


@router.get("/v1/incidents", tags=[TAG], security=needs(Scope.READ), summary="List incidents")
def list_incidents(  # noqa: PLR0913 - the query parameters of this route
    *,
    state: States = None,
    service: Named = None,
    team: Named = None,
    lane: Annotated[Lane | None, Query()] = None,
    priority: Annotated[Priority | None, Query()] = None,
    assignee: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Who has it; `me` for yourself.")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Opened then or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Opened before then.")] = None,
    limit: Limit = 50,
    page: Page = None,
) -> Response[Incidents]:
    """Incidents, newest first. A page may be shorter than `limit`; there is more while `next` is not null."""
    person = here_of(router).by if assignee == "me" else assignee
    wanted = Wanted(
        states=_states(state),
        service=service,
        team=team,
        lane=lane,
        priority=priority,
        assignee=person,
        since=since,
        until=until,
    )
    question = ("incidents", *sorted(wanted.states), service, team, lane, priority, person, since, until)
    found = here_of(router).stores.incidents.listed(wanted, limit=limit, before=mark_of(page, of=question))
    items = tuple(ShownIncident.of(incident) for incident in found.items)
    return shown(Incidents(incidents=items, next=page_token(found.next_mark, of=question)))


@router.get("/v1/incidents/<id>", tags=[TAG], security=needs(Scope.READ), summary="Read an incident")
def get_incident(id: RecordId) -> Response[IncidentCard]:
    """Who cannot work and since when, what worked last time, what fires, who has it, what guardrails ask."""
    here = here_of(router)
    card = here.stores.incidents.card(id, now=here.now)
    policy, _ = here.stores.policy.get(here.now)
    ahead = here.stores.guard.foresee(
        card.incident,
        actor=here.actor,
        policy=policy,
        now=here.now,
        silenced=silenced_with(card.incident.service, policy),
    )
    return shown(IncidentCard.of_card(card, ahead), revision=card.incident.revision)


@router.get(
    "/v1/incidents/<id>/timeline", tags=[TAG], security=needs(Scope.READ), summary="Read an incident's story"
)
def get_incident_timeline(id: RecordId, limit: Limit = 100, page: Page = None) -> Response[Timeline]:
    """Everything that happened to it, oldest first."""
    question = ("incident timeline", id)
    found = here_of(router).stores.incidents.timeline(
        id, after_revision=number_of(page, of=question) or 0, limit=limit
    )
    mark = None if found.next_revision is None else str(found.next_revision)
    return shown(Timeline.of(found, token=page_token(mark, of=question)))


@router.get(
    "/v1/incidents/<id>/why",
    tags=[TAG],
    security=needs(Scope.READ),
    summary="Read why an incident has its priority, team and lane",
)
def get_incident_why(id: RecordId, limit: Limit = 50, page: Page = None) -> Response[Decisions]:
    """The decisions about it, newest first, each with its reasons and the facts it saw."""
    question = ("incident why", id)
    found = here_of(router).stores.incidents.decisions(
        id, limit=limit, before_revision=number_of(page, of=question)
    )
    items = tuple(Decision.of(row) for row in found.items)
    return shown(Decisions(decisions=items, next=page_token(found.next_mark, of=question)))


@router.get(
    "/v1/incidents/<id>/alerts",
    tags=[TAG],
    security=needs(Scope.READ),
    summary="Read what an incident's alerts did",
)
def get_incident_alerts(id: RecordId, limit: Limit = 100, page: Page = None) -> Response[AlertEpisodes]:
    """Every episode of every alert that was in it, in a stable order."""
    question = ("incident alerts", id)
    found = here_of(router).stores.incidents.episodes(id, limit=limit, after=mark_of(page, of=question))
    items = tuple(AlertEpisode.of(episode) for episode in found.items)
    return shown(AlertEpisodes(alerts=items, next=page_token(found.next_mark, of=question)))


def _states(words: list[StateWord] | None) -> tuple[IncidentState, ...]:
    if words is None:
        return LIVE
    if "all" in words:
        return tuple(IncidentState)
    return tuple(state for state in IncidentState if state.value in words)
