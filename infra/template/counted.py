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
_MILESTONES = (*milestones.MILESTONES.values(), milestones.OVERRIDES)


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
        elif _is_call(node, "count_milestones"):
            yield from (Figure(milestones.SERVICE, name) for name in _MILESTONES)


def _names(call: ast.Call, path: Path) -> Iterator[str]:
    """The keys of the second argument. The first is the folder's own name, SERVICE."""
    match call.args:
        case [ast.Name(id="SERVICE"), ast.Dict(keys=keys, values=values)]:
            for key, value in zip(keys, values, strict=True):
                if key is None and _is_call(value, "milestones_of"):
                    yield from _MILESTONES
                    continue
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    raise HiddenFiguresError(_where(path, call))
                yield key.value
        case _:
            raise HiddenFiguresError(_where(path, call))


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _where(path: Path, call: ast.Call) -> str:
    place = f"{path.parent.name}/{path.name}, line {call.lineno}"
    return f"{place}: write count(SERVICE, {{...}}) with its names in place"
