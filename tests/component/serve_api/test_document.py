"""The OpenAPI document against the API's behaviour: schemathesis, all checks on.

Here a bounded number of requests, `make fuzz` sends thousands (API_EXAMPLES, for each operation).
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from functions.serve_api.app import the_app
from functions.serve_api.openapi import document_of
from tests.component.serve_api.conftest import Api, World
from tests.fuzz.gateway import TOKEN, Gateway

EXAMPLES = int(os.environ.get("API_EXAMPLES", "12"))
INCIDENT = "known"
CHECKS = {
    # What a schema cannot say: a page token that nobody gave out, a revision that is not the latest, an
    # address with a service that the policy does not know.
    "positive_data_acceptance": {
        "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "412", "422"]
    },
}
AUTH = {"openapi": {"token": {"bearer": TOKEN}}}
SCHEMA = schemathesis.openapi.from_dict(
    document_of(the_app(), ""), config=SchemathesisConfig.from_dict({"checks": CHECKS, "auth": AUTH})
)
SCHEMA.app = Gateway()
OPERATIONS = {one.ok().label: one.ok() for one in SCHEMA.get_all_operations()}


def test_the_document_has_an_operation_for_schemathesis_to_try() -> None:
    assert len(OPERATIONS) >= 30


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        *((label, GenerationMode.POSITIVE) for label in OPERATIONS),
        *(
            (label, GenerationMode.NEGATIVE)
            for label, one in OPERATIONS.items()
            if one.definition.raw.get("security")
        ),
    ],
    ids=str,
)
def test_every_answer_is_one_that_the_document_knows(
    api: Api, world: World, label: str, mode: GenerationMode
) -> None:
    world.alert(world.incident(incident_id=INCIDENT))
    problem = world.problem().problem_id
    operation = OPERATIONS[label]
    strategy = operation.as_strategy(generation_mode=mode)

    @given(case=strategy, real=st.booleans())
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    def tried(case: Any, real: bool) -> None:
        if real and mode.is_positive and "id" in case.path_parameters:
            case.path_parameters["id"] = problem if "problems" in label else INCIDENT
        case.call_and_validate()

    tried()
