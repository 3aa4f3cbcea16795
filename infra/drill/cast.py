"""Who takes part in the drill: senders that speak as the real ones do, and people with the API."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from infra.chaos import bodies
from infra.chaos.bodies import Seen
from infra.chaos.plan import Kind
from infra.chaos.rig import Rig
from infra.chaos.world import Symptom
from infra.local.api import Json


def symptom(service: str, number: int = 1) -> Symptom:
    """One thing that is wrong with a service."""
    instance = f"{service}.example:{9100 + number}"
    return Symptom(service=service, name="NotAnswering", instance=instance, severity="error")


@dataclass(slots=True)
class Senders:
    """A Prometheus, an Alertmanager and a PagerDuty client. What they know is what they say again."""

    rig: Rig
    _seen: dict[Kind, dict[Symptom, Seen]] = field(
        default_factory=lambda: {Kind.PROMETHEUS: {}, Kind.ALERTMANAGER: {}}
    )

    def prometheus(self, *firing: Symptom, ended: Iterable[Symptom] = ()) -> None:
        """Alerts begin, others end; all in one batch."""
        self._flip(Kind.PROMETHEUS, firing, ended)
        self._post_prometheus([*firing, *ended])

    def alertmanager(self, *firing: Symptom, ended: Iterable[Symptom] = ()) -> None:
        """One notification of their group."""
        self._flip(Kind.ALERTMANAGER, firing, ended)
        self._post_alertmanager([*firing, *ended])

    def pagerduty(self, one: Symptom, action: str = "trigger") -> None:
        """One event; a client says it once and never again."""
        body = bodies.pagerduty(one, action, key=self.rig.keys[Kind.PAGERDUTY][1])
        self.rig.installation.api.ingest("/v2/enqueue", body)

    def say_again(self) -> None:
        """What they do by themselves.

        Prometheus: whatever fires, or ended within 15 minutes. Alertmanager: groups that fire, without what
        has ended. PagerDuty's clients: nothing.
        """
        self._post_prometheus(list(self._seen[Kind.PROMETHEUS]))
        known = self._seen[Kind.ALERTMANAGER]
        for service in sorted({one.service for one in known}):
            if firing := [one for one, seen in known.items() if one.service == service and not seen.ended]:
                self._post_alertmanager(firing)

    def _flip(self, kind: Kind, firing: Iterable[Symptom], ended: Iterable[Symptom]) -> None:
        at = bodies.now()
        for one in firing:
            self._seen[kind][one] = Seen(began=at)
        for one in ended:
            self._seen[kind][one].ended = at

    def _post_prometheus(self, symptoms: list[Symptom]) -> None:
        alerts = [(one, self._seen[Kind.PROMETHEUS][one]) for one in symptoms]
        body = bodies.prometheus(alerts, at=bodies.now(), bad="")
        self._ingest("/api/v2/alerts", body, Kind.PROMETHEUS)

    def _post_alertmanager(self, symptoms: list[Symptom]) -> None:
        alerts = [(one, self._seen[Kind.ALERTMANAGER][one]) for one in symptoms]
        self._ingest("/v1/events/alertmanager", bodies.alertmanager(alerts, bad=""), Kind.ALERTMANAGER)

    def _ingest(self, path: str, body: object, kind: Kind) -> None:
        self.rig.installation.api.ingest(path, body, key=self.rig.keys[kind][1])


@dataclass(frozen=True, slots=True)
class People:
    """Engineers, through the API."""

    rig: Rig

    def incidents_of(self, service: str) -> list[Json]:
        """All incidents of a service, newest first."""
        api = self.rig.installation.api
        found: list[Json] = api.get("/v1/incidents", service=service, state="all")["incidents"]
        return found

    def act(self, service: str, action: str, **body: Any) -> None:
        """Do something with the newest incident of a service."""
        ident = self.incidents_of(service)[0]["id"]
        self.rig.installation.api.post(f"/v1/incidents/{ident}/{action}", body)

    def let_in(self, name: str) -> tuple[str, str]:
        """A new integration: its id and its key."""
        made = self.rig.installation.api.post("/v1/integrations", {"name": name, "sender": "pagerduty"})
        return made["id"], made["key"]

    def revoke(self, ident: str) -> None:
        """An integration's key opens nothing any more."""
        installation = self.rig.installation
        httpx.delete(
            f"{installation.engine.base_url}/v1/integrations/{ident}",
            headers={"authorization": f"Bearer {installation.token()}"},
            trust_env=False,
            timeout=30,
        ).raise_for_status()

    def may_come_in(self, key: str) -> bool:
        """Whether the door takes something with this key."""
        answer = httpx.post(
            f"{self.rig.engine.base_url}/v2/enqueue",
            json=bodies.pagerduty(symptom("orchard-gateway-2"), "resolve", key=key),
            trust_env=False,
            timeout=30,
        )
        return answer.is_success
