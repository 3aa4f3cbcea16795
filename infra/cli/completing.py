"""What the shell offers when Tab is pressed behind a command that takes an id."""

import os
from collections.abc import Iterator

from infra.cli import connection
from infra.cli.errors import CliError
from infra.cli.words import what
from leitplanke_client import ClientError

_OFFERED = 50


def incidents(incomplete: str) -> Iterator[tuple[str, str]]:
    """Those that are not closed. Nothing where the API cannot be asked: a shell is no place for faults."""
    try:
        with connection.open_client(connection.find_connection(os.environ)) as client:
            states = client.incidents.list(state=["open", "acknowledged", "restored"], limit=_OFFERED)
            for one in states.page().incidents:
                if one.id.startswith(incomplete):
                    yield one.id, f"{one.priority or '-'} {what(one.service, one.title)}"
    except (CliError, ClientError):
        return


def problems(incomplete: str) -> Iterator[tuple[str, str]]:
    """Those that are not over; likewise."""
    try:
        with connection.open_client(connection.find_connection(os.environ)) as client:
            for one in client.problems.list(limit=_OFFERED).page().problems:
                if one.id.startswith(incomplete):
                    yield one.id, what(one.service, one.title)
    except (CliError, ClientError):
        return
