"""Which functions there are, and what each of them ships. Standard library only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.packaging.closure import Closure, closure

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One folder of functions/: `receive_events`, known as `ReceiveEvents` in template.yaml."""

    name: str
    root: Path = ROOT

    @property
    def logical_id(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def entry(self) -> str:
        return f"functions.{self.name}.handler"

    @property
    def requirements(self) -> Path:
        return self.root / "functions" / self.name / "requirements.txt"

    def closure(self) -> Closure:
        """What the handler imports, ours and others'."""
        return closure(self.entry, {"functions": self.root, "leitplanke": self.root / "shared"})


def all_functions(root: Path = ROOT) -> Iterator[Function]:
    """Every folder of functions/ that has a handler, by name."""
    for handler in sorted(root.glob("functions/*/handler.py")):
        yield Function(name=handler.parent.name, root=root)


def function_of(logical_id: str, root: Path = ROOT) -> Function:
    """The function that template.yaml calls `logical_id`. Raises LookupError, naming the ones there are."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()
    known = {function.name: function for function in all_functions(root)}
    if name not in known:
        raise LookupError(
            f"{logical_id}: no functions/{name}/handler.py; there are {', '.join(known) or 'none'}"
        )
    return known[name]
