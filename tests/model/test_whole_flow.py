"""The machine runs: a few steady examples in every test run, many new ones in `make model`."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.model.engine import TableEngine
from tests.model.machine import WholeFlow

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
SHORT = settings(
    max_examples=12,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=_SLOW,
)
LONG = settings(
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "600")),
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=_SLOW,
)


@pytest.fixture(autouse=True)
def _tables(table_engine: TableEngine) -> None:
    WholeFlow.engine = table_engine


TestNothingIsLostOrDoubledWhateverHappensInWhateverOrder = WholeFlow.TestCase
TestNothingIsLostOrDoubledWhateverHappensInWhateverOrder.settings = (
    LONG if os.environ.get("MODEL") == "long" else SHORT
)
