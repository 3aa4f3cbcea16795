"""Labels name a service; service and labels make the key of an incident, and no two things share a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.grouping import MAX_KEY_CHARS, group_key, service_of
from leitplanke.domain.policy import empty_policy, load_policy

EMPTY = empty_policy()
MATCHING = load_policy(
    """
teams: {t: }
services:
  gateways: {team: t, match: {job: wireguard}}
  gateway-north: {team: t, match: {job: wireguard, site: north}}
  north: {team: t, match: {site: north}}
  shop: {team: t}
grouping: {service_from: [app, service]}
"""
)
BY_SITE = load_policy(
    """
grouping:
  rules:
    - {name: gateways by site, when: 'service.startsWith("vpn")', by: [site, rack]}
    - {name: prints by what is wrong, when: 'labels.kind == "printer"', by: [symptom]}
"""
)


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"service": "shop", "job": "node"}, "shop"),
        ({"job": "node", "component": "till"}, "till"),
        ({"job": "node"}, "node"),
        ({"service": "  ", "job": "node"}, "node"),
        ({"service": "x" * 129, "job": "node"}, "node"),
        ({"service": " front\n door "}, "front door"),
        ({"instance": "10.0.0.1"}, "unassigned"),
        ({}, "unassigned"),
    ],
)
def test_the_first_label_that_is_there_names_the_service(labels: dict[str, str], service: str) -> None:
    assert service_of(labels, EMPTY) == service


@pytest.mark.parametrize(
    ("labels", "service"),
    [
        ({"job": "wireguard"}, "gateways"),
        ({"job": "wireguard", "site": "south", "service": "shop"}, "gateways"),
        ({"site": "north", "job": "wireguard"}, "gateway-north"),
        ({"site": "north", "job": "other"}, "north"),
        ({"site": "south", "service": "shop", "app": "till"}, "till"),
        ({"job": "other"}, "unassigned"),
    ],
)
def test_labels_of_the_catalogue_win_and_the_most_precise_of_them(
    labels: dict[str, str], service: str
) -> None:
    assert service_of(labels, MATCHING) == service


def test_by_default_alerts_of_one_service_are_one_incident() -> None:
    assert group_key("vpn", "GatewayDown", {"instance": "a"}, EMPTY) == "service=vpn"
    assert group_key("vpn", "CertificateExpired", {}, EMPTY) == "service=vpn"


def test_unknown_things_are_kept_apart_by_what_is_wrong_not_by_where() -> None:
    one = group_key("unassigned", "Disk full on db-1.example.net", {}, EMPTY)
    assert one == "service=unassigned; symptom=disk full on <host>"
    assert group_key("unassigned", "Disk full on db-2.example.net", {}, EMPTY) == one
    assert group_key("unassigned", "Fan broken", {}, EMPTY) != one


def test_the_first_rule_that_holds_adds_its_labels() -> None:
    assert (
        group_key("vpn-1", "x", {"site": "north", "kind": "printer"}, BY_SITE) == "service=vpn-1; site=north"
    )
    assert group_key("hall", "Tray 3 empty", {"kind": "printer"}, BY_SITE) == (
        "service=hall; symptom=tray <n> empty"
    )


def test_a_label_that_is_missing_is_not_the_same_as_an_empty_one() -> None:
    assert group_key("vpn-1", "x", {}, BY_SITE) == "service=vpn-1"
    assert group_key("vpn-1", "x", {"site": ""}, BY_SITE) == "service=vpn-1; site="


def test_a_rule_that_cannot_be_judged_does_not_hold() -> None:
    assert group_key("hall", "x", {}, BY_SITE) == "service=hall"


def test_a_long_key_stays_short_and_its_own() -> None:
    keys = {group_key("vpn-1", "x", {"site": "ü" * 900 + end}, BY_SITE) for end in "ab"}
    assert len(keys) == 2
    assert all(len(key) <= MAX_KEY_CHARS for key in keys)


TRICKY = st.text(alphabet=st.sampled_from(list("a=; %~3BDé\n")), max_size=8)
PARTS = st.tuples(TRICKY, st.none() | TRICKY, st.none() | TRICKY)


@given(PARTS, PARTS)
def test_different_services_or_labels_never_give_the_same_key(
    one: tuple[str, str | None, str | None], other: tuple[str, str | None, str | None]
) -> None:
    def key(parts: tuple[str, str | None, str | None]) -> str:
        labels = {
            name: value for name, value in zip(("site", "rack"), parts[1:], strict=True) if value is not None
        }
        return group_key("vpn" + parts[0], "x", labels, BY_SITE)

    assert (key(one) == key(other)) == (one == other)
