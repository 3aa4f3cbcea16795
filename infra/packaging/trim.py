"""What the wheels bring along that no function can reach. Standard library only.

Sizes are of cel-expr-python 0.1.3 and botocore 1.43.106, unpacked; `make build` prints what is left.
"""

import ast
import shutil
from pathlib import Path

from infra.packaging.closure import Closure


def trim(artefact: Path, needs: Closure) -> None:
    """Removes from an unpacked artefact what cannot be reached from `needs`."""
    _unused_service_models(artefact / "botocore" / "data", needs)
    _unused_cel_extensions(artefact / "cel_expr_python" / "ext", needs)
    shutil.rmtree(artefact / "bazel-project", ignore_errors=True)  # sources of cel-expr-python's arm64 build
    shutil.rmtree(artefact / "bin", ignore_errors=True)  # command lines; they name this machine's Python


def _unused_service_models(data: Path, needs: Closure) -> None:
    """27 MB of 29 MB: botocore describes some 400 services, a function calls a handful.

    A model stays if its name stands anywhere in the function's own code as a string, as in `client("sqs")`.
    That keeps one or two too many ("events" is also a JSON key) and never one too few, unless a name is
    computed.
    """
    if not data.is_dir():
        return
    words = _string_constants(needs)
    for model in data.iterdir():
        if model.is_dir() and model.name not in words:
            shutil.rmtree(model)


def _unused_cel_extensions(extensions: Path, needs: Closure) -> None:
    """36 MB of 50 MB: optional function libraries, each linked with its own copy of the runtime."""
    if not any(name.startswith("cel_expr_python.ext") for name in needs.foreign):
        shutil.rmtree(extensions, ignore_errors=True)


def _string_constants(needs: Closure) -> frozenset[str]:
    return frozenset(
        node.value
        for source in needs.files.values()
        if source.suffix == ".py"
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
