"""Builds what one Lambda function ships: its handler, our modules it imports, its wheels, no more.

    python -m infra.packaging.artefact ReceiveEvents --into DIR [--platform lambda|here]

`sam build` gets here through `make build-<LogicalId>` (BuildMethod: makefile). Standard library only, on any
Python 3.11+; uv, which fetches the wheels, comes from infra/bootstrap.sh. Why it is done this way:
docs/adr/0001-package-layout-and-build.md.
"""

import argparse
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from infra.packaging.closure import Closure, UnknownModuleError
from infra.packaging.functions import Function, function_of
from infra.packaging.trim import trim

LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux_2_28"
"""Python and platform of template.yaml's functions (Amazon Linux 2023 has glibc 2.34).

2_28 includes manylinux2014 and older; cel-expr-python has only 2_28.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an artefact is to run; `interpreter` is a Python here that compiles for it, if there is one."""

    wheels_for: tuple[str, ...]
    interpreter: str | None


def target_of(platform: str, *, root: Path) -> Target:
    """`lambda`: the Lambda runtime, whatever machine builds. `here`: this machine and this Python."""
    if platform == "here":
        return Target(wheels_for=(), interpreter=sys.executable)
    found = _uv(root, ["python", "find", "--no-project", "--no-config", LAMBDA_PYTHON], quiet=True)
    return Target(
        wheels_for=("--python-platform", LAMBDA_PLATFORM, "--python-version", LAMBDA_PYTHON),
        interpreter=found.stdout.strip() or None,
    )


def build(function: Function, into: Path, *, target: Target, compiled: bool = True) -> None:
    """Puts the artefact of `function` into the folder `into`, replacing what is in there."""
    if function.root.resolve().is_relative_to(into.resolve()):
        raise LookupError(f"{into} holds the project itself and would be emptied")
    if not function.requirements.is_file():
        raise LookupError(f"{function.requirements} is missing; `make fmt` writes it")
    needs = function.closure()
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    install_wheels(function, into, target=target)
    copy_own_code(needs, into)
    trim(into, needs)
    if compiled and target.interpreter:
        compile_all(into, target.interpreter)


def copy_own_code(needs: Closure, into: Path) -> None:
    """The files of ours that `needs` names, laid out as they are imported."""
    for inside, source in needs.files.items():
        (into / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, into / inside)


def install_wheels(function: Function, into: Path, *, target: Target) -> None:
    """The function's pinned packages, checked against their hashes; wheels only, no code of theirs runs."""
    checked = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(function.requirements)]
    where = ["--python", sys.executable, "--target", str(into.resolve()), *target.wheels_for]
    _uv(function.root, ["pip", "install", "--quiet", "--no-config", *checked, *where])


def compile_all(artefact: Path, interpreter: str) -> None:
    """Byte code beside every source, never compared with it again: cold starts take a third of the time.

    Lambda mounts the artefact read-only at /var/task: what is not compiled here, every cold start compiles.
    """
    options = [
        "-q",
        "-j",
        "0",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(artefact),
        "-p",
        "/var/task",
    ]
    # Others' code, so its SyntaxWarnings are not for us to mend.
    subprocess.run([interpreter, "-W", "ignore", "-m", "compileall", *options, str(artefact)], check=True)


def _uv(root: Path, arguments: list[str], *, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs uv; `quiet` is for questions whose answer may be no."""
    command = [str(root / "infra" / "bootstrap.sh"), "uv", *arguments]
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, check=not quiet, stdout=subprocess.PIPE, stderr=errors, text=True)


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="infra.packaging.artefact", description="Build what one function ships."
    )
    parser.add_argument("logical_id", help="the function's name in template.yaml: ReceiveEvents")
    parser.add_argument("--into", type=Path, required=True, help="the folder to fill; emptied first")
    parser.add_argument("--platform", choices=("lambda", "here"), default="lambda")
    given = parser.parse_args()
    started = time.monotonic()
    try:
        function = function_of(given.logical_id)
        target = target_of(given.platform, root=function.root)
        build(function, given.into, target=target)
    except (LookupError, UnknownModuleError) as fault:
        print(f"leitplanke: {fault}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as fault:
        return int(fault.returncode)  # the command has said why
    note = (
        ""
        if target.interpreter
        else f"; not compiled, there is no Python {LAMBDA_PYTHON} here: slower cold starts"
    )
    print(
        f"{given.logical_id}: {_megabytes(given.into):.1f} MB in {time.monotonic() - started:.1f} s{note}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
