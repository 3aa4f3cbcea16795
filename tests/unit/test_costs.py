"""What is promised about costs and keys, whatever the budgets say today. No engine: the counts are filed."""

from collections import Counter
from typing import Any

import pytest

from infra.bench.costs import DOCUMENT, computed
from infra.bench.model import (
    KEY_LIMIT,
    MORE,
    PROFILES,
    REPEATS,
    TABLE_LIMIT,
    Profile,
    budgets,
    load_of,
    usd_per_million,
)
from tests.budgets import scenarios
from tests.budgets.budget import budgets as read_budgets
from tests.budgets.budget import differences, rewrite

OPENED = "1,000 distinct alerts of one service in one batch"
OVER = "all 1,000 of them are over in one batch"


def writes(scenario: str) -> Counter[str]:
    """Write units of all functions together, by sort of row."""
    units: Counter[str] = Counter()
    for numbers in budgets()[scenario].values():
        units.update(numbers.get("writes", {}))
    return units


@pytest.mark.parametrize("scenario", ["one alert repeats", REPEATS])
def test_repeats_cost_one_write_of_the_alert_and_touch_no_index_and_no_incident(scenario: str) -> None:
    assert writes(scenario) == {"ALERT": 1}


@pytest.mark.parametrize("scenario", [OPENED, MORE, OVER])
def test_a_distinct_alert_costs_at_most_four_write_units_with_all_that_follows(scenario: str) -> None:
    assert sum(writes(scenario).values()) <= 4 * 1_000


@pytest.mark.parametrize("batch", [REPEATS, OPENED, MORE, OVER])
def test_no_partition_key_gets_hot_in_a_storm(batch: str) -> None:
    kind, units_per_s = load_of(batch).hottest
    assert units_per_s <= KEY_LIMIT, kind


@pytest.mark.parametrize("batch", [REPEATS, OPENED, MORE, OVER])
def test_all_consumers_together_cannot_ask_more_of_a_new_table_than_it_takes(batch: str) -> None:
    load = load_of(batch)
    assert load.highest_table_per_s <= TABLE_LIMIT
    assert load.index_per_s <= TABLE_LIMIT


@pytest.mark.parametrize("batch", [REPEATS, MORE])
def test_a_storm_of_a_minute_is_over_within_two(batch: str) -> None:
    assert load_of(batch).lasts_s[1] <= 120


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_million_alerts_cost_dollars_not_tens_of_dollars(profile: Profile) -> None:
    ceiling = {("repeat", 1): 3.0, ("distinct", 1): 5.5, ("repeat", 100): 0.1, ("distinct", 100): 2.5}
    assert sum(usd_per_million(profile).values()) < ceiling[profile.kind, profile.per_request]


def test_the_document_says_what_is_computed() -> None:
    assert computed() in DOCUMENT.read_text("utf-8"), "run `make budgets`"


def test_the_cost_model_speaks_of_the_scenarios_that_are_played() -> None:
    named = {name for profile in PROFILES for name in (profile.door, profile.batch)}
    assert named <= set(scenarios.SCENARIOS)
    assert {OPENED, OVER} <= set(scenarios.SCENARIOS)


def test_rewriting_budgets_keeps_what_people_wrote(tmp_path: Any) -> None:
    path = tmp_path / "budgets.yaml"
    path.write_text(
        "# The head.\n#\n\n# Above a.\na, 1:\n  f:  # of f\n    calls: {Get: 1}  # because\n    reads: 1\n",
        "utf-8",
    )
    rewrite({"a, 1": {"f": {"calls": {"Get": 2, "Put": 1}, "reads": 0.5}}, "b": {"g": {"reads": 1}}}, path)

    assert path.read_text("utf-8") == (
        "# The head.\n#\n\n# Above a.\na, 1:\n  f:  # of f\n    calls: {Get: 2, Put: 1}  # because\n"
        "    reads: 0.5\n\nb:\n  g:\n    reads: 1\n"
    )
    assert read_budgets(path)["b"] == {"g": {"reads": 1}}


def test_a_difference_names_the_number() -> None:
    rows = differences(
        {"f": {"calls": {"Get": 1}, "reads": 1}}, {"f": {"calls": {"Get": 1, "Put": 2}, "reads": 1}}
    )
    assert rows == [("f", "calls Put", "0", "2")]
