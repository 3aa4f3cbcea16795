"""Mutants as edits of a module's source: what is changed, where, and how it reads."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change. `lines` are those whose tests shall notice; `change` says what it is, for people."""

    edits: Sequence[Edit]
    lines: Sequence[int]
    change: str

    def apply(self, source: str) -> str:
        """The module with this change."""
        for edit in sorted(self.edits, key=lambda one: one.start, reverse=True):
            source = source[: edit.start] + edit.text + source[edit.end :]
        return source


class Module:
    """A module's text and its tree, and where in the text a node is."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(source)
        self.starts = [0]
        self._lines = source.splitlines(keepends=True)
        for line in self._lines:
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """First character of a node, and the one after its last."""
        last, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._offset(node.lineno, node.col_offset), self._offset(last, column)

    def text(self, node: ast.expr | ast.stmt) -> str:
        """A node as it is written."""
        start, end = self.span(node)
        return self.source[start:end]

    def replaced(self, node: ast.expr | ast.stmt, text: str, change: str) -> Mutant:
        """The mutant in which this node reads otherwise."""
        return Mutant(edits=[Edit(*self.span(node), text)], lines=lines_of(node), change=change)

    def functions(self) -> Iterator[tuple[str, ast.FunctionDef]]:
        """Every function with its dotted name; of nested ones the outer one alone."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                yield node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{one.name}", one) for one in node.body if is_function(one))

    def place(self, line: int) -> str:
        """The function, or else the module's own statement, that a line belongs to."""
        for name, function in self.functions():
            if line in lines_of(function):
                return name
        return ", ".join(self.constants(line)) or "module"

    def constants(self, line: int) -> list[str]:
        """What the module's own statement at this line gives a name to."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and line in lines_of(node):
                return [one.id for one in ast.walk(node) if _is_bound(one)]
        return []

    def _offset(self, line: int, column: int) -> int:
        """`column` counts bytes of UTF-8, as the tree does."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return self.starts[line - 1] + len(text.encode()[:column].decode())


def is_function(node: ast.AST) -> bool:
    """Whether this is the definition of a function (none of ours is asynchronous)."""
    return isinstance(node, ast.FunctionDef)


def lines_of(node: ast.expr | ast.stmt) -> range:
    """The lines that a node stands on."""
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def said(node: ast.AST) -> str:
    """A node on one line."""
    return " ".join(ast.unparse(node).split())


def _is_bound(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
