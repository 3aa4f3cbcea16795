"""Writes functions/*/requirements.txt: what each function imports, with versions and hashes from uv.lock.

    python -m infra.packaging.requirements            write them (`make fmt`)
    python -m infra.packaging.requirements --check    fail if one is out of date (`make check`)

uv exports a whole project or a whole group, and here each function ships only what it imports; so the part
that it needs is taken from the lock. Runs in the project's environment, which knows that `yaml` is PyYAML.
"""

import argparse
import sys
from importlib.metadata import packages_distributions

from packaging.utils import canonicalize_name

from infra.packaging.functions import ROOT, Function, all_functions
from infra.packaging.lock import Lock, LockError

HEAD = "# From uv.lock and this function's imports, by `make fmt`. Do not edit."


def distributions_of(imported: frozenset[str]) -> frozenset[str]:
    """The packages behind these import names: {"yaml"} -> {"pyyaml"}. Raises LockError for unknown names."""
    known = packages_distributions()
    missing = sorted(name for name in imported if name not in known)
    if missing:
        raise LockError(f"{', '.join(missing)}: imported, and no installed package provides it")
    return frozenset(str(canonicalize_name(known[name][0])) for name in imported)


def text_for(function: Function, lock: Lock) -> str:
    """What the function's requirements.txt has to say."""
    wanted = distributions_of(function.closure().foreign_packages)
    allowed = lock.closure([dependency["name"] for dependency in lock.packages["leitplanke"]["dependencies"]])
    if tools := sorted(wanted - allowed.keys()):
        raise LockError(f"{', '.join(tools)}: imported, and in pyproject.toml for development only")
    return "\n".join([HEAD, *lock.requirements(wanted)]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra.packaging.requirements")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something would change")
    check = parser.parse_args().check
    lock = Lock.read(ROOT / "uv.lock")
    stale = []
    for function in all_functions():
        try:
            text = text_for(function, lock)
        except LockError as fault:
            print(f"functions/{function.name}: {fault}", file=sys.stderr)
            return 1
        if not function.requirements.is_file() or function.requirements.read_text(encoding="utf-8") != text:
            stale.append(f"functions/{function.name}/requirements.txt")
            if not check:
                function.requirements.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'out of date, run `make fmt`' if check else 'written'}: {', '.join(stale)}", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
