"""The client knows every field that the API gives, and asks for none that it does not."""

from typing import Any

import pytest
from pydantic import BaseModel

from functions.serve_api.app import the_app
from functions.serve_api.openapi import document_of, operations
from leitplanke_client import (
    admin_models,
    dead_letter_models,
    guardrail_models,
    incident_models,
    problem_models,
)
from leitplanke_client.answers import Link

DOCUMENT = document_of(the_app(), "https://api.example")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
MODELS: dict[str, type[BaseModel]] = {
    "ShownLink": Link,
    "CutOffCustomer": incident_models.CutOffCustomer,
    "ShownIncident": incident_models.Incident,
    "Incidents": incident_models.Incidents,
    "IncidentCard": incident_models.IncidentCard,
    "FiringAlert": incident_models.FiringAlert,
    "WorkedBefore": incident_models.WorkedBefore,
    "ActedOn": incident_models.ActedOn,
    "Timeline": incident_models.Timeline,
    "TimelineLine": incident_models.TimelineLine,
    "Decisions": incident_models.Decisions,
    "Decision": incident_models.Decision,
    "Reason": incident_models.Reason,
    "AlertEpisodes": incident_models.AlertEpisodes,
    "AlertEpisode": incident_models.AlertEpisode,
    "ReportedIncident": incident_models.Reported,
    "Suppression": incident_models.Suppression,
    "Ahead": incident_models.ForeseenGuardrail,
    "DecidedOn": problem_models.ActedOnProblem,
    "Guardrails": guardrail_models.GuardrailReport,
    "ReportedGuardrail": guardrail_models.ReportedGuardrail,
    "AuditPage": admin_models.AuditPage,
    "ShownRecord": admin_models.AuditRecord,
    "ShownProblem": problem_models.Problem,
    "Problems": problem_models.Problems,
    "ProblemCard": problem_models.ProblemCard,
    "ShownIntegration": admin_models.Integration,
    "CreatedIntegration": admin_models.CreatedIntegration,
    "Integrations": admin_models.Integrations,
    "PolicyPut": admin_models.PolicyPut,
    "Quarantine": admin_models.Quarantine,
    "Quarantined": admin_models.Quarantined,
    "QuarantinedItem": admin_models.QuarantinedItem,
    "DeadLetterPlaces": dead_letter_models.Places,
    "ShownPlace": dead_letter_models.Place,
    "DeadLetterPlace": dead_letter_models.PlaceWithLetters,
    "ShownDeadLetter": dead_letter_models.Letter,
    "ShownRedrive": dead_letter_models.Redriven,
}


def answered() -> list[str]:
    """Schemas of good answers to people and tools, and what is in those."""
    names: set[str] = set()

    def collect(found: Any) -> None:
        if isinstance(found, list):
            for one in found:
                collect(one)
        elif isinstance(found, dict):
            name = str(found.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in SCHEMAS and name not in names:
                names.add(name)
                collect(SCHEMAS[name])
            for one in found.values():
                collect(one)

    for path, _, operation in operations(DOCUMENT):
        if path.startswith("/v1/"):
            collect([answer for status, answer in operation["responses"].items() if status.startswith("2")])
    return sorted(name for name in names if "properties" in SCHEMAS[name])


def test_it_has_a_model_for_every_answer() -> None:
    assert set(answered()) - set(MODELS) == set()


@pytest.mark.parametrize("name", answered())
def test_each_model_has_the_fields_of_its_answer(name: str) -> None:
    fields = MODELS[name].model_fields
    assert set(SCHEMAS[name]["properties"]) - set(fields) == set()
    needed = {field for field, info in fields.items() if info.is_required()}
    assert needed - set(SCHEMAS[name].get("required", ())) == set()
