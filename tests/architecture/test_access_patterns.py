"""docs/access-patterns.md names every way in which the table is used, and no other."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import leitplanke.table

PAGE = Path(__file__).parents[2] / "docs" / "access-patterns.md"
NOT_A_PATTERN = {"client", "encoding", "keys", "lists", "refusals", "rows", "timelines", "writes"}
"""What the patterns are built from."""


def _methods() -> set[str]:
    found: set[str] = set()
    for module in pkgutil.iter_modules(leitplanke.table.__path__):
        if module.name in NOT_A_PATTERN:
            continue
        loaded = importlib.import_module(f"leitplanke.table.{module.name}")
        for name, kind in inspect.getmembers(loaded, inspect.isclass):
            if kind.__module__ != loaded.__name__ or "table" not in inspect.signature(kind).parameters:
                continue
            found |= {
                f"{name}.{method}"
                for method, _ in inspect.getmembers(kind, inspect.isfunction)
                if not method.startswith("_")
            }
    return found


def _rows() -> set[str]:
    return {name for name in re.findall(r"`(\w+\.\w+)`", PAGE.read_text()) if name[0].isupper()}


def test_every_access_pattern_is_documented() -> None:
    missing = _methods() - _rows()
    assert not missing, f"add to docs/access-patterns.md: {sorted(missing)}"


def test_no_documented_pattern_is_gone() -> None:
    gone = _rows() - _methods()
    assert not gone, f"remove from docs/access-patterns.md: {sorted(gone)}"
