"""What people do to incidents. Every action lands in the timeline with who, when and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from leitplanke_client.acting import How, action, aware, part
from leitplanke_client.incident_models import ActedOn, Reported
from leitplanke_client.resource import Resource
from leitplanke_client.words import Priority, Severity


class IncidentActions(Resource):
    """All raise ClientError: GuardrailError or HardGuardrailError where guardrails speak against it.

    `How` says what all of them take but `report`, which no guardrail stops.
    """

    def report(
        self,
        title: str,
        *,
        service: str | None = None,
        symptom: str | None = None,
        severity: Severity | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Reported:
        """A person saw it first. It joins the open incident of its kind if there is one.

        `symptom` is what is wrong without where; reports and incidents with the same one are recurrences.
        """
        how: How = {"idempotency_key": idempotency_key}
        said = {
            "title": title,
            "service": service,
            "symptom": symptom,
            "severity": severity,
            "description": description,
            "labels": dict(labels) if labels else None,
        }
        return self._transport.ask(action("/v1/incidents", said, how), Reported)

    def acknowledge(self, ident: str, **how: Unpack[How]) -> ActedOn:
        """You have it: the acknowledge clock stops."""
        return self._act(ident, "acknowledge", {}, how)

    def assign(
        self,
        ident: str,
        *,
        assignee: str | None = None,
        team: str | None = None,
        reason: str | None = None,
        **how: Unpack[How],
    ) -> ActedOn:
        """Somebody, or another team, gets it. They have not said yes yet."""
        return self._act(ident, "assign", {"assignee": assignee, "team": team, "reason": reason}, how)

    def escalate(self, ident: str, *, reason: str, **how: Unpack[How]) -> ActedOn:
        """More people are told."""
        return self._act(ident, "escalate", {"reason": reason}, how)

    def restore(
        self,
        ident: str,
        *,
        workaround: str | None = None,
        helped: bool | None = None,
        note: str | None = None,
        **how: Unpack[How],
    ) -> ActedOn:
        """Customers can work again. The workaround is offered to the next incident of its kind."""
        return self._act(ident, "restore", {"workaround": workaround, "helped": helped, "note": note}, how)

    def close(self, ident: str, *, reason: str | None = None, **how: Unpack[How]) -> ActedOn:
        """File it."""
        return self._act(ident, "close", {"reason": reason}, how)

    def reopen(self, ident: str, *, reason: str, **how: Unpack[How]) -> ActedOn:
        """It is back."""
        return self._act(ident, "reopen", {"reason": reason}, how)

    def note(self, ident: str, text: str, **how: Unpack[How]) -> ActedOn:
        """A remark for whoever reads its story."""
        return self._act(ident, "note", {"text": text}, how)

    def prioritise(
        self, ident: str, priority: Priority | None, *, reason: str, **how: Unpack[How]
    ) -> ActedOn:
        """This priority from now on; None: as it is computed again."""
        return self._act(ident, "prioritise", {"reason": reason}, how, priority=priority)

    def suppress(self, ident: str, *, until: datetime | None, reason: str, **how: Unpack[How]) -> ActedOn:
        """Nobody is told of it until then; None: until somebody ends it. A moment of the past ends it."""
        end = None if until is None else aware(until).isoformat()
        return self._act(ident, "suppress", {"reason": reason}, how, until=end)

    def _act(self, ident: str, word: str, said: Mapping[str, Any], how: How, **nullable: Any) -> ActedOn:
        call = action(f"/v1/incidents/{part(ident)}/{word}", said, how, nullable=nullable)
        return self._transport.ask(call, ActedOn)
