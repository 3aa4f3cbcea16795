"""The report says in words which guardrail to keep, soften or retire, and on how many cases that rests."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.guardrail_report import Counts, report
from leitplanke.domain.guardrail_rules import Guardrail
from leitplanke.domain.policy import load_policy

TODAY = date(2026, 11, 23)


def guardrail(**fields: Any) -> Guardrail:
    known: dict[str, Any] = {"id": "a", "purpose": "To see it.", "applies_to": ["note"]}
    return Guardrail.model_validate(known | fields)


def said(counts: Counts, **fields: Any) -> tuple[str, str]:
    (found,) = report([guardrail(**fields)], {"a": counts}, today=TODAY)
    return found.advice, found.sentence


@pytest.mark.parametrize(
    ("counts", "advice", "sentence"),
    [
        (Counts(), "too few cases", "Too few cases to say: it fired in 0 of 0 cases."),
        (
            Counts(evaluated=500, fired=9, overridden=9, false_stops=9),
            "too few cases",
            "Too few cases to say: it fired in 9 of 500 cases.",
        ),
        (
            Counts(evaluated=50, fired=10, overridden=5, regretted=0, false_stops=5),
            "keep",
            "Keep it: people turned back in 5 of 10 cases.",
        ),
        (
            Counts(evaluated=50, fired=20, overridden=18, regretted=1, false_stops=8),
            "too few cases",
            "Too few cases to say: only 9 of 18 overrides are judged.",
        ),
        (
            Counts(evaluated=50, fired=20, overridden=18, regretted=9, false_stops=9),
            "keep",
            "Keep it: 9 of 18 judged overrides were regretted: whoever goes past it, is often sorry.",
        ),
        (
            Counts(evaluated=50, fired=20, overridden=20, regretted=2, false_stops=18),
            "retire",
            "Retire it, it only slows people down: overridden in 20 of 20 cases, "
            "and 2 of 20 judged overrides were regretted.",
        ),
        (
            Counts(evaluated=50, fired=20, overridden=20, regretted=3, false_stops=17),
            "soften",
            "Soften it: overridden in 20 of 20 cases, and 3 of 20 judged overrides were regretted: "
            "narrow its condition, or ask for no reason.",
        ),
    ],
)
def test_the_advice_follows_from_the_counts(counts: Counts, advice: str, sentence: str) -> None:
    assert said(counts) == (advice, sentence)


def test_a_hard_one_is_softened_by_being_soft() -> None:
    counts = Counts(evaluated=50, fired=20, overridden=20, regretted=3, false_stops=17)
    advice, sentence = said(counts, level="hard", may_override=["owner"])
    assert advice == "soften"
    assert sentence.endswith("let it be soft.")


def test_a_condition_that_could_not_be_judged_is_told() -> None:
    assert said(Counts(unjudged=3))[1].endswith(
        "Its condition could not be judged 3 times, and let people through; mend it."
    )


def test_all_of_the_policy_in_its_order_and_then_what_is_gone_from_it() -> None:
    found = report(
        [guardrail(id="b"), guardrail(id="a", expires="2026-11-23")],
        {"old": Counts(fired=1), "b": Counts(fired=2)},
        today=TODAY,
    )
    assert [(one.id, one.in_force, one.counts.fired) for one in found] == [
        ("b", True, 2),
        ("a", False, 0),
        ("old", False, 1),
    ]
    assert found[2].guardrail is None


def test_of_the_default_set_each_has_its_line() -> None:
    policy = load_policy("description: x")
    found = report(policy.guardrails, {}, today=TODAY)
    assert [one.id for one in found] == [one.id for one in policy.guardrails]
    assert {one.advice for one in found} == {"too few cases"}


@given(
    evaluated=st.integers(0, 100),
    fired=st.integers(0, 100),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
)
def test_figures_add_up_and_there_is_always_a_word(
    evaluated: int, fired: int, shares: tuple[float, float, float]
) -> None:
    overridden = int(fired * shares[0])
    judged = int(overridden * shares[1])
    regretted = int(judged * shares[2])
    counts = Counts(
        evaluated=fired + evaluated,
        fired=fired,
        overridden=overridden,
        regretted=regretted,
        false_stops=judged - regretted,
        by=Counter({"Ada Example": overridden}),
    )
    advice, sentence = said(counts)
    assert counts.heeded + counts.regretted + counts.false_stops + counts.awaiting == fired
    assert sentence.endswith(".")
    if fired < 10:
        assert advice == "too few cases"
    if advice in ("retire", "soften"):
        assert judged >= 10
