"""infra/bootstrap.sh on machines that lack something: finds what fits, or says in a line what to install."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging.functions import ROOT

TOOLS = ("cut", "dirname", "head", "sh", "sort")
WORKS = f'exec {sys.executable} "$@"'
LACKS_VENV = f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {sys.executable} "$@"'
SHIM_OF_NOTHING = 'echo "python3.13: command not found" >&2; exit 127'
TOO_OLD = 'case "$2" in *version_info*) exit 1 ;; esac; exit 2'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A fresh clone (its bootstrap script, no .venv) and a PATH with nothing but the system's small tools."""
    (tmp_path / "clone" / "infra").mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "bootstrap.sh", tmp_path / "clone" / "infra")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def install(machine: Path, **programs: str) -> None:
    for name, script in programs.items():
        program = machine / "bin" / name.replace("_", ".")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)


def bootstrap(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(machine / "clone" / "infra" / "bootstrap.sh"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(machine / "bin")},
    )


def test_without_a_python_that_fits_it_says_what_to_install(machine: Path) -> None:
    install(machine, python3=TOO_OLD)
    done = bootstrap(machine, "python")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no Python 3.11" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr


def test_where_python_lacks_venv_and_there_is_no_uv_one_line_says_what_to_install(machine: Path) -> None:
    install(machine, python3=LACKS_VENV)
    done = bootstrap(machine, "uv", "--version")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"apt install python3.{sys.version_info.minor}-venv" in done.stderr


def test_a_command_that_exists_and_does_not_work_is_passed_over(machine: Path) -> None:
    install(machine, python3_13=SHIM_OF_NOTHING, python3_12=TOO_OLD, python3=WORKS)
    done = bootstrap(machine, "python")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{machine}/bin/python3\n", "")


def test_the_python_that_functions_run_on_is_preferred(machine: Path) -> None:
    install(machine, python3_13=WORKS, python3_11=WORKS, python3=WORKS)
    assert bootstrap(machine, "python").stdout == f"{machine}/bin/python3.13\n"


def test_a_recent_uv_on_the_path_is_used_and_needs_no_venv(machine: Path) -> None:
    install(
        machine,
        python3=LACKS_VENV,
        uv='case "$1" in --version) echo uv 0.99.0 ;; *) echo "uv got: $*" ;; esac',
    )
    assert bootstrap(machine, "uv", "sync", "--frozen").stdout == "uv got: sync --frozen\n"


def test_a_python_that_only_uv_knows_is_found(machine: Path) -> None:
    install(machine, uv=f'case "$1" in --version) echo uv 0.99.0 ;; python) echo {sys.executable} ;; esac')
    assert bootstrap(machine, "python").stdout == f"{sys.executable}\n"


def test_an_outdated_uv_is_not_used(machine: Path) -> None:
    install(machine, python3=LACKS_VENV, uv="echo uv 0.4.1")
    done = bootstrap(machine, "uv", "sync")
    assert done.returncode == 1
    assert "lacks the venv module" in done.stderr
