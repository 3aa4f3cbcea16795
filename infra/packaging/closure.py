"""What a module really imports: the files of our own it needs, and the packages of others.

Read from the source by `ast`, nothing is executed. An import inside a function counts (it runs some day),
an import under `if TYPE_CHECKING:` does not (it never runs). Imports by a computed name cannot
be seen; the linter forbids them (`importlib.import_module` in pyproject.toml).

Standard library only: `sam build` may call this under any Python.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


class UnknownModuleError(Exception):
    """A file imports a module of ours that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Everything one entry module needs to be imported and run.

    `files` maps the path inside an artefact (`leitplanke/domain/events.py`) to the file it is copied from.
    `modules` are the dotted names of ours, `foreign` those imported from others' packages.
    """

    files: Mapping[Path, Path]
    modules: frozenset[str]
    foreign: frozenset[str]

    @property
    def foreign_packages(self) -> frozenset[str]:
        """The top-level import names of the packages of others: `yaml`, `pydantic`."""
        return frozenset(name.partition(".")[0] for name in self.foreign)


def closure(entry: str, homes: Mapping[str, Path]) -> Closure:
    """The closure of the module `entry`.

    `homes` says where our own top-level packages lie: {"leitplanke": Path("shared")} for shared/leitplanke/.
    Raises UnknownModuleError, naming file and line, for an import of ours that leads nowhere.
    """
    files: dict[Path, Path] = {}
    foreign: set[str] = set()
    seen: set[str] = set()
    todo = [(entry, "the entry point")]
    while todo:
        name, wanted_by = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        source = _source(name, homes)
        if source is None:
            if not _is_package(name, homes):  # a folder without __init__.py is a package too
                raise UnknownModuleError(f"{wanted_by}: there is no module {name}")
            continue
        files |= {path.relative_to(homes[_top(name)]): path for path in _with_companions(source)}
        for imported, where in _imports(name, source, homes):
            if _top(imported) in homes:
                todo += [(parent, where) for parent in _lineage(imported)]
            elif _top(imported) not in sys.stdlib_module_names:
                foreign.add(imported)
        todo += [(parent, str(source)) for parent in _lineage(name)]
    return Closure(files=dict(sorted(files.items())), modules=frozenset(seen), foreign=frozenset(foreign))


def _top(name: str) -> str:
    return name.partition(".")[0]


def _lineage(name: str) -> list[str]:
    """`a.b.c` -> a, a.b, a.b.c: importing the last one runs the `__init__` of the others."""
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _source(name: str, homes: Mapping[str, Path]) -> Path | None:
    stem = homes[_top(name)].joinpath(*name.split("."))
    for candidate in (stem.with_name(stem.name + ".py"), stem / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _is_package(name: str, homes: Mapping[str, Path]) -> bool:
    return homes[_top(name)].joinpath(*name.split(".")).is_dir()


def _with_companions(source: Path) -> Iterator[Path]:
    """The module and the data files named after it: `page.py` brings `page.html` along."""
    yield source
    if source.name != "__init__.py":
        yield from (
            f
            for f in source.parent.glob(f"{source.stem}.*")
            if f.is_file() and f.suffix not in (".py", ".pyi")
        )


def _imports(name: str, source: Path, homes: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """(dotted name, "file:line") of every import that can run."""
    package = name if source.name == "__init__.py" else name.rpartition(".")[0]
    for node in _running_nodes(ast.parse(source.read_text(encoding="utf-8"), filename=str(source))):
        where = f"{source}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from ((alias.name, where) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield base, where
            for alias in node.names:  # `from a import b`: b is a module of ours, or just a name in a
                if _top(base) not in homes or _source(f"{base}.{alias.name}", homes):
                    yield f"{base}.{alias.name}", where


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*anchor, *([node.module] if node.module else [])])


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield other
                yield from _running_nodes(other)
            continue
        yield node
        yield from _running_nodes(node)
