"""Reads uv.lock: which packages a set of packages needs, with versions and hashes."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker

PYTHONS = ("3.11", "3.12", "3.13")
"""Those of requires-python in pyproject.toml. Artefacts run on Linux: packages for others are left out."""


class LockError(Exception):
    """uv.lock lacks what is asked for, or is of a kind this module does not know."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The packages of uv.lock, by name."""

    packages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Lock":
        """Raises LockError for a lock format other than the one known here."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if content.get("version") != 1:
            raise LockError(f"{path.name} has format {content.get('version')}; known is 1")
        return cls(packages={package["name"]: package for package in content["package"]})

    def closure(self, names: Collection[str]) -> dict[str, frozenset[str]]:
        """These packages and all they need, each with the Pythons it is needed on.

        Raises LockError for a name that is not in the lock.
        """
        found: dict[str, frozenset[str]] = {}
        todo = [(name, frozenset(PYTHONS)) for name in names]
        while todo:
            name, pythons = todo.pop()
            if name not in self.packages:
                raise LockError(f"{name} is not in uv.lock: `uv add` it")
            new = pythons - found.get(name, frozenset())
            if new:
                found[name] = found.get(name, frozenset()) | new
                todo += [
                    (need["name"], _needed_on(need, new))
                    for need in self.packages[name].get("dependencies", ())
                ]
        return {name: found[name] for name in sorted(found)}

    def requirements(self, names: Collection[str]) -> Iterator[str]:
        """The lines of a requirements.txt for these packages and all they need."""
        for name, pythons in self.closure(names).items():
            package = self.packages[name]
            hashes = sorted(wheel["hash"] for wheel in package.get("wheels", ()))
            if not hashes:
                raise LockError(f"{name} has no wheel, and artefacts are built from wheels only")
            yield f"{name}=={package['version']}{_marker(pythons)} \\"
            yield from (f"    --hash={digest} \\" for digest in hashes[:-1])
            yield f"    --hash={hashes[-1]}"


def _needed_on(dependency: Mapping[str, Any], pythons: frozenset[str]) -> frozenset[str]:
    if "extra" in dependency:
        raise LockError(
            f"{dependency['name']} is needed with an extra; teach infra/packaging/lock.py to follow those"
        )
    if "marker" not in dependency:
        return pythons
    marker = Marker(dependency["marker"])
    return frozenset(python for python in pythons if marker.evaluate(_environment(python)))


def _environment(python: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }


def _marker(pythons: frozenset[str]) -> str:
    if len(pythons) == len(PYTHONS):
        return ""
    return " ; " + " or ".join(f"python_version == '{python}'" for python in sorted(pythons))
