"""One module of the project as a mutant: its source comes from here instead of from its file."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

OWN = ("leitplanke", "functions", "tests", "infra")
_BELOW = ("leitplanke.domain", "leitplanke.wire", "tests.mutants")
"""What knows nothing of the mutated packages, and so may stay loaded."""


def is_ours_to_load(name: str) -> bool:
    """Whether a module must be loaded anew for every mutant."""
    return name.split(".", maxsplit=1)[0] in OWN and not is_below(name)


def is_below(name: str) -> bool:
    """Whether it cannot depend on the mutated packages."""
    return any(name == one or name.startswith(f"{one}.") for one in _BELOW)


def forget() -> None:
    """Whatever of the project is loaded and might depend on the mutated packages."""
    for name in [one for one in sys.modules if is_ours_to_load(one) and "." in one]:
        del sys.modules[name]


class MutantLoader(importlib.machinery.SourceFileLoader):
    """Loads a module from the text it is given; no byte code is read or written."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source.encode()

    def get_data(self, path: str) -> bytes:
        """The text, for whichever path Python asks."""
        return self._source

    def path_stats(self, path: str) -> dict[str, float]:
        """None, so that there is no byte code of it."""
        raise OSError("a mutant has no file")


class MutantFinder(importlib.abc.MetaPathFinder):
    """Gives this mutant for its module; `sys.meta_path.insert(0, MutantFinder(...))`."""

    def __init__(self, path: Path, source: str, *, root: Path) -> None:
        self._name = ".".join(path.relative_to(root / "shared").with_suffix("").parts)
        self._loader = MutantLoader(self._name, str(path), source)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """None for every other module."""
        if name != self._name:
            return None
        return importlib.machinery.ModuleSpec(name, self._loader, origin=self._loader.path)
