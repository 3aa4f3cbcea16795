"""One mutant against the nets, in a copy of a warm process; the first test that fails has killed it.

The warm process has loaded everything that is not the project's own, and has an engine running. Each step
forks it, loads the project with the mutant in it, and runs tests:

    1. those that come by the changed lines, the quickest first, after those that killed a neighbour
    2. all other tests of these files, and the model
    3. a sample of the crash points
"""

import json
import os
import select
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.process import EngineProcess
from infra.local.settings import EngineSettings
from tests.mutants.covering import KEPT, ROOT, Cover
from tests.mutants.loading import MutantFinder, forget
from tests.mutants.nets import Chosen, Lent, preload, run_crashes, run_tests

_CRASH_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A mutant: the module that reads `source` instead, and the tests that come by the change."""

    path: str
    source: str
    tests: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of it; `by` is the test that killed it, or says how else it ended."""

    outcome: str
    by: str = ""


SURVIVED = Verdict(outcome="survived")
_Step = Callable[[], str]
"""Runs in a process of its own; returns what killed the mutant, or nothing."""


class Warm:
    """A warm process. There is one in each worker."""

    def __init__(self, cover: Cover) -> None:
        self._cover = cover
        self._killers: dict[str, Counter[str]] = defaultdict(Counter)
        preload()
        self._engine = self._start_engine()

    def _start_engine(self) -> EngineProcess:
        folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        return EngineProcess(
            EngineSettings(port=0, aws_port=0, state_dir=folder, keep=False, log_level="WARNING")
        )

    def judge(self, job: Job) -> Verdict:
        """Whether something notices."""
        if not job.tests:
            return Verdict(outcome="survived", by="no test comes by here")
        killers = self._killers[job.path]
        order = sorted(job.tests, key=lambda one: (-killers[one], self._seconds([one])))
        files = sorted({test.split("::")[0] for test in job.tests})
        inside = set(files)
        rest = [test for test in self._cover.seconds if test.split("::")[0] in inside]
        steps: list[tuple[_Step, float]] = [
            (lambda: run_tests(files, Chosen(order), Lent(self._engine)), self._limit(order)),
            (lambda: run_tests([*files, "tests/model"], Lent(self._engine)), self._limit(rest)),
            (run_crashes, _CRASH_SECONDS),
        ]
        for step, limit in steps:
            verdict = self._step(job, step, limit)
            if verdict.outcome != "survived":
                killers[verdict.by] += 1
                return verdict
        return SURVIVED

    def _seconds(self, tests: Sequence[str]) -> float:
        return sum(self._cover.seconds.get(test, 0.0) for test in tests)

    def _limit(self, tests: Sequence[str]) -> float:
        return 40 + 5 * self._seconds(tests)

    def _step(self, job: Job, step: _Step, limit: float) -> Verdict:
        heard, said = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(heard)
            _in_child(job, step, said)
        os.close(said)
        with os.fdopen(heard, "rb") as answer:
            in_time = bool(select.select([answer], [], [], limit)[0])
            if not in_time:
                os.killpg(pid, signal.SIGKILL)
            text = answer.read()
        os.waitpid(pid, 0)
        if not in_time:
            # It may have left anything behind in the engine.
            self._engine.stop()
            self._engine = self._start_engine()
            return Verdict(outcome="timed out", by=f"no end after {limit:.0f} s")
        if not text:
            return Verdict(outcome="killed", by="the process died")
        killer = json.loads(text)
        return Verdict(outcome="killed", by=killer) if killer else SURVIVED


def _in_child(job: Job, step: _Step, said: int) -> None:
    """Never returns."""
    os.setsid()
    KEPT.mkdir(exist_ok=True)
    log = os.open(KEPT / f"last-{os.getppid()}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        forget()
        sys.meta_path.insert(0, MutantFinder(Path(job.path), job.source, root=ROOT))
        killer = step()
    except BaseException as error:  # a mutant that cannot even be loaded is noticed too
        killer = f"{type(error).__name__}: {error}"
    os.write(said, json.dumps(killer).encode())
    os._exit(0)
