"""What the shell offers when Tab is pressed behind a command that takes an id."""

import os
from collections.abc import Iterator

from infra.cli import connection
from infra.cli.errors import CliError
from infra.cli.words import what
from leitplanke_client import Client, ClientError

_OFFERED = 50
_PATIENCE_SECONDS = 2.0
"""Who presses Tab waits for nothing longer."""


def _quick_client() -> Client:
    return connection.open_client(
        connection.find_connection(os.environ), timeout_s=_PATIENCE_SECONDS, tries=1
    )


def incidents(incomplete: str) -> Iterator[tuple[str, str]]:
    """Those that are not closed. Nothing where the API cannot be asked: a shell is no place for faults."""
    try:
        with _quick_client() as client:
            states = client.incidents.list(state=["open", "acknowledged", "restored"], limit=_OFFERED)
            for one in states.page().incidents:
                if one.id.startswith(incomplete):
                    yield one.id, f"{one.priority or '-'} {what(one.service, one.title)}"
    except (CliError, ClientError):
        return


def problems(incomplete: str) -> Iterator[tuple[str, str]]:
    """Those that are not over; likewise."""
    try:
        with _quick_client() as client:
            for one in client.problems.list(limit=_OFFERED).page().problems:
                if one.id.startswith(incomplete):
                    yield one.id, what(one.service, one.title)
    except (CliError, ClientError):
        return
