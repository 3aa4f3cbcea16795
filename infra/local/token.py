"""`make token`: a token of the development issuer for somebody else, to see what they may and may not."""

import os
import sys
from pathlib import Path

from infra.cli.connection import find_connection
from infra.cli.errors import CliError
from infra.local.issuer import ALL_SCOPES, KEY_FILE, Issuer
from infra.local.keys import ENV_FILE


def main() -> int:
    """Print it, alone on its line. Exit status 1 if `make run` was never here."""
    state = Path(os.environ.get("STATE") or ".local")
    if not (state / KEY_FILE).exists():
        sys.stderr.write(f"{state} has no {KEY_FILE}: start `make run` first, or say STATE=<its folder>\n")
        return 1
    scopes = (os.environ.get("SCOPES") or " ".join(ALL_SCOPES)).split()
    unknown = sorted(set(scopes) - set(ALL_SCOPES))
    if unknown:
        sys.stderr.write(f"no scope {', '.join(unknown)}: there are {', '.join(ALL_SCOPES)}\n")
        return 1
    try:
        here = find_connection({}, state / ENV_FILE)
    except CliError as error:
        sys.stderr.write(f"{error}: {error.remedy}\n")
        return 1
    issuer = Issuer(state, here.url)  # the gateway believes the issuer of its own address
    name = os.environ.get("NAME") or "developer@example.com"
    print(issuer.mint_token(scopes=scopes, roles=(os.environ.get("ROLES") or "").split(), subject=name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
