"""A cold start of the door is waited for by a sender: what it imports is part of its behaviour."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "module",
    [
        "boto3",
        "cel_expr_python",
        "yaml",
        "apprise",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.parser",
        "aws_xray_sdk",
        "leitplanke.domain.policy",
    ],
)
def test_the_door_does_not_import_what_it_does_not_need(module: str, imported: frozenset[str]) -> None:
    assert "leitplanke.usecases.receive_events" in imported
    assert module not in imported


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    """All modules of a bare interpreter that has imported the handler and has no environment."""
    script = (
        "import sys; "
        f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'shared')!r}]; "
        "import functions.receive_events.handler; "
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], env={}, capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())
