"""Conditions are checked when a policy is loaded, and never raise when an incident is judged."""

import pytest

from leitplanke.domain.errors import InvalidInputError
from leitplanke.domain.expressions import MAX_CHARS, VARIABLES, Facts, compile_condition

FACTS = Facts(
    {
        "service": "vpn",
        "symptom": "GatewayDown",
        "labels": {"site": "north"},
        "severity": "critical",
        "title": "Gateway down",
        "owner": "network",
        "customers": ["Grey Heron Fishing Club"],
        "heads": 40,
        "vital": False,
        "redundancy": "lost",
        "customers_at_risk": [],
        "heads_at_risk": 0,
        "impact": 2,
        "urgency": 1,
        "priority": "P2",
    }
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('service == "vpn" && heads > 30', True),
        ("vital || heads >= 100", False),
        ('labels.site == "north"', True),
        ('"site" in labels && labels["site"].startsWith("n")', True),
        ('customers.exists(c, c.contains("Heron"))', True),
        ('symptom.matches("^Gateway")', True),
        ("size(customers) == 1 && !vital", True),
        ('priority in ["P1", "P2"]', True),
        ("impact + urgency < 3", False),
    ],
)
def test_a_condition_holds_or_does_not(text: str, holds: bool) -> None:
    judged = compile_condition(text, "routing").judge(FACTS)
    assert (judged.holds, judged.problem) == (holds, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('labels.rack == "7"', "rack"),
        ("1 / 0 == heads", "divide by zero"),
        ('symptom.matches("(((")', "regular expression"),
        ("int(title) > 3", "cannot convert"),
    ],
)
def test_what_cannot_be_judged_does_not_hold_and_says_why(text: str, problem: str) -> None:
    judged = compile_condition(text, "routing").judge(FACTS)
    assert not judged.holds
    assert judged.problem is not None
    assert problem in judged.problem


def test_a_fact_that_is_not_known_yet_cannot_be_judged() -> None:
    judged = compile_condition("impact == 1", "recurrence").judge(Facts({"service": "vpn"}))
    assert not judged.holds
    assert judged.problem is not None
    assert "impact" in judged.problem


def test_a_text_that_is_no_unicode_raises_nothing() -> None:
    judged = compile_condition('title == "x"', "routing").judge(Facts({"title": "half \ud800"}))
    assert not judged.holds
    assert judged.problem is not None


def test_an_alternative_that_can_be_judged_is_enough() -> None:
    assert compile_condition('labels.rack == "7" || heads == 40', "routing").judge(FACTS).holds


def test_macros_in_macros_run_out_of_turns_instead_of_time() -> None:
    text = "customers.all(a, customers.all(b, customers.all(c, customers.all(d, a + b + c + d != title))))"
    many = Facts({"customers": [str(n) for n in range(500)], "title": ""})
    judged = compile_condition(text, "routing").judge(many)
    assert not judged.holds
    assert judged.problem is not None
    assert "budget" in judged.problem


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("heads +", "1:8", "CEL"),
        ("heads", "gives int, not yes or no", "compare"),
        ("dyn(vital)", "gives dyn, not yes or no", "compare"),
        ("haeds > 3", "undeclared reference to 'haeds'", "customers, heads, vital"),
        ("heads > 1.5", "1:7", "CEL"),
        ('heads == "40"', "no matching overload", "CEL"),
        ("(" * 200 + "vital" + ")" * 200, "recursion limit", "CEL"),
        ("true || " * MAX_CHARS, "the limit is 1000", "several rules"),
        ('severity == "crit"', 'severity is never "crit"', "critical, error, warning, info"),
        ("priority in ['P1', 'p2']", "priority is never 'p2'", "P1, P2"),
        ('redundancy != "gone"', 'redundancy is never "gone"', "used_up"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_with_place_and_remedy(
    text: str, message: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        compile_condition(text, "routing")
    assert message in refused.value.message
    assert remedy in refused.value.remedy
    assert "\n" not in refused.value.message


def test_a_label_may_have_any_value_even_where_it_is_called_severity() -> None:
    text = 'labels.severity == "page" || labels["priority"] == "urgent"'
    assert compile_condition(text, "routing").text == text


def test_a_condition_knows_only_what_is_known_where_it_stands() -> None:
    with pytest.raises(InvalidInputError, match="undeclared reference to 'priority'"):
        compile_condition('priority == "P1"', "impact")
    with pytest.raises(InvalidInputError, match="undeclared reference to 'severity'"):
        compile_condition('severity == "info"', "grouping")
    assert set(VARIABLES["grouping"]) < set(VARIABLES["impact"]) < set(VARIABLES["urgency"])
    assert set(VARIABLES["urgency"]) < set(VARIABLES["routing"])


def test_of_a_long_list_an_explanation_shows_the_beginning() -> None:
    many = Facts({"customers": [f"Customer {n}" for n in range(50)]})
    shown = compile_condition("size(customers) > 1", "impact").mentioned(many)["customers"]
    assert isinstance(shown, list)
    assert (len(shown), shown[-1]) == (21, "and 30 more")


def test_a_condition_names_the_facts_it_looked_at() -> None:
    text = 'labels.heads == "vital" || (heads > 3 && title != "service") || customers.exists(c, c == "x")'
    condition = compile_condition(text, "routing")
    assert condition.mentioned(FACTS) == {
        "labels": {"site": "north"},
        "heads": 40,
        "title": "Gateway down",
        "customers": ["Grey Heron Fishing Club"],
    }
