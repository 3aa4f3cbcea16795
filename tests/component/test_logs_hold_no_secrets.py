"""Secrets and personal data go through every function, at DEBUG; nothing that was logged holds any."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from infra.template.reading import read_template
from tests.support.loud import DONE
from tests.unit.edge.corpus import CORPUS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def logged() -> tuple[str, str]:
    """What the functions log, and what libraries do."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.loud"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout, done.stderr


def test_every_function_was_there_and_said_something(logged: tuple[str, str]) -> None:
    own, of_libraries = logged
    invocations = json.loads(of_libraries.rsplit(DONE, 1)[1])
    functions = {properties["Handler"].split(".")[1] for properties in read_template().functions().values()}
    assert set(invocations) == functions
    speakers = {json.loads(line)["service"] for line in own.splitlines() if line.startswith("{")}
    assert speakers == functions
    assert "botocore.endpoint" in of_libraries
    assert "Traceback" in own


@pytest.mark.parametrize("secret", CORPUS)
def test_it_is_not_in_the_logs(logged: tuple[str, str], secret: str) -> None:
    for text in logged:
        for form in {
            secret,
            json.dumps(secret)[1:-1],
            repr(secret)[1:-1],
            quote(secret),
            quote(secret, safe=""),
        }:
            where = text.find(form)
            assert where < 0, text[max(0, where - 300) : where + 100]


def test_no_key_that_was_handed_out_is_in_the_logs(logged: tuple[str, str]) -> None:
    assert "[key]" in logged[0]
    assert "[email]" in logged[1]
    assert "[phone]" in logged[1]
