"""What the commands about dead letters share: the connection, names, and one place."""

import difflib
import os
import re
from typing import Annotated, Any

import typer

from infra.cli.answers import Places, PlaceWithLetters
from infra.cli.client import Client
from infra.cli.connection import find_connection
from infra.cli.errors import CliError

as_json = Annotated[bool, typer.Option("--json", help="Print what the API answers, for programs.")]

_ENDS = re.compile(r"(dead-?letters)?(alarm)?$|queue$")


def connect() -> Client:
    """The API that the environment names. Raises CliError."""
    return Client(find_connection(os.environ))


def name_of(typed: str) -> str:
    """`RoutingDeadLettersAlarm`, `RoutingQueue`, `routing`: what the API calls `routing`."""
    name = _ENDS.sub("", typed.strip().lower(), count=1).strip("-_ ")
    if not re.fullmatch(r"[a-z0-9_-]{1,64}", name):
        raise CliError(f"{typed!r} is no queue", remedy="see `leitplanke dead-letters --all`")
    return name


def the_place(client: Client, name: str, *, limit: int) -> tuple[PlaceWithLetters, Any]:
    """One place with messages, and the answer as it came. Raises CliError, naming what it might have been."""
    try:
        answer = client.get(f"/v1/dead-letters/{name}", limit=limit)
    except CliError as error:
        if error.status == 404:  # noqa: PLR2004 - not found
            raise unknown_place(client, name) from None
        raise
    return PlaceWithLetters.model_validate(answer), answer


def unknown_place(client: Client, name: str) -> CliError:
    """There is no such place; what there is."""
    known = [place.id for place in Places.model_validate(client.get("/v1/dead-letters")).dead_letters]
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"take one of {', '.join(known)}"
    return CliError(f"there is no queue {name!r}", remedy=remedy, status=404)
