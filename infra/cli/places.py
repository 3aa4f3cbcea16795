"""What the commands about dead letters share: names, and one place."""

import difflib
import re

from infra.cli.errors import CliError, Exit
from leitplanke_client import Client, NotFoundError
from leitplanke_client.dead_letter_models import PlaceWithLetters

_ENDS = re.compile(r"(dead-?letters)?(alarm)?$|queue$")


def name_of(typed: str) -> str:
    """`RoutingDeadLettersAlarm`, `RoutingQueue`, `routing`: what the API calls `routing`."""
    name = _ENDS.sub("", typed.strip().lower(), count=1).strip("-_ ")
    if not re.fullmatch(r"[a-z0-9_-]{1,64}", name):
        raise CliError(
            f"{typed!r} is no queue", remedy="see `leitplanke dead-letters --all`", code=Exit.WRONG_USAGE
        )
    return name


def the_place(client: Client, name: str, *, limit: int) -> PlaceWithLetters:
    """One place with messages. Raises CliError, naming what it might have been; ClientError."""
    try:
        return client.dead_letters.look(name, limit=limit)
    except NotFoundError as error:
        raise unknown_place(client, name) from error


def unknown_place(client: Client, name: str) -> CliError:
    """There is no such place; what there is."""
    known = [place.id for place in client.dead_letters.places().dead_letters]
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"take one of {', '.join(known)}"
    return CliError(f"there is no queue {name!r}", remedy=remedy, code=Exit.NOT_FOUND)
