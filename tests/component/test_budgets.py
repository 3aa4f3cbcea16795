"""Every scenario costs exactly what tests/budgets/budgets.yaml says, and no more than is promised."""

import pytest

from infra.local.aws import Aws
from tests.budgets.budget import budgets, differences, measure, table_of
from tests.budgets.scenarios import SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_costs_what_is_budgeted(aws: Aws, table_name: str, scenario: str) -> None:
    changed = differences(budgets().get(scenario, {}), measure(aws, table_name, scenario))

    if changed:
        pytest.fail(
            f"\n{scenario}: not as budgeted\n\n{table_of(changed)}\n\n"
            "Is it meant? Then run `make budgets`, which writes the new numbers into\n"
            "tests/budgets/budgets.yaml, and say in the commit message why.",
            pytrace=False,
        )


def test_the_budgets_are_of_scenarios_that_there_are() -> None:
    assert list(budgets()) == list(SCENARIOS)
