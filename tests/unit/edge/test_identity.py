"""Who calls, and what their token allows."""

import pytest

from leitplanke.domain.attempts import Actor
from leitplanke.domain.errors import NotAllowedError
from leitplanke.edge.identity import Caller, Scope, caller_of


def scope_in(prefix: str = "", **claims: object) -> Scope | None:
    caller = caller_of({"sub": "u-1", **claims}, prefix=prefix)
    assert caller is not None
    return caller.scope


def actor_in(claims: dict[str, object], **where: str) -> Actor:
    caller = caller_of(claims, **where)
    assert caller is not None
    return caller.actor


def test_without_claims_there_is_no_caller() -> None:
    assert caller_of({}) is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada Example", "email": "ada@example.com", "sub": "u-1"}, "Ada Example"),
        ({"email": "ada@example.com", "sub": "u-1"}, "ada@example.com"),
        ({"username": "ada", "sub": "u-1"}, "ada"),
        ({"name": "", "sub": "u-1"}, "u-1"),
        ({"client_id": "deployer"}, "deployer"),
        ({"scope": "read"}, "unknown"),
        ({"name": " Ada\u0007\n Example "}, "Ada \n Example"),
        ({"name": "x" * 500}, "x" * 199 + "…"),
    ],
)
def test_the_name_for_timelines_is_what_people_call_them(claims: dict[str, str], name: str) -> None:
    assert actor_in(claims).name == name


@pytest.mark.parametrize(
    ("scope", "highest"),
    [
        ("read", Scope.READ),
        ("openid read respond profile", Scope.RESPOND),
        ("admin read", Scope.ADMIN),
        ("openid profile", None),
        ("", None),
        ("READ", None),
        ("leitplanke/read", None),
    ],
)
def test_the_highest_of_our_scopes_counts(scope: str, highest: Scope | None) -> None:
    assert scope_in(scope=scope) is highest


def test_scopes_may_come_as_a_list_or_as_the_gateway_writes_lists() -> None:
    assert scope_in(scp=["read", "manage"]) is Scope.MANAGE
    assert scope_in(scp="[read manage]") is Scope.MANAGE
    assert scope_in(scp="read manage") is Scope.MANAGE


def test_with_a_prefix_only_prefixed_scopes_are_ours() -> None:
    assert scope_in("leitplanke/", scope="leitplanke/respond admin") is Scope.RESPOND


@pytest.mark.parametrize("held", list(Scope))
@pytest.mark.parametrize("needed", list(Scope))
def test_each_scope_implies_the_lower_ones(held: Scope, needed: Scope) -> None:
    caller = Caller(actor=Actor(name="Ada Example"), scope=held)
    if held >= needed:
        caller.must(needed)
    else:
        with pytest.raises(NotAllowedError):
            caller.must(needed)


def test_a_token_without_our_scopes_may_nothing_and_is_told_what_it_needs() -> None:
    with pytest.raises(NotAllowedError) as refused:
        Caller(actor=Actor(name="Ada Example"), scope=None).must(Scope.READ, prefix="leitplanke/")
    assert refused.value.message == "this needs the scope leitplanke/read"
    assert refused.value.remedy == "use a token with the scope leitplanke/read or a higher one"


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        (["duty-manager", "network"], {"duty-manager", "network"}),
        ("[duty-manager network]", {"duty-manager", "network"}),
        ('["duty-manager", "head of network"]', {"duty-manager", "head of network"}),
        ("duty-manager network", {"duty-manager", "network"}),
        ("duty-manager", {"duty-manager"}),
        ("[]", set()),
        ("", set()),
        (None, set()),
        ({"realm": ["duty-manager"]}, set()),
        ([None, "", "network"], {"network"}),
        ("[unclosed", {"unclosed"}),
    ],
)
def test_roles_come_as_a_list_or_as_the_gateway_or_an_issuer_writes_lists(
    value: object, roles: set[str]
) -> None:
    assert actor_in({"roles": value}).roles == roles


def test_roles_come_from_the_claim_that_is_set_up_and_from_no_other() -> None:
    claims = {"cognito:groups": "[duty-manager]", "roles": "network", "scope": "admin"}
    assert actor_in(claims, roles_claim="cognito:groups").roles == {"duty-manager"}
    assert actor_in(claims).roles == {"network"}


def test_who_acts_is_known_by_what_the_provider_never_changes() -> None:
    assert actor_in({"name": "Ada Example", "sub": "u-1"}).ident == "u-1"
    assert actor_in({"name": "Ada Example", "client_id": "deployer"}).ident == "deployer"
    assert actor_in({"name": "Ada Example"}).ident == ""
