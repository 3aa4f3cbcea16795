"""Impact x urgency gives the priority, a tree gives team and lane, and every step says why."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from leitplanke.domain.events import Severity
from leitplanke.domain.policy import Policy, empty_policy, load_policy
from leitplanke.domain.routing import MAX_LISTED, Facts, Outcome, decide

EXAMPLE = load_policy((Path(__file__).parents[3] / "infra" / "policy" / "example.yaml").read_text())
GATEWAYS = frozenset({"vpn-gateway-1", "vpn-gateway-2"})
FACTS = Facts(
    service="vpn-gateway-1", severity=Severity.CRITICAL, symptom="GatewayDown", title="Gateway 1 down"
)


def rules(outcome: Outcome) -> list[str]:
    return [reason.rule for reason in outcome.reasons]


def text(outcome: Outcome, rule: str) -> str:
    return next(reason.text for reason in outcome.reasons if reason.rule == rule)


def routed(routes: str, *, teams: str = "{a: , b: , c: , d: }", root: str = "", **facts: str) -> Outcome:
    """The outcome of a tree for an incident of the service `shop`, owned by team `a`."""
    policy = load_policy(
        f"teams: {teams}\nservices: {{shop: {{team: a}}}}\nrouting: {{{root} routes: {routes}}}\n"
    )
    return decide(Facts(**{"service": "shop", "severity": Severity.ERROR, "symptom": "x"} | facts), policy)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- the VPN story


def test_with_one_gateway_down_nobody_is_cut_off_and_the_lane_is_standard() -> None:
    outcome = decide(replace(FACTS, down={"vpn-gateway-1"}), EXAMPLE)
    assert (outcome.impact, outcome.urgency, outcome.priority) == (2, 2, "P3")
    assert (outcome.team, outcome.lane, outcome.cut_off, outcome.heads) == ("network", "standard", (), 0)
    assert (outcome.redundancy, outcome.heads_at_risk) == ("used_up", 1_840)
    assert outcome.acknowledge_within == timedelta(hours=1)
    assert text(outcome, "redundancy") == (
        "vpn runs on vpn-gateway-2 alone; one more failure there cuts off "
        "Federal Registry Office, Grey Heron Fishing Club"
    )


@pytest.mark.parametrize("gateway", sorted(GATEWAYS))
def test_with_both_gateways_down_the_incident_of_each_is_p1_and_expedite(gateway: str) -> None:
    outcome = decide(replace(FACTS, service=gateway, down=GATEWAYS), EXAMPLE)
    assert (outcome.priority, outcome.lane, outcome.team) == ("P1", "expedite", "network")
    assert (outcome.cut_off_count, outcome.heads) == (2, 1_840)
    assert outcome.acknowledge_within == timedelta(minutes=5)
    assert text(outcome, "catalogue") == (
        "Federal Registry Office (1,800 people, vital) cannot work: it needs registry-office-access, "
        f"which needs vpn, which needs {gateway}, which is down; bringing that back is enough"
    )
    assert rules(outcome) == [
        "catalogue",
        "catalogue",
        "redundancy",
        "impact: a vital customer or many people cut off",
        "urgency: people cannot work now",
        "priority",
        "routing: owner",
        "routing: drop everything else",
    ]


def test_severity_alone_moves_no_priority_to_the_top() -> None:
    outcome = decide(replace(FACTS, service="registry-database", down=set()), EXAMPLE)
    assert outcome.priority == "P4"
    assert text(outcome, "catalogue") == "nobody is cut off: registry-database is not down"


def test_what_is_not_in_the_catalogue_goes_to_the_default_team_and_says_so() -> None:
    outcome = decide(replace(FACTS, service="coffee-machine", severity=Severity.INFO), EXAMPLE)
    assert (outcome.priority, outcome.team, outcome.lane) == ("P5", "platform", "backlog")
    assert text(outcome, "routing: default") == "team platform: nobody owns coffee-machine"
    assert "not in the catalogue" in text(outcome, "catalogue")
    assert outcome.acknowledge_within is None


def test_without_a_policy_there_is_still_a_team_and_a_lane() -> None:
    outcome = decide(replace(FACTS, down=GATEWAYS), empty_policy())
    assert (outcome.team, outcome.lane, outcome.priority) == ("unassigned", "standard", "P4")


# ---------------------------------------------------------------------------------- the matrix


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        (1, 1, "P1"), (1, 2, "P2"), (2, 1, "P2"), (1, 3, "P3"), (2, 2, "P3"), (3, 1, "P3"),
        (2, 3, "P4"), (3, 2, "P4"), (3, 3, "P5"),
    ],
)  # fmt: skip
def test_the_matrix_gives_the_priority(impact: int, urgency: int, priority: str) -> None:
    policy = load_policy(
        f"impact: {{rules: [{{name: i, when: vital, level: 1}}], default: {impact}}}\n"
        f"urgency: {{rules: [{{name: u, when: vital, level: 1}}], default: {urgency}}}\n"
    )
    assert decide(FACTS, policy).priority == priority


def test_a_matrix_of_ones_own_is_used() -> None:
    policy = load_policy("priority: [[P1, P1, P1], [P1, P1, P3], [P1, P2, P5]]")
    assert decide(FACTS, policy).priority == "P2", "impact 3 is the row, urgency 2 the column"


def test_the_first_level_rule_that_holds_wins_and_urgency_may_ask_for_impact() -> None:
    policy = load_policy(
        """
impact:
  rules:
    - {name: first, when: 'symptom == "GatewayDown"', level: 2}
    - {name: second, when: 'severity == "critical"', level: 1}
urgency:
  rules: [{name: as bad as it is, when: impact == 2, level: 1}]
"""
    )
    outcome = decide(FACTS, policy)
    assert (outcome.impact, outcome.urgency) == (2, 1)
    reason = next(reason for reason in outcome.reasons if reason.rule == "impact: first")
    assert reason.facts == {"symptom": "GatewayDown"}


# ---------------------------------------------------------------------------------- the tree


def test_the_first_route_that_matches_wins() -> None:
    outcome = routed(
        "[{name: x, when: vital, team: b}, {name: y, when: heads == 0, team: c}, {name: z, team: d}]"
    )
    assert (outcome.team, outcome.also) == ("c", ())
    assert text(outcome, "routing: y") == 'team c: the route "y" says so'


def test_the_owner_gets_it_where_no_route_names_a_team() -> None:
    outcome = routed("[{name: x, lane: backlog}]", root="team: d,")
    assert (outcome.team, outcome.lane) == ("a", "backlog")
    assert routed("[{name: x}]", root="team: d,", service="till").team == "d"


def test_children_inherit_and_the_deepest_match_decides() -> None:
    tree = """[{name: top, when: heads == 0, team: b, lane: expedite, routes: [
        {name: never, when: vital, team: c},
        {name: below, when: 'labels.site == "north"', lane: backlog}]}]"""
    north = routed(tree, labels={"site": "north"})  # type: ignore[arg-type]
    assert (north.team, north.lane) == ("b", "backlog")
    assert "routing: top > below" in rules(north)
    south = routed(tree, labels={"site": "south"})  # type: ignore[arg-type]
    assert (south.team, south.lane) == ("b", "expedite")


def test_a_route_whose_children_do_not_match_is_the_match_itself_and_ends_the_walk() -> None:
    outcome = routed(
        """[{name: x, team: b, when: heads == 0, routes: [{name: y, when: vital, team: c}]},
            {name: z, team: d}]"""
    )
    assert outcome.team == "b"


def test_continue_goes_on_and_later_teams_are_told_as_well() -> None:
    outcome = routed(
        """[{name: lane only, lane: expedite, continue: true, when: heads == 0},
            {name: first team, team: b, continue: true},
            {name: nested, team: c, continue: true, routes: [
                {name: one, continue: true, lane: backlog}, {name: two, team: d}]},
            {name: again, team: b, lane: backlog}]"""
    )
    assert (outcome.team, outcome.lane, outcome.also) == ("b", "expedite", ("c", "d"))
    assert text(outcome, "routing: continue") == "c, d will be told as well"


def test_a_match_without_continue_ends_the_walk_among_its_siblings_only() -> None:
    outcome = routed(
        """[{name: x, continue: true, routes: [{name: y, team: b, when: heads == 0}, {name: z, team: c}]},
            {name: w, team: d}]"""
    )
    assert (outcome.team, outcome.also) == ("b", ("d",))


def test_routes_know_priority_owner_and_who_is_cut_off() -> None:
    policy = load_policy(
        """
teams: {a: , b: }
services: {shop: {team: a}}
customers: {Paper Lantern Bookshop: {heads: 12, needs: shop}}
routing:
  routes:
    - name: x
      when: >-
        priority == "P2" && impact == 2 && urgency == 1
        && owner == "a" && "Paper Lantern Bookshop" in customers
      team: b
"""
    )
    assert decide(replace(FACTS, service="shop", down={"shop"}), policy).team == "b"


# ---------------------------------------------------------------------------------- reasons


def test_a_rule_that_cannot_be_judged_is_passed_over_and_told() -> None:
    outcome = routed("""[{name: by rack, when: 'labels.rack == "7"', team: b}, {name: rest, team: c}]""")
    assert outcome.team == "c"
    reason = outcome.reasons[-1]
    assert reason.rule == "routing: by rack"
    assert reason.text == (
        'the routing rule "by rack" was passed over, it could not be judged: Key not found in map : "rack"'
    )
    assert reason.facts == {"when": 'labels.rack == "7"'}


def test_an_outcome_is_plain_json() -> None:
    outcome = decide(replace(FACTS, down=GATEWAYS, labels={"site": "north"}), EXAMPLE)
    plain = outcome.as_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["acknowledge_within_s"] == 300
    assert plain["cut_off"][1] == {
        "name": "Grey Heron Fishing Club",
        "heads": 40,
        "vital": False,
        "path": ["Grey Heron Fishing Club", "vpn", "vpn-gateway-1"],
        "enough": True,
    }
    assert plain["reasons"][0]["facts"]["heads"] == 1_800


def test_equal_facts_give_equal_outcomes_whatever_the_order() -> None:
    one = replace(FACTS, down=["vpn-gateway-1", "vpn-gateway-2"], labels={"a": "1", "b": "2"})
    other = replace(FACTS, down=["vpn-gateway-2", "vpn-gateway-1"], labels={"b": "2", "a": "1"})
    assert decide(one, EXAMPLE) == decide(other, EXAMPLE)


def hundreds() -> Policy:
    """400 customers on one service, bigger ones later in the document."""
    customers = "".join(f"  Customer {n:03}: {{heads: {n}, needs: shop}}\n" for n in range(400))
    return load_policy(f"teams: {{a: }}\nservices: {{shop: {{team: a}}}}\ncustomers:\n{customers}")


def test_of_hundreds_of_customers_the_largest_are_listed_and_all_are_counted() -> None:
    outcome = decide(replace(FACTS, service="shop", down={"shop"}), hundreds())
    assert (len(outcome.cut_off), outcome.cut_off_count, outcome.heads) == (MAX_LISTED, 400, 79_800)
    assert outcome.cut_off[0].name == "Customer 399"
    assert "and 390 more customers, 79,800 people in all" in [reason.text for reason in outcome.reasons]
    assert len(json.dumps(outcome.as_dict())) < 40_000, "it is stored in one row"


def test_neither_long_chains_nor_many_alternatives_make_an_outcome_long() -> None:
    chain = "".join(f"  s{n}: {{team: a, needs: s{n + 1}}}\n" for n in range(1, 500))
    spares = ", ".join(f"s{n}" for n in range(1, 500))
    policy = load_policy(
        f"teams: {{a: }}\nservices:\n{chain}  s500: {{team: a}}\n"
        f"  pool: {{team: a, needs: {{any_of: [{spares}]}}}}\n"
        "customers: {Paper Lantern Bookshop: {heads: 12, needs: s1}, Harbour Choir: {heads: 3, needs: pool}}"
    )
    outcome = decide(replace(FACTS, service="s500", down={"s500"}), policy)
    assert outcome.cut_off[0].path == (
        "Paper Lantern Bookshop", "s1", "s2", "s3", "s4", "…", "s496", "s497", "s498", "s499", "s500",
    )  # fmt: skip
    assert text(outcome, "redundancy") == (
        "pool has none of its alternatives left: s1, s2, s3, s4, s5 and 494 more failed"
    )
    assert len(json.dumps(outcome.as_dict())) < 5_000
