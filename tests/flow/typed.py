"""The command line as a person or a script types it, against the installation of the flow tests."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Sequence
from typing import Any

from infra.local.installation import Installation
from infra.packaging.functions import ROOT

PROGRAM = str(ROOT / "leitplanke")


def environment(installation: Installation, **more: str) -> dict[str, str]:
    """What says where the installation is, and as whom."""
    return {
        "PATH": os.environ["PATH"],
        "LEITPLANKE_URL": installation.engine.base_url,
        "LEITPLANKE_TOKEN": installation.token(),
        "LEITPLANKE_KEY": installation.key,
        **more,
    }


def typed(installation: Installation, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Type a command where no terminal is."""
    return subprocess.run(
        [PROGRAM, *arguments],
        env=environment(installation, **more),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def told(installation: Installation, *arguments: str) -> Any:
    """What a command prints for programs; it must have done what it was told."""
    done = typed(installation, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_terminal(
    installation: Installation, *arguments: str, answers: Sequence[tuple[str, str]] = (), columns: int = 80
) -> tuple[int, list[str]]:
    """Type a command in a terminal; its exit code and its lines, without colours.

    `answers`: once this was printed, that is typed.
    """
    here, there = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        env=environment(installation, TERM="xterm-256color", COLUMNS=str(columns), LINES="24"),
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    said, left = b"", list(answers)
    try:
        while chunk := os.read(here, 65_536):
            said += chunk
            if left and left[0][0] in said.decode("utf-8", "ignore"):
                os.write(here, left.pop(0)[1].encode() + b"\n")
    except OSError:  # a pseudo-terminal's way to say that the other end is gone
        pass
    os.close(here)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode())
    return process.wait(), text.replace("\r", "").split("\n")
