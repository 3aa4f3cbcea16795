"""Structure that import-linter (`make check`) cannot see: calls that need a clock, and empty packages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.packaging.functions import ROOT

PACKAGE = ROOT / "shared" / "leitplanke"
CLOCKS = {"now", "utcnow", "today"}
OUTSIDE = {"open", "input", "print", "eval", "exec", "__import__"}


def modules(*layers: str) -> list[Path]:
    return sorted(path for layer in layers for path in (PACKAGE / layer).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """(last name, line) of everything that is called: `datetime.now(UTC)` gives "now"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield f".{called.attr}", node.lineno
            elif isinstance(called, ast.Name):
                yield called.id, node.lineno


def imports(path: Path) -> Iterator[str]:
    """Dotted names of everything imported: `from urllib import request` gives urllib and urllib.request."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]


@pytest.mark.parametrize("path", modules("domain", "wire", "usecases", "table"), ids=lambda path: path.stem)
def test_what_decides_is_given_the_time_and_touches_nothing_outside(path: Path) -> None:
    forbidden = OUTSIDE | {f".{name}" for name in CLOCKS}
    found = [
        f"{path.relative_to(ROOT)}:{line} calls {name}" for name, line in calls(path) if name in forbidden
    ]
    assert not found


@pytest.mark.parametrize("path", modules("domain", "wire", "usecases"), ids=lambda path: path.stem)
def test_what_decides_opens_no_connection(path: Path) -> None:
    """import-linter sees `urllib`, of which `urllib.parse` is as pure as can be, as one."""
    assert not set(imports(path)) & {"urllib.request", "http.client", "http.server", "requests", "httpx"}


def test_packages_are_empty_so_that_importing_one_module_brings_no_other() -> None:
    full = [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("__init__.py") if path.read_text().strip()]
    assert not full


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("shared", "functions", "infra")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_the_error_tree_is_drawn_as_it_is() -> None:
    tree = ast.parse((PACKAGE / "domain" / "errors.py").read_text(encoding="utf-8"))
    drawing = ast.get_docstring(tree) or ""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.endswith("Error")]
    assert classes
    missing = [node.name for node in classes if node.name not in drawing]
    assert not missing
