"""`make token`: a token of the development issuer for somebody else, to see what they may and may not."""

import os
import sys
from pathlib import Path

from infra.local.issuer import ALL_SCOPES, KEY_FILE, Issuer
from infra.local.keys import ENV_FILE, read_env_file


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
    issuer = Issuer(state, _where(state))
    name = os.environ.get("NAME") or "developer@example.com"
    print(issuer.mint_token(scopes=scopes, roles=(os.environ.get("ROLES") or "").split(), subject=name))
    return 0


def _where(state: Path) -> str:
    """Where the installation of this folder is, which is the issuer that its gateway believes."""
    return read_env_file(state / ENV_FILE).get("LEITPLANKE_URL") or "http://127.0.0.1:8080"


if __name__ == "__main__":
    sys.exit(main())
