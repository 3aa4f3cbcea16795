"""Which installation the command line speaks to.

`LEITPLANKE_URL` and `LEITPLANKE_TOKEN` say so, here as in the cloud. Without both it is the one that
`make run` started in this folder, which keeps them in .local/leitplanke.env.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from infra.cli.errors import CliError

ENV_FILE = Path(__file__).resolve().parents[2] / ".local" / "leitplanke.env"
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An API and a token for it; `is_here` if it is on this machine."""

    url: str
    token: str = field(repr=False)
    is_here: bool


def find_connection(environ: Mapping[str, str], env_file: Path = ENV_FILE) -> Connection:
    """The installation that is meant. Raises CliError."""
    url = environ.get("LEITPLANKE_URL", "").strip()
    token = environ.get("LEITPLANKE_TOKEN", "").strip()
    if not url and not token:
        url, token = _kept(env_file)
    if not url or not token:
        missing = "LEITPLANKE_TOKEN" if url else "LEITPLANKE_URL"
        raise CliError(f"{missing} is not set", remedy=_REMEDIES[missing])
    return _checked(url.rstrip("/"), token)


_REMEDIES = {
    "LEITPLANKE_URL": "set it to the base URL, or unset LEITPLANKE_TOKEN to take what `make run` started",
    "LEITPLANKE_TOKEN": "set it to an access token of your identity provider, with the scope manage or admin",
}


def _kept(env_file: Path) -> tuple[str, str]:
    try:
        lines = env_file.read_text("utf-8").splitlines()
    except OSError:
        raise CliError(
            "it is not known where Leitplanke is",
            remedy="start one here with `make run`, or set LEITPLANKE_URL and LEITPLANKE_TOKEN",
        ) from None
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    return found.get("LEITPLANKE_URL", ""), found.get("LEITPLANKE_TOKEN", "")


def _checked(url: str, token: str) -> Connection:
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
        raise CliError("LEITPLANKE_TOKEN is not a token", remedy="copy it again, without blanks and quotes")
    return Connection(url=url, token=token, is_here=is_here)
