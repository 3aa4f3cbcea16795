"""The API function on a real table engine, called as the gateway calls it."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from functions.serve_api import handler as function
from functions.serve_api.app import the_app
from leitplanke.domain.alerts import Alert, AlertState
from leitplanke.domain.events import Link, Severity
from leitplanke.domain.incidents import Incident, IncidentState, opened
from leitplanke.domain.problems import Link as ProblemLink
from leitplanke.domain.problems import Problem, ProblemState
from leitplanke.domain.problems import opened as problem_opened
from leitplanke.domain.workarounds import learn
from leitplanke.edge import clients
from leitplanke.edge.settings import settings
from leitplanke.table.alerts import Alerts, Episode
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.table.problems import Problems
from leitplanke.table.signatures import Signatures

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
T = TypeVar("T")
U = TypeVar("U")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the gateway would send on."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Api:
    """Calls the function with events of payload format 2.0."""

    def __init__(
        self,
        *,
        scopes: str = "read respond manage admin",
        name: str = "Ada Example",
        sub: str = "u-1",
        roles: str = "",
    ) -> None:
        self.scopes = scopes
        self.name = name
        self.claims = {"sub": sub, "name": name, "scope": scopes, "roles": roles}

    def as_(self, name: str, *, scopes: str | None = None) -> "Api":
        """The same API for somebody else."""
        return Api(scopes=self.scopes if scopes is None else scopes, name=name)

    def get(self, path: str, **query: str) -> Answered:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: object = None, **headers: str) -> Answered:
        return self.call("POST", path, body=None if body is None else json.dumps(body), headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        claims: dict[str, str] | None = None,
    ) -> Answered:
        """One request. `claims` replaces the caller's, {} for none."""
        claims = self.claims if claims is None else claims
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if body is not None:
            named.setdefault("content-type", "application/json")
        context: dict[str, Any] = {
            "stage": "$default",
            "requestId": "r-1",
            "http": {"method": method, "path": path},
        }
        if claims:
            context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        event = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": named,
            "requestContext": context,
            "isBase64Encoded": False,
        }
        if query:
            event["queryStringParameters"] = query
        if body is not None:
            event["body"] = body
        answer = function.handler(event, None)
        return Answered(
            status=int(answer["statusCode"]),
            headers={name.lower(): value for name, value in answer["headers"].items()},
            text=answer["body"],
        )


@pytest.fixture
def table(dynamodb: "DynamoDBClient", table_name: str) -> Table:
    return Table(dynamodb, table_name)


@pytest.fixture
def api(dynamodb: "DynamoDBClient", table_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The function on this test's table."""
    monkeypatch.setenv("TABLE_NAME", table_name)
    monkeypatch.setattr(clients, "dynamodb", lambda *_: dynamodb)
    settings.cache_clear()
    function._stores.cache_clear()
    yield Api()
    settings.cache_clear()
    function._stores.cache_clear()


class AtOnce:
    """Callers who come at the same moment, each to a function of their own.

    Lambda gives a process one request at a time, and Powertools keeps that request for the whole process. So
    one thread at a time is in the function: it hands over while the table is asked, and then finds its
    request as it left it.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._ask = client._make_api_call
        self._turn = Lock()

    def __call__(self, do: Callable[[T], U], given: Sequence[T]) -> list[U]:
        """What each of them got, in the order of `given`."""
        self._client._make_api_call = self._let_others_while_asking
        try:
            with ThreadPoolExecutor(len(given)) as pool:
                return list(pool.map(lambda one: self._in_turn(do, one), given))
        finally:
            self._client._make_api_call = self._ask

    def _in_turn(self, do: Callable[[T], U], one: T) -> U:
        with self._turn:
            return do(one)

    def _let_others_while_asking(self, operation: str, arguments: Any) -> Any:
        app = the_app()
        event, context, here = BaseRouter.current_event, BaseRouter.lambda_context, dict(app.context)
        self._turn.release()
        try:
            return self._ask(operation, arguments)
        finally:
            self._turn.acquire()
            BaseRouter.current_event, BaseRouter.lambda_context = event, context
            app.context.clear()
            app.context.update(here)


@pytest.fixture
def at_once(dynamodb: "DynamoDBClient") -> AtOnce:
    return AtOnce(dynamodb)


@dataclass(frozen=True, slots=True)
class Calls:
    """What is asked of DynamoDB, by operation."""

    client: "DynamoDBClient"

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """Counts the calls made inside."""
        seen: Counter[str] = Counter()

        def note(model: Any, **_: Any) -> None:
            seen[model.name] += 1

        self.client.meta.events.register("before-call.dynamodb", note, unique_id="calls")
        try:
            yield seen
        finally:
            self.client.meta.events.unregister("before-call.dynamodb", unique_id="calls")


@pytest.fixture
def calls(dynamodb: "DynamoDBClient") -> Calls:
    return Calls(dynamodb)


class World:
    """What other functions have stored before somebody asks."""

    def __init__(self, table: Table) -> None:
        self.incidents = Incidents(table)
        self.alerts = Alerts(table)
        self.problems = Problems(table)
        self.signatures = Signatures(table)
        self.table = table

    def incident(self, **fields: Any) -> Incident:
        """An open incident; `fields` differ from the usual ones."""
        number = next(_numbers)
        state = fields.pop("state", IncidentState.OPEN)
        opened_at = fields.pop("opened_at", NOW - timedelta(minutes=10))
        incident = Incident(
            incident_id=fields.pop("incident_id", f"inc{number:05d}"),
            group_key=f"group {number}",
            state=state,
            title=fields.pop("title", "VPN gateway 1 does not answer"),
            service=fields.pop("service", "vpn-gateway-1"),
            symptom="gateway down",
            signature=fields.pop("signature", f"signature{number}"),
            severity=Severity.CRITICAL,
            labels={"site": "north"},
            policy_version=3,
            began_at=opened_at - timedelta(minutes=1),
            opened_at=opened_at,
            changed_at=opened_at,
            pulsed_at=opened_at,
        )
        return self.incidents.open(opened(replace(incident, **fields), by="leitplanke"), replaces=None)

    def alert(self, incident: Incident, **fields: Any) -> Alert:
        """An alert that fires in the incident."""
        number = next(_numbers)
        alert = Alert(
            alert_id=f"alert{number:06d}",
            integration_id="blue",
            sender="alertmanager",
            alert_key=f"key {number}",
            state=AlertState.FIRING,
            episode=1,
            title="Gateway 1 does not answer",
            symptom="gateway down",
            severity=fields.pop("severity", Severity.ERROR),
            labels={"instance": "gw1"},
            annotations={"summary": "no answer to IKE"},
            links=(Link(href="https://monitoring.example/gw1", text="graph"),),
            flags=(),
            service=incident.service,
            incident_id=incident.incident_id,
            state_time=NOW,
            fired_at=NOW,
            resolved_at=None,
            resolved_by=None,
            acknowledged_at=None,
            acknowledged_by=None,
            expires_at=None,
            first_seen_at=NOW,
            last_seen_at=NOW,
            occurrences=4,
            changed_by="e1",
            version=1,
        )
        alert = replace(alert, **fields)
        self.alerts.note_episodes(
            begun=[
                Episode(
                    incident_id=incident.incident_id,
                    alert_id=alert.alert_id,
                    number=1,
                    title=alert.title,
                    symptom=alert.symptom,
                    severity=alert.severity.value,
                    fired_at=NOW,
                    resolved_at=None,
                    resolved_by=None,
                )
            ],
            ended=[],
        )
        self.alerts.save([(None, alert)])
        return alert

    def problem(self, *incidents: Incident, **fields: Any) -> Problem:
        """An open problem with these incidents."""
        number = next(_numbers)
        problem = Problem(
            problem_id=f"prb{number:05d}",
            state=ProblemState.OPEN,
            signature=f"signature{number}",
            title="vpn-gateway-1: gateway down",
            service="vpn-gateway-1",
            symptom="gateway down",
            team="network",
            rule="twice in a month",
            reason="it happened 2 times within 30d; the rule says 2",
            opened_at=NOW,
            incidents=len(incidents),
            last_incident_at=NOW,
            changed_at=NOW,
        )
        problem = replace(problem, **fields)
        links = [ProblemLink(incident_id=one.incident_id, opened_at=one.opened_at) for one in incidents]
        return self.problems.open(problem_opened(problem, by="leitplanke"), links)

    def learn(self, incident: Incident) -> None:
        """Recurrence has seen this restored incident and learnt what helped."""
        memory = self.signatures.memory(incident)
        lesson = learn(memory.known, memory.learnt, incident)
        assert lesson is not None
        self.signatures.learn(incident, memory, lesson)


@pytest.fixture
def world(table: Table) -> World:
    return World(table)
