"""Guardrails: which fire, who may go past them, and what people are told."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.attempts import Action, Actor, Attempt, Override
from leitplanke.domain.errors import ForbiddenByGuardrailError, GuardrailError, PolicyError
from leitplanke.domain.expressions import GUARDRAIL_FACTS
from leitplanke.domain.guardrail_facts import Around, facts_of
from leitplanke.domain.guardrail_rules import DEFAULT_GUARDRAILS, JUDGED, Guardrail
from leitplanke.domain.guardrails import Fired, evaluate, lazy_facts, passed
from leitplanke.domain.incidents import CutOff, Incident, IncidentState
from leitplanke.domain.policy import Policy, empty_policy, load_policy
from leitplanke.domain.problems import Problem, ProblemState
from tests.support.incidents import NOW, PERSON, any_incident, in_state, incident

DEFAULTS = empty_policy()
OFFICE = (CutOff(name="Federal Registry Office", heads=1800),)
PROBLEM = Problem(
    problem_id="prb-1",
    state=ProblemState.OPEN,
    signature="signature-1",
    title="vpn-gateway-1: GatewayDown",
    service="vpn-gateway-1",
    symptom="GatewayDown",
    team="network",
    rule="twice in a month",
    reason="it happened twice",
    opened_at=NOW,
    incidents=2,
    last_incident_at=NOW,
    changed_at=NOW,
)


def attempt(action: str, *, by: str = PERSON, roles: tuple[str, ...] = (), **details: Any) -> Attempt:
    return Attempt(
        action=Action(action), actor=Actor(name=by, roles=frozenset(roles)), at=NOW, details=details
    )


def fired(
    one: Attempt, subject: Incident | Problem, policy: Policy = DEFAULTS, **around: int
) -> tuple[str, ...]:
    found = evaluate(one, subject, policy=policy, around=Around(**around))
    assert found.unjudged == {}
    return tuple(each.id for each in found.fired)


def one_guardrail(**fields: Any) -> Policy:
    given_: dict[str, Any] = {"id": "a", "purpose": "To see it fire.", "applies_to": ["note"]}
    return Policy.model_validate({"guardrails": [given_ | fields]})


def as_fired(**fields: Any) -> Fired:
    known: dict[str, Any] = {
        "id": "a",
        "purpose": "To see it fire.",
        "level": "soft",
        "reason_required": True,
        "may_override": (),
        "source": "",
    }
    return Fired(**(known | fields))


class TestTheDefaultSet:
    def test_each_has_its_evidence_and_is_soft_because_roles_are_unknown_to_us(self) -> None:
        assert all(one.source and one.level == "soft" and one.when for one in DEFAULT_GUARDRAILS)

    def test_its_conditions_are_what_a_policy_may_hold(self) -> None:
        for one in DEFAULT_GUARDRAILS:
            assert one.when is not None
            DEFAULTS.condition("guardrail", one.when)

    @pytest.mark.parametrize(
        ("priority", "cut_off", "to", "fires"),
        [
            ("P1", OFFICE, "P3", True),
            ("P3", OFFICE, "P1", False),
            ("P1", OFFICE, "P1", False),
            ("P1", OFFICE, "", False),
            ("P1", (), "P3", False),
            (None, OFFICE, "P3", False),
        ],
    )
    def test_lowering_the_priority_of_what_cuts_customers_off(
        self, priority: Any, cut_off: Any, to: str, fires: bool
    ) -> None:
        one = incident(priority=priority, cut_off=cut_off)
        expected = ("lower-priority-while-cut-off",) if fires else ()
        assert fired(attempt("prioritise", to_priority=to), one) == expected

    @pytest.mark.parametrize("state", IncidentState)
    def test_closing_what_is_not_restored(self, state: IncidentState) -> None:
        live = state in (IncidentState.OPEN, IncidentState.ACKNOWLEDGED)
        assert fired(attempt("close"), in_state(state)) == (("close-before-restored",) if live else ())

    @pytest.mark.parametrize(
        ("before", "to", "fires"),
        [
            ({"hand_overs": 2, "assignee": "Grace Example"}, {"to_assignee": "Joan Example"}, True),
            ({"hand_overs": 5, "team": "network"}, {"to_team": "platform"}, True),
            ({"hand_overs": 1, "assignee": "Grace Example"}, {"to_assignee": "Joan Example"}, False),
            ({"hand_overs": 2, "assignee": "Grace Example"}, {"to_assignee": "Grace Example"}, False),
            ({"hand_overs": 2, "assignee": "Grace Example"}, {"to_assignee": PERSON}, False),
            ({"hand_overs": 2, "team": "network"}, {"to_assignee": PERSON, "to_team": "platform"}, True),
            ({"hand_overs": 2}, {"to_assignee": "Joan Example"}, False),
            ({"hand_overs": 2, "team": "network"}, {"to_team": "network"}, False),
        ],
    )
    def test_the_third_hand_over(self, before: Any, to: Any, fires: bool) -> None:
        one = in_state(IncidentState.OPEN, **before)
        assert fired(attempt("assign", **to), one) == (("third-hand-over",) if fires else ())
        over = in_state(IncidentState.RESTORED, **before)
        assert fired(attempt("assign", **to), over) == ()

    @pytest.mark.parametrize(
        ("text", "fires"),
        [
            ("Root cause seems to be the certificate", True),
            ("started the post-mortem", True),
            ("RCA: see wiki", True),
            ("restarted the daemon, waiting", False),
            ("the circa 40 users of orca", False),
        ],
    )
    def test_root_cause_work_in_a_live_incident_takes_no_reason(self, text: str, fires: bool) -> None:
        one = attempt("note", text=text)
        found = evaluate(one, incident(cut_off=OFFICE), policy=DEFAULTS, around=Around()).fired
        assert [(each.id, each.reason_required) for each in found] == (
            [("cause-before-restore", False)] if fires else []
        )
        assert fired(one, incident()) == ()
        assert fired(one, in_state(IncidentState.RESTORED, cut_off=OFFICE)) == ()

    @pytest.mark.parametrize(
        ("minutes", "silenced", "expected"),
        [
            (60, 5, ()),
            (1440, 0, ()),
            (1441, 0, ("suppress-over-a-day",)),
            (0, 0, ("suppress-without-end",)),
            (0, 6, ("suppress-without-end", "suppress-broadly")),
            (2000, 6, ("suppress-over-a-day", "suppress-broadly")),
            (1, 9, ("suppress-broadly",)),
        ],
    )
    def test_suppressing_for_ever_for_long_or_broadly(
        self, minutes: int, silenced: int, expected: tuple[str, ...]
    ) -> None:
        one = attempt("suppress", until_minutes=minutes, services_silenced=silenced)
        assert fired(one, incident()) == expected

    def test_acknowledging_a_tenth_at_once(self) -> None:
        assert fired(attempt("acknowledge"), incident(), holding=9) == ("tenth-at-once",)
        assert fired(attempt("acknowledge"), incident(), holding=8) == ()

    def test_acknowledging_again_what_one_has_is_not_a_tenth(self) -> None:
        assert fired(attempt("acknowledge"), in_state(IncidentState.ACKNOWLEDGED), holding=9) == ()

    def test_a_team_over_its_work_in_progress_limit(self) -> None:
        policy = load_policy("teams: {network: {wip_limit: 5}}")
        assert fired(attempt("accept"), PROBLEM, policy, team_wip=5) == ("problem-work-in-progress",)
        assert fired(attempt("accept"), PROBLEM, policy, team_wip=4) == ()
        assert fired(attempt("accept"), PROBLEM, team_wip=3) == ("problem-work-in-progress",)

    @pytest.mark.parametrize("action", ["escalate", "reopen", "restore", "decline"])
    def test_asking_for_help_and_restoring_is_never_in_its_way(self, action: str) -> None:
        worst = in_state(IncidentState.OPEN, hand_overs=9, cut_off=OFFICE, reopened=3, escalation=1)
        assert fired(attempt(action), worst, holding=99, team_wip=99) == ()


class TestFacts:
    @given(one=any_incident(), action=st.sampled_from(Action), data=st.data())
    def test_whatever_is_attempted_is_judged_and_nothing_raises(
        self, one: Incident, action: Action, data: st.DataObject
    ) -> None:
        words = st.text(max_size=20)
        details = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "to_priority": st.sampled_from(["P1", "P5", ""]),
                    "to_assignee": words,
                    "text": words,
                    "until_minutes": st.integers(0, 10**6),
                },
            )
        )
        tried = Attempt(action=action, actor=Actor(name=data.draw(words)), at=NOW, details=details)
        around = Around(holding=data.draw(st.integers(0, 20)))
        found = evaluate(tried, one, policy=DEFAULTS, around=around)
        assert found.unjudged == {}
        assert {each.id for each in found.fired} <= set(found.asked)
        if not lazy_facts(DEFAULTS, tried):
            assert found == evaluate(tried, one, policy=DEFAULTS, around=Around())

    @pytest.mark.parametrize("subject", [incident(), PROBLEM], ids=["incident", "problem"])
    def test_every_name_that_a_condition_may_use_has_a_value(self, subject: Incident | Problem) -> None:
        facts = facts_of(attempt("note"), subject, policy=DEFAULTS, around=Around())
        assert set(facts.values) == set(GUARDRAIL_FACTS)

    def test_they_are_of_the_moment_and_of_the_record(self) -> None:
        policy = load_policy(
            "teams: {network: {wip_limit: 4}}\nservices: {vpn-gateway-1: {team: network}}\n"
            "customers: {Federal Registry Office: {heads: 1800, vital: true, needs: vpn-gateway-1}}"
        )
        seen = in_state(
            IncidentState.ACKNOWLEDGED,
            cut_off=OFFICE,
            opened_at=NOW - timedelta(minutes=90),
            suppressed_until=NOW + timedelta(hours=1),
        )
        values = facts_of(
            attempt("note", roles=("b", "a"), text="x"), seen, policy=policy, around=Around()
        ).values
        expected = {
            "vital": True,
            "minutes_open": 90,
            "suppressed": True,
            "acknowledged": True,
            "team": "network",
            "owner": "network",
            "wip_limit": 4,
            "roles": ["a", "b"],
            "text": "x",
            "hour": 9,
            "weekday": 1,
            "assignee": PERSON,
        }
        assert {name: values[name] for name in expected} == expected

    def test_what_the_table_must_be_asked_is_asked_only_if_it_is_mentioned(self) -> None:
        assert lazy_facts(DEFAULTS, attempt("acknowledge")) == {"holding"}
        assert lazy_facts(DEFAULTS, attempt("accept")) == {"team_wip"}
        assert lazy_facts(DEFAULTS, attempt("note")) == frozenset()

    def test_a_condition_that_cannot_be_judged_lets_people_through_and_is_told(self) -> None:
        policy = one_guardrail(when='labels.rack == "7"')
        found = evaluate(attempt("note"), incident(), policy=policy, around=Around())
        assert (found.asked, found.fired) == (("a",), ())
        assert "rack" in found.unjudged["a"]


class TestGoingPast:
    def test_all_that_fire_are_told_at_once_with_the_call_that_goes_on(self) -> None:
        tried = attempt("suppress", services_silenced=9)
        found = evaluate(tried, incident(), policy=DEFAULTS, around=Around()).fired
        with pytest.raises(GuardrailError) as refused:
            passed(found, tried)
        assert [one.id for one in refused.value.fired] == ["suppress-without-end", "suppress-broadly"]
        assert "Without an end nobody will hear of it again" in refused.value.message
        assert refused.value.remedy == (
            'leave it, or do it all the same: the same call with "override": '
            '[{"guardrail": "suppress-without-end", "reason": "<why>"}, '
            '{"guardrail": "suppress-broadly", "reason": "<why>"}]'
        )

    def test_an_override_of_each_passes_and_is_remembered_with_its_reason(self) -> None:
        said = (Override(guardrail="a", reason=" planned "), Override(guardrail="unknown", reason="x"))
        tried = replace(attempt("note"), overrides=said)
        (gone_past,) = passed([as_fired()], tried)
        assert (gone_past.guardrail, gone_past.level, gone_past.reason) == ("a", "soft", "planned")

    def test_a_reason_is_asked_for_where_it_is_required_and_only_there(self) -> None:
        tried = replace(attempt("note"), overrides=(Override(guardrail="a", reason="  "),))
        with pytest.raises(GuardrailError) as refused:
            passed([as_fired()], tried)
        assert refused.value.remedy == "say why: `reason` is empty in the override of a"
        assert len(passed([as_fired(reason_required=False)], tried)) == 1

    def test_past_a_hard_one_goes_only_a_role_that_may_and_with_a_reason(self) -> None:
        hard = as_fired(level="hard", may_override=("duty-manager", "owner"))
        said = (Override(guardrail="a", reason="agreed with the customer"),)
        with pytest.raises(ForbiddenByGuardrailError) as refused:
            passed([hard], replace(attempt("note", roles=("engineer",)), overrides=said))
        assert "a: duty-manager, owner" in refused.value.remedy
        allowed = attempt("note", roles=("owner",))
        assert passed([hard], replace(allowed, overrides=said))[0].level == "hard"
        with pytest.raises(ForbiddenByGuardrailError) as silent:
            passed([hard], allowed)
        assert silent.value.remedy.startswith("your role may go past it")

    def test_a_hard_one_forbids_even_if_the_soft_ones_are_overridden(self) -> None:
        hard = as_fired(id="b", level="hard", may_override=("owner",))
        tried = replace(attempt("note"), overrides=(Override(guardrail="a", reason="x"),))
        with pytest.raises(ForbiddenByGuardrailError) as refused:
            passed([as_fired(), hard], tried)
        assert [one.id for one in refused.value.fired] == ["a", "b"]

    def test_nothing_fires_nothing_is_asked(self) -> None:
        assert passed([], attempt("note")) == ()


class TestInAPolicy:
    def test_what_is_written_replaces_the_default_set(self) -> None:
        assert load_policy("guardrails: []").guardrails == ()
        assert load_policy("description: x").guardrails == DEFAULT_GUARDRAILS

    def test_one_is_silent_from_the_day_on_which_it_expires(self) -> None:
        assert fired(attempt("note"), incident(), one_guardrail(expires="2026-11-24")) == ("a",)
        assert fired(attempt("note"), incident(), one_guardrail(expires="2026-11-23")) == ()

    def test_a_hard_one_always_takes_a_reason(self) -> None:
        policy = one_guardrail(level="hard", may_override=["owner"])
        (found,) = evaluate(attempt("note"), incident(), policy=policy, around=Around()).fired
        assert (found.reason_required, found.may_override) == (True, ("owner",))

    @pytest.mark.parametrize(
        ("fields", "path", "message", "remedy"),
        [
            ("id: No Id", "guardrails.0.id", "is no id", "like third-hand-over"),
            ("applies_to: [acknowlege]", "guardrails.0.applies_to.0", "'acknowlege'", "acknowledge,"),
            ("applies_to: []", "guardrails.0.applies_to", "at least 1", "add one"),
            ("applies_to: [note, note]", "guardrails.0.applies_to", "note twice", "once"),
            ("applies_to: [report]", "guardrails.0.applies_to.0", "nothing that people do", "acknowledge,"),
            (
                "applies_to: [incident.closed]",
                "guardrails.0.applies_to.0",
                "nothing that people do",
                "clocks",
            ),
            ('purpose: ""', "guardrails.0.purpose", "at least 1", "guide"),
            ("purpose:", "guardrails.0.purpose", "empty", "a text"),
            ("level: hart", "guardrails.0.level", "'hart'", "'soft' or 'hard'"),
            ("level: hard", "guardrails.0.may_override", "nobody could", "name the roles"),
            ("may_override: [owner]", "guardrails.0.may_override", "everybody may", "make it hard"),
            (
                "level: hard\n    may_override: [a]\n    reason: false",
                "guardrails.0.reason",
                "false",
                "leave `reason` out",
            ),
            ("expires: soon", "guardrails.0.expires", "no day", "2027-03-31"),
            ("expires: 2027-02-30", "guardrails.0.expires", "no day", "2027-03-31"),
            ("when: nonsense > 3", "guardrails.0.when", "nonsense", "hand_overs"),
            ("when: state", "guardrails.0.when", "gives string", "compare"),
            ("when: redundancy == 'lost'", "guardrails.0.when", "redundancy", "customers"),
            ("when: priority == 'P9'", "guardrails.0.when", "priority is never", "P1"),
            ("when: action == 'acknowlege'", "guardrails.0.when", "action is never", "acknowledge"),
            ("when: to_priority == 'high'", "guardrails.0.when", "to_priority is never", "nothing"),
            ("when: 'false'", "guardrails.0.when", "never holds", "leave"),
            ("condition: x", "guardrails.0.condition", "not known", "when"),
        ],
    )
    def test_every_fault_is_named_with_its_remedy(
        self, fields: str, path: str, message: str, remedy: str
    ) -> None:
        usual = {"id": "a", "purpose": "To see it.", "applies_to": "[note]"}
        written = {line.split(":")[0].strip() for line in fields.splitlines()}
        lines = [f"{name}: {value}" for name, value in usual.items() if name not in written]
        text = "guardrails:\n  - " + "\n    ".join([*lines, fields])
        with pytest.raises(PolicyError) as wrong:
            load_policy(text)
        (fault,) = wrong.value.faults
        assert fault.path == path
        assert message in fault.message
        assert remedy in fault.remedy

    def test_several_faults_are_named_at_once(self) -> None:
        one = "{id: a, purpose: x, applies_to: [note], level: hard}"
        with pytest.raises(PolicyError) as wrong:
            load_policy(f"guardrails: [{one}, {one}]")
        assert [fault.path for fault in wrong.value.faults] == [
            "guardrails.0.may_override",
            "guardrails.1.id",
            "guardrails.1.may_override",
        ]

    def test_there_are_no_more_than_one_transaction_can_count(self) -> None:
        many = [{"id": f"g{n}", "purpose": "x", "applies_to": ["note"]} for n in range(31)]
        with pytest.raises(PolicyError, match="holds more than 30"):
            load_policy(f"guardrails: {many}".replace("'", ""))


class TestGuide:
    """docs/guides/guardrails.md says what there is."""

    TEXT = (Path(__file__).parents[3] / "docs" / "guides" / "guardrails.md").read_text("utf-8")

    def test_it_names_every_fact_every_default_and_every_key(self) -> None:
        named = set(re.findall(r"`([a-z_-]+)`", self.TEXT))
        assert set(GUARDRAIL_FACTS) <= named
        assert {one.id for one in DEFAULTS.guardrails} <= named
        assert set(Guardrail.model_fields) <= named
        assert {action.value for action in JUDGED} <= named

    def test_its_examples_are_policies(self) -> None:
        examples = re.findall(r"```yaml\n(.*?)```", self.TEXT, re.DOTALL)
        assert [len(load_policy(one).guardrails) for one in examples] == [2]
