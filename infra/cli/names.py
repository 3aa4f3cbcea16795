"""Ids as people type them: whole, or the first or last characters, as they were read out on the phone."""

import re
from collections.abc import Callable, Sequence

from infra.cli.errors import CliError, Exit
from infra.cli.typed import command
from infra.cli.words import what
from leitplanke_client import Client

WHOLE = 10
"""Characters of an id (leitplanke.edge.ids)."""
_SHORTEST = 3
_LOOKED_AT = 400
"""Incidents at most among which a short form is looked for: two pages, however many there are."""
_MISHEARD = str.maketrans("oil", "011")
"""Said on the phone or read off a screen these are easily taken for each other: in short forms they are."""

Named = tuple[str, str]
"""An id, and what it is about."""


def incident_id(client: Client, typed: str) -> str:
    """The incident that is meant. A short form means one that is not closed. Raises CliError."""

    def known() -> list[Named]:
        listing = client.incidents.list(state=["open", "acknowledged", "restored"], limit=200)
        found, _ = listing.first(_LOOKED_AT)
        return [(one.id, what(one.service, one.title)) for one in found]

    return _meant(typed, known, noun="incident", where=command("incidents", "--state", "all"))


def problem_id(client: Client, typed: str) -> str:
    """The problem that is meant. A short form means one that is not over. Raises CliError."""

    def known() -> list[Named]:
        found, _ = client.problems.list(limit=200).first(_LOOKED_AT)
        return [(one.id, what(one.service, one.title)) for one in found]

    return _meant(typed, known, noun="problem", where=command("problems", "--state", "all"))


def integration_id(typed: str) -> str:
    """The integration that is meant. Shutting out the wrong one is bad: its whole id. Raises CliError."""
    return _id_in(typed, where=command("integrations", "list"))


def _meant(typed: str, known: Callable[[], Sequence[Named]], *, noun: str, where: str) -> str:
    wanted = _id_in(typed, where=where)
    if len(wanted) >= WHOLE:
        return wanted
    if len(wanted) < _SHORTEST:
        remedy = f"type {_SHORTEST} characters of it or more"
        raise CliError(f"{typed!r} is too short for an id", remedy=remedy, code=Exit.WRONG_USAGE)
    found = [one for one in known() if _fits(wanted.translate(_MISHEARD), one[0].translate(_MISHEARD))]
    if len(found) == 1:
        return found[0][0]
    if not found:
        remedy = f"`{where}` lists what there is; what is over takes its whole id"
        message = f"no {noun} that is going on has an id like {typed}"
        raise CliError(message, remedy=remedy, code=Exit.NOT_FOUND)
    remedy = "type more of it"
    message = f"{typed} could be {len(found)} {noun}s"
    raise CliError(message, details=found[:10], remedy=remedy, code=Exit.NOT_FOUND)


def _id_in(typed: str, *, where: str) -> str:
    wanted = typed.strip().lower()
    if not re.fullmatch(r"[a-z0-9_-]{1,64}", wanted):
        raise CliError(f"{typed!r} is no id", remedy=f"copy one from `{where}`", code=Exit.WRONG_USAGE)
    return wanted


def _fits(part: str, ident: str) -> bool:
    return ident.startswith(part) or ident.endswith(part)
