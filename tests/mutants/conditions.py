"""Removed conditions: of writes (DynamoDB's expressions and PartiQL), and of the code that decides to write.

A write's condition is not deleted but made to hold always:
`(revision = :revision OR attribute_not_exists(nowhere))`. So its values are still used, and DynamoDB takes
the request: only what the condition was for is gone. An alternative (of `A OR B`) is made to hold never.
"""

import ast
import re
from collections.abc import Iterator

from tests.mutants.source import Edit, Module, Mutant, lines_of, said

_NAMED = r"attribute_(?:not_)?exists\([\w{}]+\)"
_COMPARED = r'(?:"[\w{}]+"|[#\w{}]+) ?(?:<>|<=|>=|=|<|>) ?(?::[\w{}]+|\?|[a-z_]+)'
_AMONG = r"#?\w+ IN \([^)]*\)"
_PART = re.compile(rf"{_NAMED}|{_COMPARED}|{_AMONG}|\{{\w+\}}")
"""One comparison, or a placeholder that stands for some."""
_SAYS_SOMETHING = re.compile(rf"{_NAMED}|{_COMPARED}|{_AMONG}| AND | OR ")
_QUOTES = re.compile(r"""f?["']\s*(?:f?["'])?""")
_BETWEEN = re.compile(r"\s*(?:AND|OR)?\s*[()]*\s*")
_KEY = re.compile(r'"[ps]k"=\?')
"""Which row a statement is about. That is no condition."""
_NO_CONDITIONS = {"UpdateExpression", "KeyConditionExpression"}
"""Functions that speak of these build other expressions, which look the same."""


def written_conditions(module: Module) -> Iterator[Mutant]:
    """Every part of every condition of a write."""
    named = _named_conditions(module)
    for node in _expressions(module):
        if isinstance(node, ast.Name) and node.id in named:
            yield module.replaced(node, f'({node.id} + " OR {_always(node.id)}")', f"{node.id} always holds")
        elif isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            yield from _parts(module, node)


def code_conditions(module: Module) -> Iterator[Mutant]:
    """Every `if`, in all its forms, always and never; every operand of `and` and `or` left out."""
    for node in ast.walk(module.tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.While(test=ast.Constant()):
                continue
            case ast.If() | ast.IfExp():
                yield module.replaced(node.test, "True", f"if {said(node.test)}: always")
                yield module.replaced(node.test, "False", f"if {said(node.test)}: never")
            case ast.While():
                yield module.replaced(node.test, "False", f"while {said(node.test)}: never")
            case ast.comprehension():
                for test in node.ifs:
                    yield module.replaced(test, "True", f"for ... if {said(test)}: always")
            case ast.BoolOp(op=ast.Or(), values=[*_, last]) if _is_empty(last):
                continue  # a default, no condition
            case ast.BoolOp():
                yield from _without_operands(module, node)


def _is_empty(node: ast.expr) -> bool:
    match node:
        case ast.Dict(keys=items) | ast.Tuple(elts=items) | ast.List(elts=items):
            return not items
    return isinstance(node, ast.Constant) and not node.value


def _without_operands(module: Module, node: ast.BoolOp) -> Iterator[Mutant]:
    word = " and " if isinstance(node.op, ast.And) else " or "
    for left_out in node.values:
        rest = word.join(f"({module.text(one)})" for one in node.values if one is not left_out)
        yield module.replaced(node, f"({rest})", f"{said(node)}: without {said(left_out)}")


def _parts(module: Module, node: ast.expr) -> Iterator[Mutant]:
    start, end = module.span(node)
    text = module.source[start:end]
    if not _is_condition(text):
        return
    for part in _PART.finditer(text):
        if _KEY.match(part[0]):
            continue
        edit = start + part.start(), start + part.end()
        yield _held(node, edit, f"({part[0]} OR {_always(part[0])})", f"{part[0]} always holds")
        if _is_alternative(text, part):
            yield _held(node, edit, f"({part[0]} AND {_never(part[0])})", f"{part[0]} never holds")


def _held(node: ast.expr, span: tuple[int, int], text: str, change: str) -> Mutant:
    return Mutant(edits=[Edit(*span, text)], lines=lines_of(node), change=change)


def _always(part: str) -> str:
    return '"nowhere" IS MISSING' if part.endswith("?") else "attribute_not_exists(nowhere)"


def _never(part: str) -> str:
    return '"nowhere" IS NOT MISSING' if part.endswith("?") else "attribute_exists(nowhere)"


def _is_condition(text: str) -> bool:
    """Whether a literal is nothing but a condition, or a statement up to its WHERE and then one."""
    plain = text.rpartition("WHERE")[2]
    left = _BETWEEN.sub("", _QUOTES.sub("", _PART.sub("", plain)).replace("AND", "").replace("OR", ""))
    return bool(_SAYS_SOMETHING.search(plain)) and not left


def _is_alternative(text: str, part: re.Match[str]) -> bool:
    before, after = text[: part.start()].rstrip(' "('), text[part.end() :].lstrip(' ")')
    return before.endswith(" OR") or after.startswith("OR ")


def _expressions(module: Module) -> Iterator[ast.expr]:
    """Literals and names that may say a condition: no docstrings, nothing inside of an f-string."""
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef) and _NO_CONDITIONS & _literals(node):
            continue
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.Name):
            if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Load):
                yield node
            continue
        documented = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        waiting.extend([] if documented else list(ast.iter_child_nodes(node))[::-1])


def _literals(node: ast.AST) -> set[str]:
    return {str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant)}


def _named_conditions(module: Module) -> set[str]:
    """Names that stand for a condition: those given in this module, and the two that all share."""
    found = {"ABSENT", "PRESENT"}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            names = {one.id for one in node.targets if isinstance(one, ast.Name)}
            found |= names if _is_condition(module.text(node.value)) else set()
    return found
