"""Those outside: monitoring systems that send events, engineers and administrators who use the API.

They do what such clients do when they get no answer: ask again. What must not be done twice they send with
an Idempotency-Key, and the same one again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leitplanke.domain.ids import stable_hash
from tests.crash.cloud import Cloud

POLICY = """
teams:
  network:
    channels: [{name: pager, url: "ssm:/leitplanke/channels/network"}]
    escalation: [{name: head, url: "ssm:/leitplanke/channels/head"}]
  platform:
    channels: [{name: pager, url: "ssm:/leitplanke/channels/platform"}]
services:
  vpn-gateway-1: {team: network}
  vpn-gateway-2: {team: network}
  vpn: {team: network, needs: {any_of: [vpn-gateway-1, vpn-gateway-2]}}
  registry-office-access: {team: platform, needs: {all_of: [vpn]}}
customers:
  Federal Registry Office: {heads: 1800, vital: true, needs: registry-office-access}
routing:
  team: platform
  routes:
    - {name: expedite, when: "priority == 'P1'", lane: expedite}
recurrence:
  - {name: twice in a month, count: 2, within: 30d}
acknowledge_within: {P1: 4h, P2: 4h, P3: 4h}
"""
ADDRESSES = ("network", "head", "platform")
_SCOPES = "read respond manage admin"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the API."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class People:
    """Everybody outside. `key` is the integration's that monitoring uses."""

    cloud: Cloud
    key: str = ""

    def prepare(self) -> None:
        """Channels have addresses, a policy is in force, one sender is let in."""
        for name in ADDRESSES:
            self.cloud.engine.call(
                "ssm",
                "PutParameter",
                Name=f"/leitplanke/channels/{name}",
                Value=f"json://127.0.0.1:9/{name}",
                Type="SecureString",
            )
        self.put_policy(POLICY)
        self.key = self.let_in("monitoring")["key"]
        self.cloud.settle(minutes=1)

    # --- senders ------------------------------------------------------------------------------------------

    def say(self, *events: Mapping[str, Any], key: str | None = None) -> Said:
        """A sender posts events until somebody says that they are stored."""
        headers = {"authorization": f"Bearer {key or self.key}", "content-type": "application/json"}
        event = _request("POST", "/v1/events", headers=headers, body=json.dumps({"events": list(events)}))
        return _said(self.cloud.request("receive_events", event))

    def fires(self, key: str, **fields: Any) -> Said:
        """One alert fires."""
        return self.say(alert(key, **fields))

    def is_over(self, key: str, **fields: Any) -> Said:
        """One alert is over."""
        return self.say({"alert_key": key, "action": "resolve", "title": key, **fields})

    # --- engineers ----------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Said:
        """One request to the API, repeated until it is answered."""
        headers = {"content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        if isinstance(body, str):
            headers["content-type"] = "application/yaml"
        path, _, query = path.partition("?")
        event = _request(method, path, headers=headers, body=text)
        if query:
            event["rawQueryString"] = query
            event["queryStringParameters"] = dict(pair.split("=") for pair in query.split("&"))
        claims = {"sub": "u-1", "name": "Ada Example", "scope": _SCOPES}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        return _said(self.cloud.request("serve_api", event))

    def get(self, path: str) -> Any:
        """What is there. Raises AssertionError if it is not."""
        said = self.ask("GET", path)
        if said.status != 200:
            raise AssertionError(f"GET {path}: {said.status} {said.text}")
        return said.json

    def act(self, incident_id: str, action: str, body: Any = None) -> None:
        """An action of this incident, each kind once."""
        self._once(f"/v1/incidents/{incident_id}/{action}", body)

    def decide(self, problem_id: str, decision: str, body: Any = None) -> None:
        """What becomes of a problem, each decision once."""
        self._once(f"/v1/problems/{problem_id}/{decision}", body)

    def report(self, title: str, service: str) -> str:
        """A person reports what no monitoring has seen; the incident that has it."""
        said = self.ask("POST", "/v1/incidents", {"title": title, "service": service}, key=f"report {title}")
        if said.status != 201:
            raise AssertionError(f"report: {said.status} {said.text}")
        found: str = said.json["id"]
        return found

    def is_stopped(self, incident_id: str, action: str, body: Any) -> None:
        """An action that a guardrail speaks against."""
        said = self.ask("POST", f"/v1/incidents/{incident_id}/{action}", body)
        if said.status != 409 or not said.json["type"].endswith(":guardrail"):
            raise AssertionError(f"{action}: {said.status} {said.text}")

    def _once(self, path: str, body: Any) -> None:
        said = self.ask("POST", path, body, key=stable_hash(path, json.dumps(body)))
        if said.status != 200:
            raise AssertionError(f"{path}: {said.status} {said.text}")

    def put_policy(self, text: str) -> None:
        """A policy is put in force."""
        said = self.ask("PUT", "/v1/policy", text)
        if said.status != 200:
            raise AssertionError(f"policy: {said.status} {said.text}")

    def let_in(self, name: str, **fields: Any) -> Any:
        """A new integration, with its key."""
        said = self.ask("POST", "/v1/integrations", {"name": name, **fields})
        if said.status != 201:
            raise AssertionError(f"integration: {said.status} {said.text}")
        return said.json

    def incident(self, service: str) -> str:
        """The newest incident of a service."""
        found: str = self.get(f"/v1/incidents?state=all&service={service}")["incidents"][0]["id"]
        return found


def alert(key: str, *, service: str = "vpn-gateway-1", symptom: str = "GatewayDown", **fields: Any) -> Any:
    """A critical alert as our small JSON says it."""
    return {
        "alert_key": key,
        "action": "trigger",
        "title": f"{service} {symptom}",
        "symptom": symptom,
        "severity": "critical",
        "service": service,
        **fields,
    }


def _request(method: str, path: str, *, headers: Mapping[str, str], body: str | None) -> dict[str, Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": dict(headers),
        "requestContext": {
            "stage": "$default",
            "requestId": "r-1",
            "http": {"method": method, "path": path},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    return event


def _said(answer: Mapping[str, Any]) -> Said:
    return Said(int(answer["statusCode"]), answer.get("headers") or {}, answer.get("body") or "")
