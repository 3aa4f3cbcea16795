"""One scenario, played once undisturbed and once more from every call on with every fault.

The run that numbers the calls forks before each of them: a copy of the process, engine and all, suffers the
fault and plays the story to its end, while the original goes on. So every disturbed run begins exactly where
the undisturbed one was, warm caches included, and nothing is played twice.
"""

import contextlib
import gc
import os
import pickle
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crash.calls import Call
from tests.crash.cloud import Cloud
from tests.crash.digest import Digest, digest_of
from tests.crash.faults import Fault
from tests.crash.people import People
from tests.crash.reading import End, end_of
from tests.crash.scenarios import Scenario, Stage

_SECONDS = 120
"""Until a disturbed run counts as hanging. It takes less than one on a machine with nothing else to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one disturbed run ended: a state, or why there is none."""

    scenario: str
    call: Call
    fault: Fault
    end: End | None
    error: str = ""
    is_same: bool = False
    """Row by row the same as the undisturbed run: there is no need to read it."""


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a scenario's calls are, and how it ends."""

    calls: tuple[Call, ...]
    end: End
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which points to try: every `every`-th, beginning with one that the seed names; or one point alone."""

    seed: int = 1
    every: int = 1
    point: int | None = None
    fault: Fault | None = None

    def faults_at(self, number: int) -> list[Fault]:
        """What to try at the call of this number. A sample takes one fault a point, all in turn."""
        if self.point is not None and number != self.point:
            return []
        faults = [self.fault] if self.fault else list(Fault)
        if self.every == 1:
            return faults
        offset = number + self.seed
        return [faults[(offset // self.every) % len(faults)]] if offset % self.every == 0 else []


def prepared(seed: int) -> Stage:
    """The stage as every scenario finds it; each is played in a copy of this process."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        cloud = Cloud(seed)
        people = People(cloud)
        people.prepare()
    return Stage(cloud, people)


def undisturbed(scenario: Scenario, stage: Stage) -> Undisturbed:
    """Play it in a process of its own, with nothing going wrong."""

    def work() -> Undisturbed:
        scenario.play(stage)
        calls = tuple(stage.cloud.recorder.calls)
        return Undisturbed(calls, end_of(stage.people), digest_of(stage.cloud))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "undisturbed"
        _in_child(path, work)
        os.wait()
        found = _result(path)
    if isinstance(found, Undisturbed):
        return found
    raise RuntimeError(f"{scenario.name}, undisturbed: {found}")


def explore(
    scenario: Scenario, stage: Stage, choice: Choice, reference: Undisturbed, *, at_once: int
) -> Iterator[Outcome]:
    """Every chosen point of a scenario, in the order in which the runs end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not (pid := os.fork()):
            branches = _Branches(stage.cloud, choice, at_once, folder)
            _explore(scenario, stage, branches, reference)
        ended = False
        while not ended:
            ended = os.waitpid(pid, os.WNOHANG)[0] != 0
            for path in sorted(folder.glob("*.done")):
                yield _outcome(scenario, path)
                path.unlink()
            if not ended:
                time.sleep(0.1)
        failure = _result(folder / "failed")
        if failure != "died without a word":
            raise RuntimeError(f"{scenario.name}: {failure}")


def _explore(scenario: Scenario, stage: Stage, branches: "_Branches", reference: Undisturbed) -> None:
    """Never returns: it is a process of its own, and so are the disturbed runs that it forks."""
    _be_quiet()
    cloud = stage.cloud
    try:
        cloud.recorder.branch = branches
        gc.freeze()  # a collection in a copy would touch, and so copy, every page
        gc.disable()
        scenario.play(stage)
        cloud.recorder.armed = False
        if branches.path is not None:
            is_same = digest_of(cloud) == reference.digest
            _write(branches.path, "same" if is_same else end_of(stage.people))
        branches.wait_for_all()
    except BaseException:
        _write(branches.path or branches.failed, traceback.format_exc(limit=-12))
    os._exit(0)


class _Branches:
    """Forks a disturbed run for each chosen fault, a few at a time. In such a run, `path` is set."""

    def __init__(self, cloud: Cloud, choice: Choice, at_once: int, folder: Path) -> None:
        self.path: Path | None = None
        self.failed = folder / "failed"
        self._cloud = cloud
        self._choice = choice
        self._at_once = at_once
        self._folder = folder
        self._running: dict[int, Path] = {}

    def __call__(self, call: Call) -> Fault | None:
        if self.path is not None:
            return None
        for fault in self._choice.faults_at(call.number):
            while len(self._running) >= self._at_once:
                self._wait_for_one()
            path = self._folder / f"{call.number:05d}-{fault.name}"
            pid = os.fork()
            if pid:
                self._running[pid] = path
                _note(path, call, fault)
                continue
            signal.alarm(_SECONDS)
            self.path = path
            self._cloud.misbehave(random.Random(f"{self._choice.seed} {call.number} {fault.name}"))
            return fault
        return None

    def wait_for_all(self) -> None:
        """Until every disturbed run has ended."""
        while self._running and self.path is None:
            self._wait_for_one()

    def _wait_for_one(self) -> None:
        pid, _ = os.wait()
        path = self._running.pop(pid)
        path.with_suffix(".about").rename(path.with_suffix(".done"))


def _in_child(path: Path, work: Callable[[], object]) -> None:
    if os.fork():
        return
    _be_quiet()
    try:
        _write(path, work())
    except BaseException:
        _write(path, traceback.format_exc(limit=-12))
    os._exit(0)


def _be_quiet() -> None:
    """Functions log and count on standard output; here nobody reads it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - open until the process ends


def _note(path: Path, call: Call, fault: Fault) -> None:
    _write(path.with_suffix(".about"), (call, fault))


def _write(path: Path, what: object) -> None:
    path.write_bytes(pickle.dumps(what))


def _result(path: Path) -> object:
    return pickle.loads(path.read_bytes()) if path.exists() else "died without a word"  # noqa: S301 - our own


def _outcome(scenario: Scenario, path: Path) -> Outcome:
    call, fault = pickle.loads(path.read_bytes())  # noqa: S301 - our own
    found = _result(path.with_suffix(""))
    path.with_suffix("").unlink(missing_ok=True)
    if found == "same":
        return Outcome(scenario.name, call, fault, None, is_same=True)
    if isinstance(found, dict):
        return Outcome(scenario.name, call, fault, found)
    return Outcome(scenario.name, call, fault, None, str(found))
