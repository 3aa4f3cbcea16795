"""A policy is let in whole and consistent, or refused with all that is wrong, where, and what to do."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.durations import format_duration, parse_duration
from leitplanke.domain.errors import Fault, PolicyError
from leitplanke.domain.events import Severity
from leitplanke.domain.expressions import VARIABLES
from leitplanke.domain.policy import Policy, empty_policy, load_policy
from leitplanke.domain.yaml_text import MAX_CHARS, read_yaml

EXAMPLE = Path(__file__).parents[3] / "infra" / "policy" / "example.yaml"

SMALL = """
teams:
  web:
    channels: [{name: pager, url: "ssm:/channels/web"}]
services:
  shop: {team: web, needs: [database]}
  database: {team: web}
customers:
  Paper Lantern Bookshop: {heads: 12, needs: shop}
"""


def faults(text: str) -> dict[str, Fault]:
    """The faults of a text by path."""
    with pytest.raises(PolicyError) as refused:
        load_policy(text)
    return {fault.path: fault for fault in refused.value.faults}


def fault(text: str) -> Fault:
    """The only fault of a text."""
    found = list(faults(text).values())
    assert len(found) == 1, found
    return found[0]


def test_ten_lines_are_a_policy() -> None:
    policy = load_policy(SMALL)
    assert policy.owner("shop") == "web"
    assert policy.owner("till") is None
    assert policy.team("web").channels[0].url == "ssm:/channels/web"
    assert policy.team("web").escalation_channels == policy.team("web").channels
    assert policy.team("unassigned").channels == ()
    assert policy.reopen_window == timedelta(hours=1)
    assert policy.default_team == "unassigned"


def test_an_empty_policy_works_and_equals_one_that_says_nothing() -> None:
    assert empty_policy() == load_policy("description: ''")
    assert empty_policy().routing.lane == "standard"
    assert empty_policy().priority[0][0] == "P1"


def test_parts_may_be_there_and_empty() -> None:
    policy = load_policy("teams:\n  web:\nservices:\ncustomers:\nimpact:\n")
    assert policy.team("web").channels == ()
    assert policy.impact == empty_policy().impact


def test_the_example_says_its_defaults_openly() -> None:
    policy, plain = load_policy(EXAMPLE.read_text()), empty_policy()
    assert (policy.impact, policy.urgency, policy.priority) == (plain.impact, plain.urgency, plain.priority)
    assert (policy.grouping, policy.acknowledge_within) == (plain.grouping, plain.acknowledge_within)
    assert policy.reopen_window == plain.reopen_window
    assert {team.channels[0].url for team in policy.teams.values()} == {
        f"ssm:/leitplanke/channels/{name}" for name in policy.teams
    }


def test_what_is_written_replaces_its_default_and_the_rest_stays() -> None:
    policy = load_policy(
        "routing: {team: a}\nteams: {a: }\nacknowledge_within: {P3: null, P4: 8h}\nreopen_window: 90m"
    )
    assert policy.routing.routes == empty_policy().routing.routes
    assert policy.acknowledge_within.for_priority("P1") == timedelta(minutes=5)
    assert policy.acknowledge_within.for_priority("P3") is None
    assert policy.acknowledge_within.for_priority("P4") == timedelta(hours=8)
    assert policy.reopen_window == timedelta(minutes=90)


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    found = faults(
        """
teams: {web: {chanels: []}}
services:
  shop: {team: 7, needs: {any_of: []}}
customers:
  The Quiet Choir: {heads: "many"}
reopen_window: 5
"""
    )
    assert set(found) == {
        "teams.web.chanels",
        "services.shop.team",
        "services.shop.needs.any_of",
        'customers."The Quiet Choir".heads',
        'customers."The Quiet Choir".needs',
        "reopen_window",
    }
    assert found["teams.web.chanels"].remedy.startswith("did you mean `channels`?")
    assert found["services.shop.team"].remedy == 'put it in quotes: "7"'
    assert "(line 4)" in found["services.shop.team"].message
    assert found['customers."The Quiet Choir".needs'].message == "is missing (line 6)"
    assert "5m" in found["reopen_window"].remedy


def test_names_that_do_not_exist_are_named_with_the_nearest_that_does() -> None:
    found = faults(
        SMALL
        + """
routing:
  team: wbe
  routes: [{name: x, team: ops, when: vital, routes: [{name: y, team: web2, when: vital}]}]
"""
    )
    assert found["routing.team"].remedy == "did you mean web?"
    assert found["routing.routes.0.team"].remedy == "add it to teams, or correct the name"
    assert found["routing.routes.0.routes.0.team"].remedy == "did you mean web?"

    found = faults(SMALL.replace("[database]", "[{any_of: [database, databse]}, shop2]"))
    assert found["services.shop.needs.0.any_of.1"].remedy == "did you mean database?"
    assert "shop2" in found["services.shop.needs.1"].message


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": "b", "b": "c", "c": "a"}, "a needs b needs c needs a"),
        ({"a": "a"}, "a needs a"),
        ({"x": "a", "a": "b", "b": "a"}, "a needs b needs a"),
    ],
)
def test_a_circle_of_needs_is_shown(needs: dict[str, str], circle: str) -> None:
    services = "".join(
        f"  {name}: {{team: t, needs: {{any_of: [{need}, z]}}}}\n" for name, need in needs.items()
    )
    found = fault(f"teams: {{t: }}\nservices:\n  z: {{team: t}}\n{services}")
    assert circle in found.message


def test_a_chain_of_thousands_of_services_is_no_circle_and_no_trouble() -> None:
    chain = "".join(f"  s{n}: {{team: t, needs: s{n + 1}}}\n" for n in range(3_000))
    policy = load_policy(f"teams: {{t: }}\nservices:\n{chain}  s3000: {{team: t}}\n")
    assert len(policy.services) == 3_001


@pytest.mark.parametrize(
    ("needs", "path", "message"),
    [
        ("{any_of: [a, a]}", "services.s.needs.any_of", "names a twice"),
        ("[a, a]", "services.s.needs", "names a twice"),
        ("{at_least: {count: 3, of: [a, b]}}", "services.s.needs.at_least.count", "asks for 3 of 2"),
        ("{any_of: [a], all_of: [b]}", "services.s.needs", "says any_of and all_of"),
        ("{}", "services.s.needs", "says nothing"),
        ("5", "services.s.needs", "is no need"),
        ("{any: [a]}", "services.s.needs.any", "is not known here"),
        ("{any_of: a}", "services.s.needs.any_of", "must be a list"),
        ('"a "', "services.s.needs", "one line without blanks"),
    ],
)
def test_needs_that_mean_nothing_are_refused(needs: str, path: str, message: str) -> None:
    found = fault(
        f"teams: {{t: }}\nservices:\n  a: {{team: t}}\n  b: {{team: t}}\n  s: {{team: t, needs: {needs}}}"
    )
    assert found.path == path
    assert message in found.message


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ('impact: {rules: [{name: r, when: "heads >", level: 1}]}', "impact.rules.0.when", "Syntax error"),
        ("impact: {rules: [{name: r, when: heads, level: 1}]}", "impact.rules.0.when", "not yes or no"),
        ("impact: {rules: [{name: r, when: impact == 1, level: 1}]}", "impact.rules.0.when", "undeclared"),
        ("impact: {default: 2}", "impact.rules", "is missing"),
        ("impact: {rules: [{name: r, when: vital, level: 4}]}", "impact.rules.0.level", "is 4"),
        ("urgency: {rules: [{name: r, when: 'false', level: 1}]}", "urgency.rules.0.when", "never holds"),
        ("priority: [[P1, P2, P3], [P1, P2, P3]]", "priority.2", "is missing"),
        ("priority: [[P1, P2, P9], [P1, P2, P3], [P1, P2, P3]]", "priority.0.2", "is 'P9'"),
        ("recurrence: [{name: r, count: 3}]", "recurrence.0", "does not say when"),
        ("recurrence: [{name: r, count: 3, within: 5d, major: [P1]}]", "recurrence.0", "does not say when"),
        ("recurrence: [{name: r, count: 1, within: 5d}]", "recurrence.0.count", "greater than or equal to 2"),
        ("recurrence: [{name: r, major: [P1], when: heads_at_risk > 1}]", "recurrence.0.when", "undeclared"),
        ("recurrence: [{name: r, count: 2, within: 0s}]", "recurrence.0.within", "no time at all"),
        ("acknowledge_within: {P2: 0s}", "acknowledge_within.P2", "leaves no time"),
        ("recurrence: [{name: r, major: []}]", "recurrence.0.major", "holds 0"),
        ("recurrence: [{name: r, major: [P1]}, {name: r, major: [P2]}]", "recurrence.1.name", "like another"),
        ("grouping: {rules: [{name: r, by: [site, site]}]}", "grouping.rules.0.by", "names site twice"),
        ("grouping: {rules: [{name: r, when: heads > 1}]}", "grouping.rules.0.when", "undeclared"),
        ("acknowledge_within: {P1: soon}", "acknowledge_within.P1", "is not a span of time"),
        ("restoring: {down_from: fatal}", "restoring.down_from", "is 'fatal'"),
        ("services: {unassigned: {team: unassigned}}", "services.unassigned", "names no service"),
        ("reopen_window: 4000d", "reopen_window", "ten years"),
        ("nonsense: 1", "nonsense", "is not known here"),
    ],
)
def test_rules_that_cannot_work_are_refused(document: str, path: str, message: str) -> None:
    found = fault(document)
    assert found.path == path
    assert message in found.message
    assert found.remedy


@pytest.mark.parametrize(
    ("routes", "path", "message"),
    [
        ("[{name: all}, {name: rest, when: vital}]", "routing.routes.1", '"all" before it always matches'),
        ("[{name: all, when: 'true'}, {name: rest}]", "routing.routes.1", "always matches"),
        (
            "[{name: a, when: heads > 1}, {name: b, when: heads  >  1}]",
            "routing.routes.1",
            '"a" before it has the same',
        ),
        (
            "[{name: a, when: vital, routes: [{name: b}, {name: c, when: vital}]}]",
            "routing.routes.0.routes.1",
            "is never reached",
        ),
        ("[{name: a, when: vital}, {name: a, when: heads > 1}]", "routing.routes.1.name", "like another"),
    ],
)
def test_a_route_that_nothing_can_reach_is_refused(routes: str, path: str, message: str) -> None:
    found = fault(f"routing: {{routes: {routes}}}")
    assert found.path == path
    assert message in found.message


def test_what_comes_after_continue_can_be_reached() -> None:
    policy = load_policy(
        "routing: {routes: [{name: a, continue: true}, {name: b, when: vital, continue: yes}, {name: c}]}"
    )
    assert [route.goes_on for route in policy.routing.routes] == [True, True, False]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://hooks.example.com/T000/secret", "could use its token"),
        ("mailto://user:secret@example.com", "could use its token"),
        ("network-pager", "is not a reference"),
        ("ssm:no-slash", "is not a reference"),
        ("env:", "is not a reference"),
    ],
)
def test_the_address_of_a_channel_must_not_be_in_the_policy(url: str, message: str) -> None:
    found = fault(SMALL.replace("ssm:/channels/web", url))
    assert found.path == "teams.web.channels.0.url"
    assert message in found.message
    assert "ssm:/path" in found.remedy
    assert "secret@" not in found.message


@pytest.mark.parametrize("url", ["ssm:/a/b", "secretsmanager:prod/web", "env:WEB_CHANNEL"])
def test_a_reference_to_a_secret_is_fine(url: str) -> None:
    assert load_policy(SMALL.replace("ssm:/channels/web", url)).team("web").channels[0].url == url


def test_two_channels_of_a_team_need_two_names_or_one_address() -> None:
    pager = "{name: pager, url: 'ssm:/a'}"
    assert "like another" in fault(f"teams: {{t: {{channels: [{pager}, {pager}]}}}}").message
    assert load_policy(f"teams: {{t: {{channels: [{pager}], escalation: [{pager}]}}}}").team("t").escalation
    other = pager.replace("/a", "/b")
    found = fault(f"teams: {{t: {{channels: [{pager}], escalation: [{other}]}}}}")
    assert found.path == "teams.t.escalation.0.name"


def test_two_services_must_not_claim_the_same_labels() -> None:
    found = fault("teams: {t: }\nservices: {a: {team: t, match: {job: x}}, b: {team: t, match: {job: x}}}")
    assert found.path == "services.b.match"
    assert "same labels as a" in found.message


def test_words_that_other_yaml_readers_take_for_something_else_stay_words() -> None:
    policy = load_policy(
        "teams: {no: , on: , 1: , 12:30: , null: }\nservices: {off: {team: no}, 2024-05-01: {team: on}}"
    )
    assert list(policy.teams) == ["no", "on", "1", "12:30", "null"]
    assert policy.owner("off") == "no"
    assert policy.owner("2024-05-01") == "on"


@pytest.mark.parametrize(
    ("value", "shown"), [("1", "is 1,"), ("true", "is true,"), ("1.5", "is 1.5,"), ("[x]", "is a list,")]
)
def test_a_name_that_yaml_takes_for_something_else_is_told(value: str, shown: str) -> None:
    found = fault(f"teams: {{t: }}\nservices: {{s: {{team: {value}}}}}")
    assert found.path == "services.s.team"
    assert shown in found.message


@pytest.mark.parametrize("value", ["1_800", "'1800'", "true", "1800.5", "-1"])
def test_heads_are_counted_in_whole_numbers(value: str) -> None:
    found = fault(SMALL.replace("heads: 12", f"heads: {value}"))
    assert found.path == 'customers."Paper Lantern Bookshop".heads'


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("teams: {a: , a: }", "teams.a", "is there twice, first in line 1"),
        ("teams:\n  a:\nteams:\n  b:\n", "teams", "is there twice, first in line 1 (line 3)"),
        ("teams: &t {a: }", "teams", "sets the anchor &t"),
        ("teams: {a: &x {}, b: *x}", "teams.a", "sets the anchor"),
        ("a: !!python/object/apply:os.system [ls]", "a", "carries the tag"),
        ("description: !!str 5", "description", "carries the tag"),
        ("teams: {[a, b]: }", "teams", "key that is not a text"),
        ("a: 1\n---\nb: 2", "policy", "more than one document"),
        ("a: [1, 2", "policy", "cannot be read as YAML"),
        ("a: b: c", "policy", "(line 1, column 5)"),
        ("a:\n\t- b", "policy", "cannot be read as YAML"),
        ("[" * 100_000, "policy", "nested more than 40 levels"),
        ("a: " + "{a: " * 100, "policy", "nested more than 40 levels"),
        ("", "policy", "is empty"),
        ("# nothing", "policy", "is empty"),
        ("- a\n- b", "policy", "is not a mapping"),
        ("just words", "policy", "is not a mapping"),
        ("a: '\ud800'", "policy", "half a character"),
        ("a: \x07", "policy", "cannot be read as YAML"),
        ("#" * (MAX_CHARS + 1), "policy", "the limit is 1000000"),
    ],
)
def test_a_text_that_is_no_plain_yaml_is_refused(text: str, path: str, message: str) -> None:
    found = faults(text)
    assert path in found
    assert message in found[path].message
    assert found[path].remedy


def test_aliases_of_aliases_cost_nothing() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    found = faults(bomb)
    assert "sets the anchor &a0 (line 1)" in found["a0"].message
    assert "uses the alias *a58" in found["a59.1"].message


@given(st.text(alphabet=st.sampled_from(list("a1:-{}[],&*!|>'\"#%@ \n\t~?.")), max_size=60))
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    read = read_yaml(text)
    assert read.faults or read.data is None or isinstance(read.data, str | int | float | bool | dict | list)


@given(st.integers(min_value=0, max_value=3_000 * 86_400))
def test_a_span_survives_being_written_and_read(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize("text", ["", "5", "5 m", "m5", "-5m", "1.5h", "5y", "PT5M", "²h"])
def test_a_span_without_a_clear_unit_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span"):
        parse_duration(text)


def test_each_condition_is_compiled_once_for_a_policy() -> None:
    policy = load_policy("routing: {routes: [{name: a, when: vital, lane: expedite}]}")
    assert policy.condition("routing", "vital") is policy.condition("routing", "vital")


def test_a_policy_cannot_be_changed_by_accident() -> None:
    policy = load_policy(SMALL)
    with pytest.raises(ValueError, match="frozen"):
        policy.reopen_window = timedelta(0)  # type: ignore[misc]


def test_the_policy_says_from_which_severity_on_a_service_counts_as_down() -> None:
    assert Policy().restoring.down_from is Severity.ERROR
    assert load_policy("restoring: {down_from: critical}").restoring.down_from is Severity.CRITICAL


GUIDE = (EXAMPLE.parents[2] / "docs" / "guides" / "policy.md").read_text()


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))
def test_what_the_guide_shows_is_a_policy(block: str) -> None:
    assert load_policy(block) != empty_policy()


def test_the_guide_lists_every_name_that_conditions_know_where_they_know_it() -> None:
    rows = re.findall(r"^\| ?(\w*) \| `(\w+)` \| (string|int|bool|map|list) \|", GUIDE, re.MULTILINE)
    known: dict[str, str] = {}
    told: dict[str, dict[str, str]] = {}
    place = ""
    for start, name, kind in rows:
        place = start or place
        known[name] = kind
        told[place] = dict(known)
    assert told == {
        place: {name: kind.name().lower().split("<")[0] for name, kind in VARIABLES[place].items()}
        for place in ("grouping", "impact", "urgency", "routing")
    }
