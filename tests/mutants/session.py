"""Which mutants there are, kept in Cosmic Ray's session file, so that a run can be taken up again."""

import difflib
import random
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

from tests.mutants.covering import KEPT, ROOT, modules
from tests.mutants.explained import Name
from tests.mutants.operators import MUST_DIE, OURS, mutants_of, offer
from tests.mutants.source import Module
from tests.mutants.trying import Verdict

FILE = KEPT / "session.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One mutant, ready to be tried."""

    job_id: str
    operator: str
    path: Path
    lines: Sequence[int]
    name: Name
    source: str

    @property
    def must_die(self) -> bool:
        """Whether it may survive only with an explanation."""
        return self.operator in MUST_DIE

    @property
    def where(self) -> str:
        """For an editor."""
        return f"{self.path.relative_to(ROOT)}:{min(self.lines)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to try: names in which `only` (a regular expression) is found, of these operators.

    Of them `sample`, drawn by the seed; 0 for all.
    """

    only: str = ""
    operators: Collection[str] = MUST_DIE
    sample: int = 0
    seed: int = 1


def new_session(operators: Collection[str]) -> WorkDB:
    """Every mutant of these operators, none tried."""
    offer(operators)
    KEPT.mkdir(exist_ok=True)
    FILE.unlink(missing_ok=True)
    session = WorkDB(str(FILE), WorkDB.Mode.create)
    init([path.relative_to(ROOT) for path in modules()], session, {})
    return session


def old_session(operators: Collection[str]) -> WorkDB:
    """The last run's. Raises FileNotFoundError."""
    offer(operators)
    return WorkDB(str(FILE), WorkDB.Mode.open)


def candidates(session: WorkDB, wanted: Wanted) -> list[Candidate]:
    """What is wanted and not tried yet, in the order of the modules."""
    items = [
        item for item in session.pending_work_items if item.mutations[0].operator_name in wanted.operators
    ]
    pattern = re.compile(wanted.only, re.IGNORECASE)
    found = [one for one in map(_candidate, items) if pattern.search(_described(one))]
    if wanted.sample and wanted.sample < len(found):
        chosen = random.Random(wanted.seed).sample(range(len(found)), wanted.sample)
        found = [found[position] for position in sorted(chosen)]
    return found


def note(session: WorkDB, candidate: Candidate, verdict: Verdict) -> None:
    """What became of one."""
    survived = verdict.outcome == "survived"
    session.set_result(
        candidate.job_id,
        WorkResult(
            worker_outcome=WorkerOutcome.NORMAL,
            output=f"{verdict.outcome}: {verdict.by}",
            test_outcome=TestOutcome.SURVIVED if survived else TestOutcome.KILLED,
            diff="\n".join(_difference(_text(candidate.path), candidate.source)),
        ),
    )


def _described(one: Candidate) -> str:
    return f"{one.path.relative_to(ROOT)} {one.operator} {one.name}"


def _candidate(item: WorkItem) -> Candidate:
    spec: MutationSpec = item.mutations[0]
    path = ROOT / spec.module_path
    source = _text(path)
    if spec.operator_name in OURS:
        mutant = mutants_of(source, spec.operator_name)[spec.occurrence]
        changed, lines, change = mutant.apply(source), mutant.lines, mutant.change
    else:
        operator = get_operator(spec.operator_name)(**spec.operator_args)
        changed = mutate_code(source, operator, spec.occurrence)
        lines = range(spec.start_pos[0], spec.end_pos[0] + 1)
        change = " ".join(line for line in _difference(source, changed) if line[:1] in "+-")
    module = str(path.relative_to(ROOT / "shared/leitplanke"))
    name = Name(module, _module(path).place(min(lines)), change)
    return Candidate(
        job_id=item.job_id, operator=spec.operator_name, path=path, lines=lines, name=name, source=changed
    )


@lru_cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache
def _module(path: Path) -> Module:
    return Module(_text(path))


def _difference(before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return (f"{line[0]} {line[1:].strip()}" for line in lines if line[:3] not in ("---", "+++", "@@ "))
