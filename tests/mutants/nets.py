"""The nets as functions: tests through pytest, and a sample of the crash points."""

import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from infra.local.process import EngineProcess
from tests.mutants.covering import LEFT_OUT, TESTS, Recording
from tests.mutants.loading import OWN, is_below

_CRASH_POINTS = 25
"""Every which of them a survivor has to face; `make crash` tries them all."""
_OPTIONS = ("-x", "-q", "--assert=plain", "--no-header", "-p", "no:cacheprovider", "--disable-warnings")
_NOT_TWICE = ("moto", "ministack")
"""Loading them does things: threads, patches. A process does that once, where it needs it."""


class Chosen:
    """A pytest plugin: these tests alone, in this order."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = {test: position for position, test in enumerate(order)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What is collected of a file is more than what was chosen."""
        items[:] = sorted(
            (one for one in items if one.nodeid in self._order), key=lambda one: self._order[one.nodeid]
        )


class Lent:
    """A pytest plugin: the warm process's engine instead of one for each run."""

    def __init__(self, engine: EngineProcess) -> None:
        self._engine = engine

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> EngineProcess | None:
        """As the fixture `engine` of the component tests; every other fixture is what it was."""
        if fixturedef.argname != "engine":
            return None
        fixturedef.cached_result = (self._engine, fixturedef.cache_key(request), None)
        return self._engine


class _Failures:
    """A pytest plugin that notes the first failure."""

    def __init__(self) -> None:
        self.first = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.first:
            self.first = f"loading {report.nodeid}"


def run_tests(files: Sequence[str], *plugins: object) -> str:
    """The first failure, or nothing."""
    failures = _Failures()
    left_out = [f"--ignore={one}" for one in LEFT_OUT]
    status = pytest.main([*_OPTIONS, *left_out, *files], plugins=[failures, *plugins])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise RuntimeError("none of the chosen tests was found")
    return failures.first or ("" if status == pytest.ExitCode.OK else f"pytest ended with {status}")


def run_crashes() -> str:
    """Whether the points of the sample end as they should."""
    from tests.crash.report import run
    from tests.crash.running import Choice
    from tests.crash.scenarios import SCENARIOS

    return "tests.crash" if run(SCENARIOS, Choice(seed=3, every=_CRASH_POINTS), at_once=1) else ""


def learn() -> str:
    """Run all tests that a mutant may meet, and keep who came by where. The first failure, or nothing."""
    recording = Recording()
    failure = run_tests(TESTS, recording)
    if not failure:
        recording.keep()
    return failure


def preload() -> None:
    """Load whatever the tests load and is not the project's own, or lies below what is mutated.

    A copy of this process finds out which modules these are.
    """
    heard, said = os.pipe()
    if not os.fork():
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        pytest.main([*_OPTIONS, "--collect-only", *TESTS])
        with os.fdopen(said, "w") as out:
            json.dump([name for name in sys.modules if _may_stay(name)], out)
        os._exit(0)
    os.close(said)
    with os.fdopen(heard) as found:
        names = json.load(found)
    os.wait()
    for name in names:
        if name not in sys.modules:
            _load(name)


def _may_stay(name: str) -> bool:
    top = name.split(".", maxsplit=1)[0]
    if top in _NOT_TWICE or name.startswith(("_pytest", "tests")):
        return False
    return top not in OWN or is_below(name)


def _load(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        return  # made by another module, not a file of its own
