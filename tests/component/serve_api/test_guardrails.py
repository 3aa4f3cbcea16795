"""GET /v1/guardrails: what each did in a period, in figures and in words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leitplanke.domain.attempts import Action, Actor
from leitplanke.domain.cases import Case, Outcome
from leitplanke.domain.regrets import Verdict
from leitplanke.table.client import Table
from leitplanke.table.guardrails import Guardrails, Tally, override_write
from leitplanke.table.policies import Policies
from tests.component.serve_api.conftest import NOW, Api, Calls

POLICY = """
guardrails:
  - {id: haste, purpose: It was open for minutes only., applies_to: [restore], when: minutes_open < 30}
  - {id: freeze, purpose: Not before Monday., applies_to: [close], level: hard, may_override: [lead],
     expires: 2026-02-01, source: the lawyers}
"""


@pytest.fixture(autouse=True)
def _policy(table: Table) -> None:
    Policies(table).put(POLICY, expected=None, by=Actor(name="Ada Example"), at=NOW)


def gone_past(table: Table, number: int, *, guardrail: str = "haste", actor: str = "Kim Example") -> Case:
    """A case that fired and was overridden, kept as the guard keeps it."""
    case = Case(
        subject=f"incident/inc-{number}",
        guardrail=guardrail,
        action=Action.RESTORE,
        actor=actor,
        name=actor,
        number=1,
        level="soft",
        fired_at=NOW,
        overridden_at=NOW,
        revision=2,
    )
    tally = Tally(case.subject)
    tally.asked(NOW.date(), case.action, [guardrail], ())
    tally.fired(case)
    tally.overridden(case)
    table.transact([override_write(case, is_new=True), *tally.writes()])
    return case


def test_a_period_is_told_exactly_like_this(api: Api, table: Table, calls: Calls) -> None:
    cases = [gone_past(table, number) for number in range(11)]
    cases.append(gone_past(table, 11, actor="Ada Example"))
    guardrails = Guardrails(table)
    for case in cases[1:]:
        guardrails.judged(
            case, Verdict(outcome=Outcome.FALSE_STOP, because=(), rests_on=0), at=NOW + timedelta(hours=2)
        )

    api.get("/v1/guardrails")  # from now on the process knows the policy
    with calls.counted() as seen:
        answer = api.get("/v1/guardrails", **{"from": "2026-02-01", "to": "2026-03-31"})

    assert answer.status == 200
    assert (answer.json["since"], answer.json["until"]) == ("2026-02-01", "2026-03-31")
    haste, freeze = answer.json["guardrails"]
    assert haste == {
        "id": "haste",
        "purpose": "It was open for minutes only.",
        "applies_to": ["restore"],
        "level": "soft",
        "expires": None,
        "in_force": True,
        "evaluated": 12,
        "unjudged": 0,
        "fired": 12,
        "heeded": 0,
        "overridden": 12,
        "by": {"Kim Example": 11, "Ada Example": 1},
        "regretted": 0,
        "false_stops": 11,
        "awaiting": 1,
        "advice": "retire",
        "sentence": "Retire it, it only slows people down: overridden in 12 of 12 cases, "
        "and 0 of 11 judged overrides were regretted.",
    }
    assert list(haste["by"]) == ["Kim Example", "Ada Example"]
    assert (freeze["in_force"], freeze["expires"], freeze["level"]) == (False, "2026-02-01", "hard")
    assert freeze["sentence"] == "Too few cases to say: it fired in 0 of 0 cases."
    assert seen == {"Query": 8}, "one for each of two months and four shards"


def test_one_that_the_policy_has_no_more_is_told_as_long_as_it_has_counts(api: Api, table: Table) -> None:
    gone_past(table, 1, guardrail="forgotten")
    found = api.get("/v1/guardrails", **{"from": "2026-03-01", "to": "2026-03-01"}).json["guardrails"]
    assert [one["id"] for one in found] == ["haste", "freeze", "forgotten"]
    assert (found[2]["purpose"], found[2]["level"], found[2]["in_force"]) == (None, None, False)
    found = api.get("/v1/guardrails", **{"from": "2026-03-02", "to": "2026-03-31"}).json["guardrails"]
    assert [one["id"] for one in found] == ["haste", "freeze"]


def test_without_a_period_it_is_the_last_quarter(api: Api, calls: Calls) -> None:
    api.get("/v1/guardrails")
    with calls.counted() as seen:
        answer = api.get("/v1/guardrails").json
    until = date.fromisoformat(answer["until"])
    assert until in (datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=1))
    assert until - date.fromisoformat(answer["since"]) == timedelta(days=89)
    assert seen["Query"] in (12, 16), "90 days touch three or four months"


def test_what_lies_ahead_is_left_out(api: Api) -> None:
    answer = api.get("/v1/guardrails", to="9999-12-31").json
    assert answer["until"] <= datetime.now(UTC).date().isoformat()


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "the period would begin after its last day, 2026-03-01"),
        ({"from": "9999-12-31"}, "the period would begin after its last day"),
        ({"from": "2025-03-01", "to": "2026-03-02"}, "the period has 367 days"),
        ({"from": "0001-01-01"}, "the period has"),
    ],
)
def test_a_period_that_there_is_not_is_a_clear_error(api: Api, query: dict[str, str], detail: str) -> None:
    answer = api.get("/v1/guardrails", **query)
    assert (answer.status, answer.json["type"]) == (400, "urn:leitplanke:error:invalid-input")
    assert answer.json["detail"].startswith(detail)
    assert (answer.json["field"], bool(answer.json["remedy"])) == ("from", True)


def test_the_first_day_of_the_calendar_has_no_quarter_before_it(api: Api) -> None:
    answer = api.get("/v1/guardrails", to="0001-01-03").json
    assert (answer["since"], answer["until"]) == ("0001-01-01", "0001-01-03")


def test_a_day_that_there_is_not_names_its_field(api: Api) -> None:
    answer = api.get("/v1/guardrails", **{"from": "2026-02-30"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "from")
    answer = api.get("/v1/guardrails", since="2026-02-01")
    assert (answer.status, answer.json["errors"][0]["remedy"]) == (422, "known here: from, to")
