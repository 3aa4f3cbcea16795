"""Signing in and out: the identity provider says who it is, our cookie remembers it."""

import hmac
from collections.abc import Mapping

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from functions.serve_board.headers import elsewhere
from functions.serve_board.here import Here
from leitplanke.domain.errors import NotAllowedError
from leitplanke.edge.sessions import UNFINISHED, SignIn

HOME = "/board"
SESSION, SIGN_IN = "leitplanke-session", "leitplanke-sign-in"


def cookie_name(name: str, *, secure: bool) -> str:
    """With a prefix that browsers hold to their promise: only from us, only over TLS (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if secure else name


def begin(here: Here, then: str) -> Response[str]:
    """To the identity provider, and remember where they wanted to go."""
    begun = SignIn.begun(then if _is_ours(then) else HOME)
    answer = elsewhere(here.provider.address_for(begun))
    answer.cookies.append(
        _cookie(
            here, SIGN_IN, here.cookies.sign_in(begun, now=here.now), seconds=int(UNFINISHED.total_seconds())
        )
    )
    return answer


def finish(here: Here, query: Mapping[str, str], cookies: Mapping[str, str]) -> Response[str]:
    """Back from it, with a code. Raises NotAllowedError, UnavailableError."""
    if query.get("error"):
        raise NotAllowedError(
            "the identity provider let nobody in", remedy="sign in again, or ask for access to it"
        )
    held = cookies.get(cookie_name(SIGN_IN, secure=here.secure), "")
    begun = here.cookies.sign_in_of(held, now=here.now)
    if begun is None or not hmac.compare_digest(begun.state.encode(), query.get("state", "").encode()):
        raise NotAllowedError(
            "this sign-in was begun in another browser, or too long ago", remedy="sign in again"
        )
    who = here.provider.signed_in(begun, code=query.get("code", ""), now=here.now)
    answer = elsewhere(begun.then)
    session = here.cookies.session(who.caller, expires_at=who.expires_at, now=here.now)
    seconds = max(int((who.expires_at - here.now).total_seconds()), 0)
    answer.cookies.append(_cookie(here, SESSION, session, seconds=seconds))
    answer.cookies.append(_cookie(here, SIGN_IN, "", seconds=0))
    return answer


def sign_out(here: Here) -> Response[str]:
    """Forget who it was. At the identity provider they stay signed in."""
    answer = elsewhere(f"{HOME}/signed-out")
    answer.cookies.append(_cookie(here, SESSION, "", seconds=0))
    return answer


def _is_ours(path: str) -> bool:
    """Whether it is a page of the board: whoever could name another could send people there."""
    is_plain = path.isprintable() and "\\" not in path
    return is_plain and (path == HOME or path.startswith((f"{HOME}/", f"{HOME}?")))


def _cookie(here: Here, name: str, value: str, *, seconds: int) -> Cookie:
    """For us alone, kept from scripts; sent when somebody follows a link to us, not with others' forms."""
    return Cookie(
        name=cookie_name(name, secure=here.secure),
        value=value,
        path="/",
        secure=here.secure,
        http_only=True,
        max_age=seconds,
        same_site=SameSite.LAX_MODE,
    )
