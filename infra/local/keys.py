"""The integration key of this machine and the file that scripts read: .local/leitplanke.env."""

import json
import os
from pathlib import Path

from infra.local.api import Api

KEY_FILE = "integration.json"
ENV_FILE = "leitplanke.env"
NAME = "make run"


def integration_key(api: Api, state_dir: Path) -> str:
    """A key that works: the one kept in `state_dir` if the installation still knows it, else a new one."""
    path = state_dir / KEY_FILE
    if path.exists():
        kept = json.loads(path.read_text("utf-8"))
        known = api.get("/v1/integrations")["integrations"]
        if any(item["id"] == kept["id"] and not item.get("revoked_at") for item in known):
            return str(kept["key"])
    made = api.post("/v1/integrations", {"name": NAME})
    _write_private(path, json.dumps({"id": made["id"], "key": made["key"]}))
    return str(made["key"])


def write_env_file(path: Path, *, url: str, token: str, key: str) -> None:
    """Write LEITPLANKE_URL, LEITPLANKE_TOKEN and LEITPLANKE_KEY, readable by the owner alone."""
    _write_private(path, f"LEITPLANKE_URL={url}\nLEITPLANKE_TOKEN={token}\nLEITPLANKE_KEY={key}\n")


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
