"""What lies in a state folder, by name: the folder may be anybody's, so nothing else in it is touched."""

import shutil
from pathlib import Path

from infra.local.inbox import FILE as INBOX_FILE
from infra.local.issuer import KEY_FILE as ISSUER_KEY_FILE
from infra.local.keys import ENV_FILE
from infra.local.keys import KEY_FILE as INTEGRATION_FILE

LOG_FILE = "engine.log"
FOLDERS = ("engine", "tmp")
FILES = (LOG_FILE, ENV_FILE, INTEGRATION_FILE, ISSUER_KEY_FILE, INBOX_FILE)


def forget(state_dir: Path) -> None:
    """Delete everything that a run keeps; whoever calls holds the lock, which stays."""
    for name in FOLDERS:
        shutil.rmtree(state_dir / name, ignore_errors=True)
    for name in FILES:
        (state_dir / name).unlink(missing_ok=True)
