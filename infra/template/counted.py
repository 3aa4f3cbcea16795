"""Which figures the code counts: read from calls of `leitplanke.edge.logs.count`, which name them in place.

A call that hides its names in a variable is an error here: nobody could say what is on a dashboard then.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from infra.template.reading import ROOT
from leitplanke.edge import milestones

FUNCTIONS = ROOT / "functions"
_MILESTONES = "count_milestones"


class Figure(NamedTuple):
    """One metric of ours; `service` is its only dimension."""

    service: str
    name: str


class HiddenFiguresError(Exception):
    """A call of `count` does not say in place what it counts."""


def counted_figures(functions: Path = FUNCTIONS) -> set[Figure]:
    """Every figure that a function counts. Raises HiddenFiguresError."""
    return {figure for path in sorted(functions.glob("*/*.py")) for figure in _of_file(path)}


def _of_file(path: Path) -> Iterator[Figure]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"), filename=str(path))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "count":
            yield from (Figure(path.parent.name, name) for name in _names(node, path))
        elif node.func.id == _MILESTONES:
            names = {*milestones.MILESTONES.values(), milestones.OVERRIDES}
            yield from (Figure(milestones.SERVICE, name) for name in names)


def _names(call: ast.Call, path: Path) -> Iterator[str]:
    """The keys of the second argument. The first is the folder's own name, SERVICE."""
    match call.args:
        case [ast.Name(id="SERVICE"), ast.Dict(keys=keys)]:
            for key in keys:
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    raise HiddenFiguresError(_where(path, call))
                yield key.value
        case _:
            raise HiddenFiguresError(_where(path, call))


def _where(path: Path, call: ast.Call) -> str:
    place = f"{path.parent.name}/{path.name}, line {call.lineno}"
    return f"{place}: write count(SERVICE, {{...}}) with its names in place"
