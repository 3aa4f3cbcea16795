"""Swapped writes: of two writes that follow each other, the second one comes first. And writes left out.

What a function writes, or sends, in which order, decides what a death in between leaves behind.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise

from tests.mutants.source import Edit, Module, Mutant, is_function, lines_of, said

WRITES: Mapping[str, frozenset[str]] = {
    who: frozenset(what.split())
    for who, what in {
        "table": "put update delete transact execute",
        "alerts": "save note_episodes",
        "incidents": "open commit pulse routed published set_clocks look",
        "services": "judged released published",
        "signatures": "note learn",
        "problems": "open link gather commit published looked",
        "ledger": "claim sent failed note",
        "integrations": "create authenticate revoke fell_silent silence_told heard_again",
        "looks": "arm done",
        "quarantine": "keep keep_event",
        "policies": "put",
        "drills": "came_through",
        "publisher": "incident problem service wake_routing publish",
        "senders": "look repeat heard_since",
        "placing": "homes",
        "batch": "run",
        "box": "send_home delete release",
        "owed": "note",
        "timelines": "mark_published",
        "ports": "authenticate send quarantine heard_again",
        "self": "publish send wake hand_out",
    }.items()
}
"""Who writes or sends by which methods; a test compares it with the table's classes."""
FUNCTIONS = frozenset({"settle", "restore_if_quiet", "arm", "mark_published"})
"""Functions that write, used in other modules than their own."""


def swapped_writes(module: Module) -> Iterator[Mutant]:
    """Each pair of consecutive writes of a block in the other order, where that leaves no name unknown."""
    writers = _writers(module)
    for _, function in module.functions():
        for block in _blocks(function):
            writing = [
                position
                for position, one in enumerate(block)
                if _is_write(one, writers) and not _is_alternative(one)
            ]
            for first, second in pairwise(writing):
                mutant = _swapped(module, function, block[first : second + 1])
                if mutant is not None:
                    yield mutant


def removed_writes(module: Module) -> Iterator[Mutant]:
    """Each write whose result nobody uses, left out; so is each one of several in a transaction."""
    writers = _writers(module)
    for node in ast.walk(module.tree):
        match node:
            case ast.Expr(value=ast.Call()) if _is_write(node, writers):
                yield module.replaced(node, "pass", f"without {said(node)}")
            case ast.AnnAssign(value=ast.List() as listed, annotation=kind) if said(kind) == "list[Write]":
                yield from (_without(module, listed, one) for one in listed.elts)


def _without(module: Module, listed: ast.List, left_out: ast.expr) -> Mutant:
    rest = ", ".join(module.text(one) for one in listed.elts if one is not left_out)
    return module.replaced(listed, f"[{rest}]", f"a transaction without {said(left_out)}")


def _swapped(module: Module, function: ast.FunctionDef, block: Sequence[ast.stmt]) -> Mutant | None:
    first, second = block[0], block[-1]
    known = _bound_before(function, first)
    if not (set().union(*map(_bound, block[:-1])) - known) & _read(second) and not _leaves(second):
        return _moved(module, second, before=first, pair=(first, second))
    if (_bound(first) - known) & set().union(*map(_read, block[1:])):
        return None
    return _moved(module, first, after=second, pair=(first, second))


def _moved(
    module: Module,
    what: ast.stmt,
    *,
    pair: tuple[ast.stmt, ast.stmt],
    before: ast.stmt | None = None,
    after: ast.stmt | None = None,
) -> Mutant:
    start, end = _whole_lines(module, what)
    text = module.source[start:end]
    edits = [Edit(start, end, "")]
    if before is not None:
        there = _whole_lines(module, before)[0]
        edits.append(Edit(there, there, text))
    elif isinstance(after, ast.Return) and after.value is not None:
        # What is returned has been written before: its value is kept until the other one is.
        indent = " " * after.col_offset
        kept = f"{indent}swapped = ({module.text(after.value)})\n{text}{indent}return swapped\n"
        edits.append(Edit(*_whole_lines(module, after), kept))
    elif after is not None:
        there = _whole_lines(module, after)[1]
        edits.append(Edit(there, there, text))
    one, other = (_first_line(part) for part in pair)
    lines = chain(lines_of(pair[0]), lines_of(pair[1]))
    return Mutant(edits=edits, lines=tuple(lines), change=f"{other}  BEFORE  {one}")


def _whole_lines(module: Module, node: ast.stmt) -> tuple[int, int]:
    last = node.end_lineno or node.lineno
    return module.starts[node.lineno - 1], module.starts[last]


def _first_line(node: ast.stmt) -> str:
    return ast.unparse(node).split("\n", 1)[0]


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def _writers(module: Module) -> set[str]:
    """Functions and methods of this module that write, themselves or through each other."""
    functions = [one for one in ast.walk(module.tree) if isinstance(one, ast.FunctionDef)]
    found: set[str] = set()
    while True:
        more = {one.name for one in functions if _is_write(one, found)}
        if more == found:
            return found
        found = more


def _is_write(node: ast.AST, writers: set[str]) -> bool:
    return any(isinstance(one, ast.Call) and _writes(one.func, writers) for one in ast.walk(node))


def _writes(called: ast.expr, writers: set[str]) -> bool:
    match called:
        case ast.Name(id=name):
            return name in FUNCTIONS or (name in writers and name not in ("open", "close", "restore"))
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name in writers or name in WRITES["self"]
        case ast.Attribute(value=ast.Name(id=who) | ast.Attribute(attr=who), attr=name):
            return name in WRITES.get(who.lstrip("_"), ())
    return False


def _leaves(node: ast.stmt) -> bool:
    """Whether this statement is the end of its block: it cannot come before another one."""
    return isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break)


def _is_alternative(node: ast.stmt) -> bool:
    """Whether it writes only to leave then: what follows it is done instead, not afterwards."""
    match node:
        case ast.If(body=body, orelse=[]):
            return _leaves(body[-1])
        case ast.Match(cases=cases):
            return all(_leaves(one.body[-1]) for one in cases)
    return False


def _bound(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _read(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _bound_before(function: ast.FunctionDef, statement: ast.stmt) -> set[str]:
    names = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.stmt) and not is_function(node) and node.lineno < statement.lineno:
            end = node.end_lineno or node.lineno
            inside = end >= statement.lineno  # a block around it: only what it binds itself, above
            names |= {
                one.id
                for one in ast.walk(node)
                if isinstance(one, ast.Name)
                and isinstance(one.ctx, ast.Store)
                and (not inside or one.lineno < statement.lineno)
            }
    return names
