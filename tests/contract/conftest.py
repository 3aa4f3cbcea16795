"""Real payloads, collected beside the repository and never copied into it: skipped where they are not."""

import json
from pathlib import Path
from typing import Any

import pytest

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"


def payload_names(*folders: str) -> list[str]:
    """Names of the payloads in these folders (all if none is named), one empty name if there are none."""
    found = sorted(
        str(path.relative_to(PAYLOADS))
        for path in PAYLOADS.glob("*/*.json")
        if not folders or path.parent.name in folders
    )
    return found or [""]


def payload(name: str) -> Any:
    """The payload of that name; skips the test if there are none here."""
    return json.loads(payload_bytes(name))


def payload_bytes(name: str) -> bytes:
    """The same as bytes."""
    if not name:
        pytest.skip("no recorded payloads beside this repository (../shared/payloads)")
    return (PAYLOADS / name).read_bytes()
