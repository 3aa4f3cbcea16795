"""Who is cut off, and by what. Held against a brute force that knows nothing of graphs."""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.catalogue import Customer, Need, Service
from leitplanke.domain.events import Severity
from leitplanke.domain.impact import Impact, affected_by, assess, counts_as_down
from leitplanke.domain.policy import Policy, load_policy

EXAMPLE = load_policy((Path(__file__).parents[3] / "infra" / "policy" / "example.yaml").read_text())
OFFICE, CLUB = "Federal Registry Office", "Grey Heron Fishing Club"
GATEWAYS = ("vpn-gateway-1", "vpn-gateway-2")


def catalogue(services: dict[str, object], customers: dict[str, object]) -> Policy:
    """A policy of services and customers, each given as what it needs."""
    return Policy(
        services={
            name: Service.model_validate({"team": "t", "needs": needs}) for name, needs in services.items()
        },
        customers={
            name: Customer.model_validate({"heads": 1, "needs": needs}) for name, needs in customers.items()
        },
    )


def names(impact: Impact) -> list[str]:
    return [customer.name for customer in impact.cut_off]


# ---------------------------------------------------------------------------------- the VPN story


def test_one_gateway_down_cuts_nobody_off_and_leaves_the_other_alone() -> None:
    impact = assess("vpn-gateway-1", {"vpn-gateway-1"}, EXAMPLE)
    assert names(impact) == []
    assert impact.unavailable == ("vpn-gateway-1",)
    (place,) = impact.redundancy
    assert (place.holder, place.state, place.left, place.lost) == (
        "vpn",
        "used_up",
        ("vpn-gateway-2",),
        ("vpn-gateway-1",),
    )
    assert place.text == "vpn runs on vpn-gateway-2 alone"
    assert impact.at_risk == (OFFICE, CLUB)
    assert impact.heads_at_risk == 1_840


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_both_gateways_down_cut_everybody_off_in_the_incident_of_each(gateway: str) -> None:
    impact = assess(gateway, GATEWAYS, EXAMPLE)
    assert names(impact) == [OFFICE, CLUB]
    assert (impact.heads, impact.vital, impact.redundancy_state) == (1_840, True, "lost")
    assert impact.cut_off[0].path == (OFFICE, "registry-office-access", "vpn", gateway)
    assert all(customer.enough for customer in impact.cut_off)
    assert impact.unavailable == (gateway, "vpn", "registry-office-access")
    assert impact.at_risk == ()


def test_a_database_down_has_no_part_in_what_the_gateways_do() -> None:
    impact = assess("registry-database", {"registry-database", *GATEWAYS}, EXAMPLE)
    assert names(impact) == [OFFICE]
    assert not impact.cut_off[0].enough, "the office needs the VPN as well"
    assert names(assess("vpn-gateway-1", {"registry-database", "vpn-gateway-1"}, EXAMPLE)) == []


def test_a_service_that_is_not_down_or_not_known_cuts_nobody_off() -> None:
    assert assess("vpn-gateway-1", {"vpn-gateway-2"}, EXAMPLE) == Impact(service="vpn-gateway-1")
    assert assess("till", {"till", *GATEWAYS}, EXAMPLE) == Impact(service="till")
    assert affected_by("till", EXAMPLE) == {"till"}


def test_a_gateway_concerns_all_that_shares_a_customer_with_it() -> None:
    assert affected_by("vpn-gateway-1", EXAMPLE) == set(EXAMPLE.services)


def test_a_warning_does_not_take_a_service_down() -> None:
    assert counts_as_down(Severity.CRITICAL, EXAMPLE)
    assert counts_as_down(Severity.ERROR, EXAMPLE)
    assert not counts_as_down(Severity.WARNING, EXAMPLE)


# ---------------------------------------------------------------------------------- alternatives


def test_two_of_three_are_enough_until_the_second_fails() -> None:
    policy = catalogue(
        {"a": None, "b": None, "c": None}, {"x": {"at_least": {"count": 2, "of": ["a", "b", "c"]}}}
    )
    one = assess("a", {"a"}, policy)
    assert (names(one), one.redundancy_state, one.redundancy[0].text) == (
        [],
        "used_up",
        "x runs on b, c with nothing to spare",
    )
    two = assess("a", {"a", "b"}, policy)
    assert (names(two), two.redundancy_state) == (["x"], "lost")
    assert two.redundancy[0].text == "x has only c of its alternatives left: a, b failed"


def test_of_three_alternatives_the_first_loss_only_reduces() -> None:
    policy = catalogue({"a": None, "b": None, "c": None, "s": {"any_of": ["a", "b", "c"]}}, {"x": "s"})
    impact = assess("b", {"b"}, policy)
    assert impact.redundancy_state == "reduced"
    assert impact.redundancy[0].text == "s has 2 of 3 alternatives left: a, c"
    assert impact.at_risk == ()


def test_alternatives_that_share_a_power_supply_are_lost_together() -> None:
    policy = catalogue({"power": None, "a": "power", "b": "power", "s": {"any_of": ["a", "b"]}}, {"x": "s"})
    impact = assess("power", {"power"}, policy)
    assert names(impact) == ["x"]
    assert impact.cut_off[0].path == ("x", "s", "a", "power")
    assert impact.unavailable == ("power", "a", "b", "s")


def test_nested_alternatives_are_named_as_a_whole() -> None:
    policy = catalogue(
        {"a": None, "b": None, "c": None, "s": {"any_of": [{"all_of": ["a", "b"]}, "c"]}},
        {"x": "s"},
    )
    assert assess("a", {"a"}, policy).redundancy[0].text == "s runs on c alone"
    assert assess("c", {"c"}, policy).redundancy[0].text == "s runs on (a with b) alone"
    assert names(assess("b", {"b", "c"}, policy)) == ["x"]


def test_a_customer_is_at_risk_where_its_other_way_is_down_for_another_reason() -> None:
    services: dict[str, object] = {"a": None, "b": None, "c": None, "s": {"any_of": ["b", "c"]}}
    policy = catalogue(services, {"x": {"any_of": ["a", "s"]}})
    assert assess("b", {"b"}, policy).at_risk == ()
    assert assess("b", {"a", "b"}, policy).at_risk == ("x",)


def test_redundancy_that_no_customer_stands_on_puts_nobody_at_risk() -> None:
    policy = catalogue({"a": None, "b": None, "s": {"any_of": ["a", "b"]}}, {})
    impact = assess("a", {"a"}, policy)
    assert impact.redundancy_state == "used_up"
    assert impact.at_risk == ()


# ---------------------------------------------------------------------------------- brute force

SERVICES = ("a", "b", "c", "d", "e", "f")


def gate(form: str, of: list[object], count: int) -> object:
    """One gate; `count` counts only where the form asks for it."""
    return {form: {"count": min(count, len(of)), "of": of}} if form == "at_least" else {form: of}


def needs_of(names: tuple[str, ...]) -> st.SearchStrategy[object]:
    """Trees of gates over some services, without anything twice in one gate."""
    forms = st.sampled_from(["any_of", "all_of", "at_least"])
    leaf = st.sampled_from(names)
    parts = st.lists(leaf, min_size=1, max_size=3, unique=True)
    inner = leaf | st.builds(gate, forms, parts, st.integers(1, 2))
    mixed = st.lists(inner, min_size=1, max_size=3, unique_by=repr)
    return inner | st.builds(gate, forms, mixed, st.integers(1, 2))


NEEDS = {i: needs_of(SERVICES[i:]) for i in range(len(SERVICES))}


@st.composite
def catalogues(draw: st.DrawFn) -> Policy:
    """Up to six services, each needing only later ones (so: no circles), and up to three customers."""
    services: dict[str, object] = {}
    for i, name in enumerate(SERVICES):
        services[name] = draw(st.none() | NEEDS[i + 1]) if i + 1 in NEEDS else None
    customers = {f"x{n}": draw(NEEDS[0]) for n in range(draw(st.integers(1, 3)))}
    return catalogue(services, customers)


@st.composite
def failures(draw: st.DrawFn) -> tuple[Policy, str, frozenset[str]]:
    policy = draw(catalogues())
    down = draw(st.frozensets(st.sampled_from(SERVICES), min_size=1))
    return policy, draw(st.sampled_from(sorted(down))), down


def works(need: Need | None, policy: Policy, down: Iterable[str], *, broken: Need | None = None) -> bool:
    """The definition, by the letter. `broken` is a gate that is taken to fail."""
    if need is None:
        return True
    if need is broken:
        return False
    if need.service is not None:
        below = policy.services[need.service].needs
        return need.service not in down and works(below, policy, down, broken=broken)
    return sum(works(part, policy, down, broken=broken) for part in need.parts) >= need.required


def failed_leaves(need: Need | None, policy: Policy, down: Iterable[str]) -> Iterator[str]:
    """Every service that is down on the failed part of a tree."""
    if need is None or works(need, policy, down):
        return
    if need.service is not None:
        if need.service in down:
            yield need.service
        yield from failed_leaves(policy.services[need.service].needs, policy, down)
    for part in need.parts:
        yield from failed_leaves(part, policy, down)


def decides(service: str, need: Need, policy: Policy, down: frozenset[str]) -> bool:
    """Whether there is a part of what is down in which this service makes the difference."""
    others = sorted(down - {service})
    subsets = chain.from_iterable(combinations(others, size) for size in range(len(others) + 1))
    return any(works(need, policy, some) and not works(need, policy, {*some, service}) for some in subsets)


def named(need: Need | None, policy: Policy) -> list[str]:
    """Every service below a need, as often as it is named."""
    below = [] if need is None else list(need.services())
    return below + [name for one in below for name in named(policy.services[one].needs, policy)]


@given(failures())
def test_cut_off_are_those_whose_needs_fail_with_this_service_on_the_failed_part(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    impact = assess(service, down, policy)
    expected = {
        name
        for name, customer in policy.customers.items()
        if service in set(failed_leaves(customer.needs, policy, down))
    }
    assert set(names(impact)) == expected
    assert impact.heads == len(expected)


@given(failures())
def test_whoever_this_service_makes_a_difference_for_counts_for_its_incident(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    cut_off = set(names(assess(service, down, policy)))
    for name, customer in policy.customers.items():
        if works(customer.needs, policy, down):
            assert name not in cut_off
            continue
        decisive = decides(service, customer.needs, policy, down)
        assert name in cut_off or not decisive
        below = named(customer.needs, policy)
        if len(below) == len(set(below)):
            assert (name in cut_off) == decisive, "without shared services the two are the same"


@given(failures())
def test_every_path_leads_through_what_does_not_work_to_the_service(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    for customer in assess(service, down, policy).cut_off:
        top, *steps = customer.path
        assert (top, steps[-1]) == (customer.name, service)
        assert steps[0] in set(policy.customers[top].needs.services())
        for upper, lower in zip(steps, steps[1:], strict=False):
            needs = policy.services[upper].needs
            assert needs is not None
            assert lower in set(needs.services())
            assert not works(Need(service=lower), policy, down)


@given(failures())
def test_bringing_one_service_back_is_enough_exactly_where_it_says_so(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    for customer in assess(service, down, policy).cut_off:
        assert customer.enough == works(policy.customers[customer.name].needs, policy, down - {service})


@given(failures())
def test_unavailable_services_do_not_work_and_have_this_one_on_their_failed_part(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    unavailable = assess(service, down, policy).unavailable
    assert unavailable[0] == service
    assert set(unavailable) == {
        name for name in SERVICES if service in set(failed_leaves(Need(service=name), policy, down))
    }


def gates_of(need: Need | None) -> Iterator[Need]:
    if need is not None:
        if need.parts:
            yield need
        for part in need.parts:
            yield from gates_of(part)


def touched(policy: Policy, service: str, down: frozenset[str]) -> Iterator[tuple[str, Need, int]]:
    """Places with alternatives of which this service took one: holder, gate, and how many more may fail."""
    holders = [(name, one.needs) for name, one in policy.services.items()]
    holders += [(name, one.needs) for name, one in policy.customers.items()]
    for holder, needs in holders:
        for gate in gates_of(needs):
            hit = any(service in set(failed_leaves(part, policy, down)) for part in gate.parts)
            if hit and gate.required < len(gate.parts):
                yield holder, gate, sum(works(part, policy, down) for part in gate.parts) - gate.required


@given(failures())
def test_redundancy_is_told_for_every_place_with_alternatives_that_this_service_took_one_from(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    expected = [
        (holder, "lost" if spare < 0 else "used_up" if spare == 0 else "reduced")
        for holder, _, spare in touched(policy, service, down)
    ]
    found = [(place.holder, place.state) for place in assess(service, down, policy).redundancy]
    assert sorted(found) == sorted(expected)


@given(failures())
def test_at_risk_are_those_whom_one_more_failure_where_nothing_is_to_spare_would_cut_off(
    case: tuple[Policy, str, frozenset[str]],
) -> None:
    policy, service, down = case
    expected = {
        name
        for name, customer in policy.customers.items()
        for _, gate, spare in touched(policy, service, down)
        if spare == 0
        and works(customer.needs, policy, down)
        and not works(customer.needs, policy, down, broken=gate)
    }
    impact = assess(service, down, policy)
    assert set(impact.at_risk) == expected
    assert impact.heads_at_risk == len(expected)


@given(failures(), st.sampled_from(SERVICES))
def test_a_flip_changes_nothing_for_services_that_it_does_not_affect(
    case: tuple[Policy, str, frozenset[str]], flipped: str
) -> None:
    policy, service, down = case
    if service not in affected_by(flipped, policy):
        assert assess(service, down | {flipped}, policy) == assess(service, down - {flipped}, policy)


@given(failures())
def test_more_failures_never_give_anybody_service_back(case: tuple[Policy, str, frozenset[str]]) -> None:
    policy, service, down = case
    all_down = assess(service, SERVICES, policy)
    assert set(names(assess(service, down, policy))) <= set(names(all_down))
