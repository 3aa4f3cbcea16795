"""Which installation the command line speaks to.

`LEITPLANKE_URL` and `LEITPLANKE_TOKEN` (of senders `LEITPLANKE_KEY`) say so, here as in the cloud. Without
them it is the one that `make run` started in this folder, which keeps them in .local/leitplanke.env.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from infra.cli.errors import CliError
from infra.cli.explaining import explaining
from leitplanke_client import Client, Sender
from leitplanke_client.transport import TIMEOUT_SECONDS, TRIES

ENV_FILE = Path(__file__).resolve().parents[2] / ".local" / "leitplanke.env"
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An API and a token (or an integration key) for it; `is_here` if it is on this machine."""

    url: str
    token: str = field(repr=False)
    is_here: bool


@contextmanager
def connect(scope: str) -> Iterator[Client]:
    """The API that the environment names. What goes wrong inside is raised as CliError."""
    connection = find_connection(os.environ)
    with explaining(scope, is_here=connection.is_here), open_client(connection) as client:
        yield client


@contextmanager
def connect_sender() -> Iterator[Sender]:
    """Its front door, with an integration key. What goes wrong inside is raised as CliError."""
    connection = find_door(os.environ)
    with explaining("events", is_here=connection.is_here), open_sender(connection) as sender:
        yield sender


def open_client(connection: Connection, *, timeout_s: float = TIMEOUT_SECONDS, tries: int = TRIES) -> Client:
    """The one place where this program goes out as a person."""
    return Client(connection.url, connection.token, timeout_s=timeout_s, tries=tries)


def open_sender(connection: Connection) -> Sender:
    """The one place where it goes out as a monitoring system."""
    return Sender(connection.url, connection.token)


def find_connection(environ: Mapping[str, str], env_file: Path = ENV_FILE) -> Connection:
    """The installation that is meant, with a token. Raises CliError."""
    return _found("LEITPLANKE_TOKEN", environ, env_file)


def find_door(environ: Mapping[str, str], env_file: Path = ENV_FILE) -> Connection:
    """The installation that is meant, with an integration key. Raises CliError."""
    return _found("LEITPLANKE_KEY", environ, env_file)


def _found(credential: str, environ: Mapping[str, str], env_file: Path) -> Connection:
    names = ("LEITPLANKE_URL", credential)
    found = {name: environ.get(name, "").strip() for name in names}
    if not any(found.values()):
        kept = _kept(env_file)
        found = {name: kept.get(name, "") for name in names}
    for name, value in found.items():
        if not value:
            raise CliError(f"{name} is not set", remedy=_REMEDIES[name])
    return _checked(found["LEITPLANKE_URL"].rstrip("/"), found[credential], named=credential)


_REMEDIES = {
    "LEITPLANKE_URL": "set it to the base URL, or unset LEITPLANKE_TOKEN and LEITPLANKE_KEY to take what "
    "`make run` started",
    "LEITPLANKE_TOKEN": "set it to an access token of your identity provider; each command's help names "
    "its scope",
    "LEITPLANKE_KEY": "set it to an integration key; `leitplanke integrations create NAME` makes one",
}


def _kept(env_file: Path) -> dict[str, str]:
    try:
        lines = env_file.read_text("utf-8").splitlines()
    except OSError:
        raise CliError(
            "it is not known where Leitplanke is",
            remedy="start one here with `make run`, or set LEITPLANKE_URL and LEITPLANKE_TOKEN",
        ) from None
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _checked(url: str, token: str, *, named: str) -> Connection:
    parts = urlsplit(url)
    is_here = parts.hostname in _HERE
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CliError(f"LEITPLANKE_URL is not a URL: {url}", remedy="set it to https://...")
    if parts.scheme == "http" and not is_here:
        raise CliError(
            f"LEITPLANKE_URL is not https, so the token would travel for everybody to read: {url}",
            remedy="set it to https://...",
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        what = "a token" if named == "LEITPLANKE_TOKEN" else "a key"
        raise CliError(f"{named} is not {what}", remedy="copy it again, without blanks and quotes")
    return Connection(url=url, token=token, is_here=is_here)
