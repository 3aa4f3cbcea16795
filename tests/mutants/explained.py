"""Survivors that are known, each with the reason why that is right: `survivors.yaml`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("survivors.yaml")


@dataclass(frozen=True, slots=True)
class Name:
    """What a mutant is known by, wherever its line goes: module (`table/ledger.py`), function, change."""

    module: str
    place: str
    change: str

    def __str__(self) -> str:
        return f"{self.module} {self.place}: {self.change}"


def explanations() -> dict[Name, str]:
    """The reason of every known survivor."""
    groups: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8")) or []
    return {
        Name(group["module"], group["in"], change): " ".join(group["why"].split())
        for group in groups
        for change in group["changes"]
    }


def without_mutant(known: Iterable[Name], mutants: Iterable[Name]) -> list[Name]:
    """Explanations of what no longer is a mutant."""
    there = set(mutants)
    return [name for name in known if name not in there]
