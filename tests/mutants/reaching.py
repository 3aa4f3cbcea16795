"""Which lines a change shows in: its own, or, of a name given at a module's top, all functions with it."""

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from tests.mutants.covering import Cover, modules
from tests.mutants.source import Module, lines_of


def tests_of(path: Path, lines: Sequence[int], cover: Cover) -> set[str]:
    """The tests that come by."""
    module = _modules()[path]
    names = {name for line in lines for name in module.constants(line)}
    if not names:
        return cover.tests_at(path, lines)
    found: set[str] = set()
    for other, used in _uses(names):
        found |= cover.tests_at(other, used)
    return found


def _uses(names: set[str]) -> Iterator[tuple[Path, range]]:
    """Functions that use these names, or names that are made of them."""
    while True:
        more = names | {
            name
            for module in _modules().values()
            for node in module.tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and names & _names(node)
            for name in module.constants(node.lineno)
        }
        if more == names:
            break
        names = more
    for path, module in _modules().items():
        for _, function in module.functions():
            if names & _names(function):
                yield path, lines_of(function)


def _names(node: ast.AST) -> set[str]:
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return used | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


@lru_cache
def _modules() -> dict[Path, Module]:
    return {path: Module(path.read_text(encoding="utf-8")) for path in modules()}
