"""The machine runs: a few steady examples in every test run, many new ones in `make model`."""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.engine import TableEngine
from tests.model.machine import WholeFlow

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
SHORT = settings(
    max_examples=25,
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


def test_nothing_is_lost_or_doubled_whatever_happens_in_whatever_order(table_engine: TableEngine) -> None:
    machine = type("WholeFlowHere", (WholeFlow,), {"engine": table_engine})
    run_state_machine_as_test(machine, settings=LONG if os.environ.get("MODEL") == "long" else SHORT)
