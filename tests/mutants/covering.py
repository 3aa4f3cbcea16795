"""Which tests come by which lines of the mutated packages, and how long each takes: learnt once, kept.

Learning runs all of them, so it is the proof as well that the nets are green where nothing is changed.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (ROOT / "shared/leitplanke/table", ROOT / "shared/leitplanke/usecases")
TESTS = ("tests/unit/table", "tests/component", "tests/model")
LEFT_OUT = ("tests/component/test_budgets.py", "tests/component/test_engine_fixture.py")
"""Exact budgets are a net of their own; the other one tests the engine."""
KEPT = ROOT / ".mutants"


def modules() -> list[Path]:
    """What is mutated."""
    return sorted(path for package in PACKAGES for path in package.glob("*.py"))


def fingerprint() -> str:
    """Of everything that decides who comes by where."""
    files = sorted(path for folder in ("shared", "tests", "functions", "infra") for path in _python(folder))
    found = hashlib.sha256()
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()


def _python(folder: str) -> Iterator[Path]:
    own = Path(__file__).parent
    return (path for path in (ROOT / folder).rglob("*.py") if path.parent != own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Tests by file and line, and the seconds that each test takes."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests_at(self, path: Path, lines: Iterable[int]) -> set[str]:
        """Those that come by one of these lines."""
        known = self.lines.get(str(path.relative_to(ROOT)), {})
        return {test for line in lines for test in known.get(line, ())}

    @classmethod
    def load(cls) -> "Cover | None":
        """What was learnt last, if that still holds."""
        try:
            kept = json.loads((KEPT / "cover.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if kept["fingerprint"] != fingerprint():
            return None
        lines = {
            path: {int(line): tests for line, tests in found.items()} for path, found in kept["lines"].items()
        }
        return cls(lines=lines, seconds=kept["seconds"])


class Recording:
    """A pytest plugin that notes which test runs while lines are counted."""

    def __init__(self) -> None:
        KEPT.mkdir(exist_ok=True)
        self._counted = Coverage(
            data_file=None, config_file=False, source=[str(one) for one in PACKAGES], concurrency="thread"
        )
        self.seconds: dict[str, float] = defaultdict(float)
        self._counted.start()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Its fixtures belong to a test as well."""
        self._counted.switch_context(item.nodeid)
        yield
        self._counted.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Setup, call and teardown."""
        self.seconds[report.nodeid] += report.duration

    def keep(self) -> None:
        """Store it for `Cover.load`."""
        self._counted.stop()
        data = self._counted.get_data()
        lines: dict[str, Any] = {}
        for path in data.measured_files():
            by_line = data.contexts_by_lineno(path)
            lines[str(Path(path).relative_to(ROOT))] = {
                line: sorted(set(tests) - {""}) for line, tests in by_line.items()
            }
        kept = {"fingerprint": fingerprint(), "lines": lines, "seconds": self.seconds}
        (KEPT / "cover.json").write_text(json.dumps(kept), encoding="utf-8")
