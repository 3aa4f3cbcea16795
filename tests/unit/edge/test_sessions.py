"""What the board's cookies hold is ours, is meant for what it is used for, and ends."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.attempts import Actor
from leitplanke.edge.identity import Caller, Scope
from leitplanke.edge.sessions import LONGEST, UNFINISHED, Cookies, SignIn

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "k" * 32
ADA = Caller(actor=Actor(name="Ada Example", ident="u-1", roles=frozenset({"lead"})), scope=Scope.RESPOND)


@pytest.fixture
def cookies() -> Cookies:
    return Cookies(KEY)


def test_a_session_comes_back_as_it_was(cookies: Cookies) -> None:
    session = cookies.session_of(cookies.session(ADA, expires_at=NOW + HOUR, now=NOW), now=NOW)
    assert session is not None
    assert (session.caller, session.until) == (ADA, NOW + HOUR)


def test_what_a_form_carries_is_never_the_same_and_always_comes_back(cookies: Cookies) -> None:
    session = cookies.session_of(cookies.session(ADA, expires_at=NOW + HOUR, now=NOW), now=NOW)
    assert session is not None
    carried = {session.csrf() for _ in range(20)}
    assert len(carried) == 20
    assert all(session.owns(one) and session.secret not in one for one in carried)


@given(said=st.one_of(st.text(), st.binary(max_size=100).map(lambda said: urlsafe_b64encode(said).decode())))
def test_what_no_form_of_ours_carried_is_not_owned(said: str) -> None:
    cookies = Cookies(KEY)
    session = cookies.session_of(cookies.session(ADA, expires_at=NOW + HOUR, now=NOW), now=NOW)
    assert session is not None
    assert not session.owns(said)
    assert not session.owns("ä" + session.csrf())
    assert not session.owns(session.secret)


def test_whoever_has_none_of_our_scopes_has_none_in_the_session(cookies: Cookies) -> None:
    nobody = replace(ADA, scope=None)
    session = cookies.session_of(cookies.session(nobody, expires_at=NOW + HOUR, now=NOW), now=NOW)
    assert session is not None
    assert session.caller.scope is None


def test_a_session_ends_with_the_token_and_after_half_a_day_at_the_latest(cookies: Cookies) -> None:
    short = cookies.session(ADA, expires_at=NOW + HOUR, now=NOW)
    assert cookies.session_of(short, now=NOW + HOUR - timedelta(seconds=1)) is not None
    assert cookies.session_of(short, now=NOW + HOUR) is None
    long = cookies.session(ADA, expires_at=NOW + timedelta(days=30), now=NOW)
    assert cookies.session_of(long, now=NOW + LONGEST) is None


def test_two_sessions_of_one_person_do_not_share_what_their_forms_carry(cookies: Cookies) -> None:
    one, other = (
        cookies.session_of(cookies.session(ADA, expires_at=NOW + HOUR, now=NOW), now=NOW) for _ in range(2)
    )
    assert one is not None
    assert other is not None
    assert not one.owns(other.csrf())


def test_a_sign_in_comes_back_as_it_was_and_not_too_late(cookies: Cookies) -> None:
    begun = SignIn.begun("/board/map")
    cookie = cookies.sign_in(begun, now=NOW)
    assert cookies.sign_in_of(cookie, now=NOW + UNFINISHED - timedelta(seconds=1)) == begun
    assert cookies.sign_in_of(cookie, now=NOW + UNFINISHED) is None


def test_one_kind_of_cookie_is_not_taken_for_the_other(cookies: Cookies) -> None:
    session = cookies.session(ADA, expires_at=NOW + HOUR, now=NOW)
    assert cookies.sign_in_of(session, now=NOW) is None
    assert cookies.session_of(cookies.sign_in(SignIn.begun("/"), now=NOW), now=NOW) is None


def forged(**headers: str) -> str:
    claims = {"sub": "u-1", "name": "Ada", "roles": [], "scope": "admin", "csrf": "c"}
    return jwt.encode(
        {**claims, "aud": "leitplanke/session", "exp": int((NOW + HOUR).timestamp())},
        "another key " * 8 if headers.get("alg") != "none" else "",
        algorithm=headers.get("alg", "HS256"),
    )


@pytest.mark.parametrize(
    "cookie", ["", "x", "a.b.c", "ü", forged(), forged(alg="none"), forged(alg="HS512"), "\x00" * 9]
)
def test_what_we_did_not_sign_is_nobody_s_session(cookies: Cookies, cookie: str) -> None:
    assert cookies.session_of(cookie, now=NOW) is None


def test_whoever_changes_a_character_is_nobody(cookies: Cookies) -> None:
    cookie = cookies.session(ADA, expires_at=NOW + HOUR, now=NOW)
    for place in range(0, len(cookie) - 2, 7):
        other = "A" if cookie[place] != "A" else "B"
        changed = cookie[:place] + other + cookie[place + 1 :]
        assert cookies.session_of(changed, now=NOW) is None, place


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cookies("short")
