"""Every function's artefact, built for this machine, works in a Python that has nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging.artefact import build, target_of
from infra.packaging.functions import ROOT, Function, all_functions

FUNCTIONS = list(all_functions())

IMPORT_ALL = """
import sys
artefact, *names = sys.argv[1:]
sys.path.insert(0, artefact)
for name in names:
    try:
        __import__(name)
    except ModuleNotFoundError as missing:
        parent, _, attribute = name.rpartition(".")
        if missing.name != name or not hasattr(sys.modules.get(parent), attribute):
            raise
handler = sys.modules[names[0]].handler
assert callable(handler), handler
outside = [m.__file__ for m in sys.modules.values() if "site-packages" in (getattr(m, "__file__", "") or "")]
assert not outside, outside
"""


@pytest.fixture(scope="module", params=FUNCTIONS, ids=lambda function: function.name)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Function, Path]:
    function: Function = request.param
    artefact = tmp_path_factory.mktemp(function.name)
    build(function, artefact, target=target_of("here", root=ROOT), compiled=False)
    return function, artefact


def test_everything_it_imports_is_there_and_nothing_else_is_needed(built: tuple[Function, Path]) -> None:
    """Not only the handler: every module of ours in it, and every import of others, late ones too."""
    function, artefact = built
    needs = function.closure()
    ours = [name for name in sorted(needs.modules) if name != function.entry]
    # -I: no environment variables, no user packages, no working directory; -S: no site-packages.
    command = [sys.executable, "-I", "-S", "-c", IMPORT_ALL, str(artefact), function.entry]
    done = subprocess.run(
        [*command, *ours, *sorted(needs.foreign)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_it_holds_its_own_handler_and_no_tools_or_tests_of_ours(built: tuple[Function, Path]) -> None:
    function, artefact = built
    assert [f.name for f in (artefact / "functions").iterdir()] == [function.name]
    assert (artefact / "functions" / function.name / "handler.py").is_file()
    ours = {"tests", "infra", "docs", "shared", "Makefile", "template.yaml", "pyproject.toml"}
    assert not ours & {f.name for f in artefact.iterdir()}


def test_it_stays_far_below_what_lambda_takes(built: tuple[Function, Path]) -> None:
    """250 MB unpacked (AWS Lambda quotas); far above 100 something came in that should not have."""
    size = sum(f.stat().st_size for f in built[1].rglob("*") if f.is_file())
    assert size < 100_000_000
