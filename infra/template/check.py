"""Our own rules for template.yaml: `python -m infra.template.check` says every breach, or nothing.

What cfn-lint and its serverless rules know is left to them; these are this project's own promises.
"""

import sys
from collections.abc import Callable, Iterator

from infra.template import alarm_rules, function_rules, metric_rules, queue_rules, route_rules
from infra.template.reading import Template, read_template

RULES: tuple[Callable[[Template], Iterator[str]], ...] = (
    queue_rules.partial_failures_reported,
    queue_rules.mappings_have_own_concurrency,
    queue_rules.readers_may_hand_back,
    queue_rules.queues_have_dead_letters,
    queue_rules.dead_letters_keep_longer,
    queue_rules.visibility_fits_timeout,
    queue_rules.queues_have_alarms,
    queue_rules.deliveries_have_dead_letters,
    function_rules.runtime_is_right,
    function_rules.environment_matches_settings,
    function_rules.logs_are_kept_for_a_while,
    function_rules.rights_are_narrow,
    function_rules.functions_have_alarms,
    route_rules.routes_lead_to_functions,
    route_rules.route_keys_are_unique,
    route_rules.routes_are_guarded,
    alarm_rules.alarms_are_in_the_runbook,
    alarm_rules.alarms_tell_somebody,
    metric_rules.figures_are_counted_and_shown,
    metric_rules.alarms_are_on_one_dashboard,
)


def breaches(template: Template) -> list[str]:
    """One line for each breach of a rule: where, and what to do about it."""
    return [f"template.yaml: {message}" for rule in RULES for message in rule(template)]


def main() -> int:
    """The exit code: 1 if anything is wrong."""
    found = breaches(read_template())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
